"""THE visibility rule: who sees which rows. Everything that is read from the catalog is read through it.

A query names the tables plainly (`FROM dataset`); `visible()` puts in front of it one CTE per table that holds only the
rows the principal may see, with references to what they may not see blanked. There is no other way to those names:
what the base tables are called (`relations.py`) only this module, the transaction and the committer write out.

The rule for now: staff see everything; a session is seen by its user, its operator and the people on it; with a session
one sees all that belongs to it; what one owns (derived datasets, runs, collections, saved searches) one sees; a dataset
without session and owner is for staff. Instruments are seen by everybody; people are, who have signed in, stand in the
directory or are named in what one sees. The history of a person, a project or a sample would tell who worked with them
when: of it one sees what one did oneself.
Sharing will come: it changes `_MINE` and nothing else.

As-of reads show the rows of then to whoever may see them **now**: a right that was withdrawn reaches no past.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from lims.catalog.lake import quote
from lims.model import Principal

if TYPE_CHECKING:
    from lims.catalog.search.shelf import Mask

# Ids the principal may see, always by the present state ({name} is a base table of now).
_MINE = {
    "seen_session": """SELECT "id" FROM {session}
        WHERE "user" = {me} OR "operator" = {me} OR list_contains("people", {me})""",
    "seen_dataset": """SELECT "id" FROM {dataset}
        WHERE "owner" = {me} OR "session" IN (SELECT "id" FROM seen_session)""",
    # What was written down of them at some time: of today is what `indexed` names.
    "seen_doc": """SELECT unnest(["names", "tree"]) AS "doc" FROM {indexed_then}
        WHERE "dataset" IN (SELECT "id" FROM seen_dataset)""",
    "seen_run": 'SELECT "id" FROM {run} WHERE "user" = {me}',
    "seen_replay": 'SELECT "id" FROM {replay} WHERE "run" IN (SELECT "id" FROM seen_run)',
    "seen_record": 'SELECT "id" FROM {record} WHERE "session" IN (SELECT "id" FROM seen_session)',
    "seen_activity": 'SELECT "id" FROM {activity} WHERE "session" IN (SELECT "id" FROM seen_session)',
    "seen_reservation": """SELECT "id" FROM {reservation} WHERE "user" = {me}
        UNION SELECT "reservation" FROM {session} WHERE "id" IN (SELECT "id" FROM seen_session)""",
    "seen_sample": """SELECT "sample" AS "id" FROM {session} WHERE "id" IN (SELECT "id" FROM seen_session)
        UNION SELECT "sample" FROM {reservation} WHERE "id" IN (SELECT "id" FROM seen_reservation)""",
    "seen_project": """SELECT "project" AS "id" FROM {session} WHERE "id" IN (SELECT "id" FROM seen_session)
        UNION SELECT "project" FROM {reservation} WHERE "id" IN (SELECT "id" FROM seen_reservation)""",
    # The user of an open session is told to everybody (`open_session`); who logs one has signed in.
    "seen_person": """SELECT "id" FROM {person} WHERE "id" = {me} OR "name" <> '' OR "email" <> ''
        UNION SELECT "operator" FROM {session}
        UNION SELECT "user" FROM {session} WHERE "state" IN ('open', 'paused')
        UNION SELECT "user" FROM {session} WHERE "id" IN (SELECT "id" FROM seen_session)
        UNION SELECT unnest("people") FROM {session} WHERE "id" IN (SELECT "id" FROM seen_session)
        UNION SELECT "user" FROM {reservation} WHERE "id" IN (SELECT "id" FROM seen_reservation)""",
    "seen_collection": 'SELECT "id" FROM {collection} WHERE "owner" = {me}',
    "seen_saved_search": 'SELECT "id" FROM {saved_search} WHERE "owner" = {me}',
    "seen_session_event": 'SELECT "id" FROM {session_event} WHERE "session" IN (SELECT "id" FROM seen_session)',
    "seen_relation": """SELECT "id" FROM {relation} WHERE "output" IN (SELECT "id" FROM seen_dataset)
        AND "input" IN (SELECT "id" FROM seen_dataset)""",
    # Things that can be named by id wherever a kind is not fixed: tags, history, members of collections.
    "seen_thing": """SELECT 'session' AS "kind", "id" FROM seen_session
        UNION ALL SELECT 'dataset', "id" FROM seen_dataset
        UNION ALL SELECT 'run', "id" FROM seen_run UNION ALL SELECT 'replay', "id" FROM seen_replay
        UNION ALL SELECT 'record', "id" FROM seen_record
        UNION ALL SELECT 'activity', "id" FROM seen_activity UNION ALL SELECT 'reservation', "id" FROM seen_reservation
        UNION ALL SELECT 'sample', "id" FROM seen_sample UNION ALL SELECT 'project', "id" FROM seen_project
        UNION ALL SELECT 'collection', "id" FROM seen_collection
        UNION ALL SELECT 'saved_search', "id" FROM seen_saved_search
        UNION ALL SELECT 'session_event', "id" FROM seen_session_event
        UNION ALL SELECT 'relation', "id" FROM seen_relation
        UNION ALL SELECT 'instrument', "id" FROM {instrument} UNION ALL SELECT 'person', "id" FROM seen_person""",
}



def sees_files(is_mine: "Mask", in_my_session: "Mask") -> "Mask":
    """`seen_dataset` on arrays (`search/lens.py`): files that the principal owns, and files in a seen session."""
    return is_mine | in_my_session


def sees_run_of(user: str, principal: Principal) -> bool:
    """`seen_run` of a run of that user's."""
    return principal.is_staff or user == principal.name


# Rows the principal may see, of the snapshot that was asked: the condition on a row `t` of then.
_ROWS = {
    "instrument": "true",
    "person": 't."id" IN (SELECT "id" FROM seen_person)',
    "project": 't."id" IN (SELECT "id" FROM seen_project)',
    "sample": 't."id" IN (SELECT "id" FROM seen_sample)',
    "collection": 't."id" IN (SELECT "id" FROM seen_collection)',
    "reservation": 't."id" IN (SELECT "id" FROM seen_reservation)',
    "session": 't."id" IN (SELECT "id" FROM seen_session)',
    "session_event": 't."session" IN (SELECT "id" FROM seen_session)',
    "dataset": 't."id" IN (SELECT "id" FROM seen_dataset)',
    "step": 't."dataset" IN (SELECT "id" FROM seen_dataset)',
    "document": 't."doc" IN (SELECT "doc" FROM seen_doc)',
    "leaf": 't."doc" IN (SELECT "doc" FROM seen_doc)',
    "word": 't."doc" IN (SELECT "doc" FROM seen_doc)',
    "normalised": 't."doc" IN (SELECT "doc" FROM seen_doc)',
    "path": 't."code" IN (SELECT "path" FROM {leaf} WHERE "doc" IN (SELECT "doc" FROM seen_doc))',
    "indexed": 't."dataset" IN (SELECT "id" FROM seen_dataset)',
    "activity": 't."session" IN (SELECT "id" FROM seen_session)',
    "record": 't."session" IN (SELECT "id" FROM seen_session)',
    "record_build": 't."record" IN (SELECT "id" FROM seen_record)',
    "former_version": 't."dataset" IN (SELECT "id" FROM seen_dataset)',
    "settlement": 't."thing" IN (SELECT "id" FROM seen_thing)',
    "run": 't."id" IN (SELECT "id" FROM seen_run)',
    "run_file": 't."run" IN (SELECT "id" FROM seen_run)',
    "replay": 't."id" IN (SELECT "id" FROM seen_replay)',
    "environment": """t."id" IN (SELECT "environment" FROM {run} WHERE "id" IN (SELECT "id" FROM seen_run))""",
    "relation": """t."output" IN (SELECT "id" FROM seen_dataset) AND t."input" IN (SELECT "id" FROM seen_dataset)""",
    "saved_search": 't."id" IN (SELECT "id" FROM seen_saved_search)',
    "search_watch": 't."search" IN (SELECT "id" FROM seen_saved_search)',
    # What one may no longer see is no longer told either.
    "search_news": """t."search" IN (SELECT "id" FROM seen_saved_search)
        AND t."dataset" IN (SELECT "id" FROM seen_dataset)""",
    "search_notice": 't."search" IN (SELECT "id" FROM seen_saved_search)',
    "tag": 't."thing" IN (SELECT "id" FROM seen_thing)',
    "audit": """(t."kind", t."thing") IN (SELECT ("kind", "id") FROM seen_thing)
        AND (t."by" = {me} OR t."kind" NOT IN ('person', 'project', 'sample'))""",
}

# References of a visible row to things that are hidden, blanked: (expression, column), and what it needs beside `t`.
_BLANKS = {
    "sample": [('CASE WHEN t."project" IN (SELECT "id" FROM seen_project) THEN t."project" END', "project")],
    "dataset": [
        ('CASE WHEN t."session" IN (SELECT "id" FROM seen_session) THEN t."session" END', "session"),
        ('CASE WHEN t."activity" IN (SELECT "id" FROM seen_activity) THEN t."activity" END', "activity"),
        ('CASE WHEN t."copy_of" IN (SELECT "id" FROM seen_dataset) THEN t."copy_of" END', "copy_of"),
    ],
    "settlement": [('CASE WHEN t."session" IN (SELECT "id" FROM seen_session) THEN t."session" END', "session")],
    "record_build": [
        (f'list_filter(t."{column}", lambda d: list_contains(s.ids, d))', column)
        for column in ("added", "removed", "changed")
    ],
    "relation": [('CASE WHEN t."run" IN (SELECT "id" FROM seen_run) THEN t."run" END', "run")],
    "run_file": [('CASE WHEN t."dataset" IN (SELECT "id" FROM seen_dataset) THEN t."dataset" END', "dataset")],
    "collection": [('list_filter(t."members", lambda m: list_contains(s.ids, m))', "members")],
    "run": [
        ('list_filter(t."inputs", lambda i: list_contains(s.ids, i))', "inputs"),
        (
            """[coalesce(z[2], '') for z in list_zip(t."inputs", t."inputs_sha256") if list_contains(s.ids, z[1])]""",
            "inputs_sha256",
        ),
        ('list_filter(t."outputs", lambda o: list_contains(s.ids, o))', "outputs"),
    ],
}
_BESIDE = {
    "collection": ', (SELECT coalesce(list("id"), []) AS ids FROM seen_thing) s',
    "run": ', (SELECT coalesce(list("id"), []) AS ids FROM seen_dataset) s',
    "record_build": ', (SELECT coalesce(list("id"), []) AS ids FROM seen_dataset) s',
}

# What everybody may know of things they do not see, each with its reason.
_FOR_EVERYBODY = {
    # Who is at an instrument now: others have to wait for them. What they do there is for those who see the session.
    "open_session": """SELECT "id", "instrument", "user", "operator", "start", "end", "state",
            CASE WHEN seen THEN "title" ELSE '' END AS "title", CASE WHEN seen THEN "notes" ELSE '' END AS "notes",
            CASE WHEN seen THEN "people" ELSE [] END AS "people", CASE WHEN seen THEN "project" END AS "project",
            CASE WHEN seen THEN "sample" END AS "sample", CASE WHEN seen THEN "reservation" END AS "reservation"
        FROM (SELECT *, "id" IN (SELECT "id" FROM seen_session) AS seen FROM {session_then})
        WHERE "state" IN ('open', 'paused')""",
    # When an open session's newest file was written: a forgotten one is ended at that time by whoever comes next.
    "last_file": """SELECT "session", max(coalesce("acquired", "modified")) AS "at" FROM {dataset_then}
        WHERE "session" IN (SELECT "id" FROM seen_session UNION
            SELECT "id" FROM {session_then} WHERE "state" IN ('open', 'paused'))
        GROUP BY 1""",
    # What the codes mean under which leaves are stored: of use to whoever sees such a leaf.
    "path_name": 'SELECT "code", "key", "unit" FROM {path_then}',
    # Which of some ids are visible: what a history mentions besides is blanked.
    "visible_thing": 'SELECT "id" FROM seen_thing',
    # Whether a key for a derived file is free: two files cannot have the same.
    "taken_key": """SELECT "store", "key" FROM {dataset}
        WHERE "kind" = 'derived' OR "id" IN (SELECT "id" FROM seen_dataset)""",
}
RELATIONS = (*_ROWS, *_FOR_EVERYBODY)
_NAME = re.compile(r"\b(?:" + "|".join(RELATIONS) + r")\b")
_SEEN = re.compile(r"\bseen_\w+")


def visible(sql: str, principal: Principal, base: Mapping[str, str], *, whole: bool = False, about: str = "") -> str:
    """`sql` with the tables it names narrowed to what `principal` may see.

    sql: a SELECT, or WITH [RECURSIVE] … SELECT.
    base: for every table, its SQL of now under `name` and of the snapshot asked under `name_then`.
    whole: rows keep their references to hidden things, because a change will put them back.
    about: where tags and history of one kind of thing are asked, that table: the other kinds need no look.
    """
    ids, rows = narrowed(_NAME.findall(sql), principal, base, whole=whole, about=about)
    ctes = [f"{name} AS MATERIALIZED ({text})" for name, text in ids.items()]
    ctes += [f"{name} AS NOT MATERIALIZED ({text})" for name, text in rows.items()]
    rest = re.sub(r"^\s*WITH\s+(RECURSIVE\s+)?", ", ", sql)
    return f"WITH RECURSIVE {', '.join(ctes)} {rest}" if ctes else sql


def narrowed(
    names: Iterable[str], principal: Principal, base: Mapping[str, str], *, whole: bool = False, about: str = ""
) -> tuple[dict[str, str], dict[str, str]]:
    """The SELECT behind each of these tables as the principal sees it, and before them those of the ids they ask for.

    The ids' are in the order in which each needs those before it. Arguments as for `visible`.
    """
    wanted = set(names)
    rows = {name: _relation(name, principal, whole) for name in RELATIONS if name in wanted}
    words = {**base, "me": quote(principal.name)}
    ids = _mine(rows, principal, about)
    return ({n: t.format_map(words) for n, t in ids.items()}, {n: t.format_map(words) for n, t in rows.items()})


def _relation(name: str, principal: Principal, whole: bool) -> str:
    if name in _FOR_EVERYBODY:
        return _FOR_EVERYBODY[name]
    if principal.is_staff:
        return f"SELECT * FROM {{{name}_then}}"
    if whole or name not in _BLANKS:
        return f"SELECT t.* FROM {{{name}_then}} t WHERE {_ROWS[name]}"
    blanks = ", ".join(f'{expression} AS "{column}"' for expression, column in _BLANKS[name])
    return f"SELECT t.* REPLACE ({blanks}) FROM {{{name}_then}} t{_BESIDE.get(name, '')} WHERE {_ROWS[name]}"


def _mine(rows: Mapping[str, str], principal: Principal, about: str) -> dict[str, str]:
    """The `seen_…` which these rows need, and which those need in turn, in the order they are declared."""
    narrow = {"seen_thing": f"""SELECT '{about}' AS "kind", "id" FROM seen_{about}"""} if about else {}
    texts = _MINE | narrow
    needed: set[str] = set()
    wanted = {name for text in rows.values() for name in _SEEN.findall(text)}
    while wanted:
        needed |= wanted
        wanted = {name for seen in wanted for name in _SEEN.findall(texts[seen])} - needed
    everything = {name: f'SELECT "id" FROM {{{name.removeprefix("seen_")}}}' for name in needed}
    mine = {name: text for name, text in texts.items() if name in needed}
    return everything if principal.is_staff else mine
