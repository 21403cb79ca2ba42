"""The views of which people ask SQL. One table here makes them, checks them, and writes the reference page.

Names and meanings stay when the tables below change: a view is all that its readers know.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

SIGNALS = (
    '[{"title":"VARCHAR","signal_type":"VARCHAR","shape":["BIGINT"],"dtype":"VARCHAR","axes":[{"name":"VARCHAR",'
    '"size":"BIGINT","scale":"DOUBLE","offset":"DOUBLE","unit":"VARCHAR","is_navigation":"BOOLEAN"}]}]'
)
AXES = 'STRUCT("name" VARCHAR, size BIGINT, scale DOUBLE, "offset" DOUBLE, unit VARCHAR, is_navigation BOOLEAN)[]'
TIME = "TIMESTAMP WITH TIME ZONE"
_TABLE = re.compile(r"\b(FROM|JOIN) (\w+)\b")


@dataclass(frozen=True)
class Column:
    """kind: its SQL type. made_of: an expression over the view's source, by default the column of the same name."""

    name: str
    kind: str
    meaning: str
    unit: str = ""
    made_of: str = ""

    @property
    def sql(self) -> str:
        return f"{self.made_of or self.quoted} AS {self.quoted}"

    @property
    def quoted(self) -> str:
        return f'"{self.name}"'


@dataclass(frozen=True)
class Published:
    """source: what stands after FROM, where the catalog's tables have their plain names."""

    about: str
    source: str
    columns: tuple[Column, ...]

    def select(self, expand: Callable[[str], str]) -> str:
        """The view's SELECT. expand: SQL for one of the catalog's tables."""
        source = _TABLE.sub(lambda found: f"{found[1]} {expand(found[2])} AS {found[2]}", self.source)
        return f"SELECT {', '.join(column.sql for column in self.columns)} {source}"

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(name for _, name in _TABLE.findall(self.source))


def text(name: str, meaning: str, made_of: str = "") -> Column:
    return Column(name, "VARCHAR", meaning, made_of=made_of)


def whole(name: str, meaning: str, unit: str = "", made_of: str = "") -> Column:
    return Column(name, "BIGINT", meaning, unit, made_of)


def time(name: str, meaning: str, made_of: str = "") -> Column:
    return Column(name, TIME, meaning, "UTC", made_of)


def texts(name: str, meaning: str, made_of: str = "") -> Column:
    return Column(name, "VARCHAR[]", meaning, made_of=made_of)


VIEWS: dict[str, Published] = {
    "datasets": Published(
        "One file, or one file with its companions.",
        "FROM dataset",
        (
            text("id", "`dat-…`, the same through renaming and rewriting"),
            text("name", "the main file's name", """regexp_extract("key", '[^/]*$')"""),
            text("kind", "`raw` or `derived`"),
            text("store", "the store in which it lies"),
            text("key", "its path in that store"),
            texts("companions", "the keys of the files that belong to it"),
            whole("bytes", "of all its files", "B"),
            text("format", "`dm3`, `emd`, …; empty where nobody knows"),
            text("status", "`registered`, `extracted`, `failed` or `missing`"),
            text("instrument", "the id of the instrument that wrote it"),
            text("session", "the session to which it belongs, if any"),
            text("activity", "the activity in which it was acquired, if any"),
            text("project", "of what was imported: into which project; of others see the session's"),
            text("owner", "of what was made by somebody: who"),
            time("acquired", "when it was acquired"),
            time("modified", "when its file was last written"),
            text("clock", "which clock says when it was acquired: `inner` (in the file) or `file`"),
            text("sha256", "of the main file; empty until it has been computed"),
            text("content_hash", "of what a derived file says, whatever its bytes are"),
            whole("version", "1, and one more for each time that other bytes took its name"),
            text("copy_of", "the dataset with the same content elsewhere that stands for both, if any"),
            text("blank", "why there is nothing to see in it; empty where there is"),
        ),
    ),
    "signals": Published(
        "What can be opened in a dataset: arrays with their axes.",
        f"""FROM (SELECT "id", unnest(s) AS s, generate_subscripts(s, 1) - 1 AS n
            FROM (SELECT "id", json_transform("signals", '{SIGNALS}') AS s FROM dataset))""",
        (
            text("dataset", "the dataset's id", '"id"'),
            whole("position", "from 0; what `open(…, signal=…)` takes", made_of="n"),
            text("title", "its name in the file", "s.title"),
            text("signal_type", "`EELS`, `EDS_TEM`, …, as HyperSpy has it", "s.signal_type"),
            Column("shape", "BIGINT[]", "as NumPy has it: slowest axis first", made_of="s.shape"),
            text("dtype", "as NumPy has it", "s.dtype"),
            Column("axes", AXES, "in the order of `shape`; `scale` and `offset` in `unit` per index", made_of="s.axes"),
        ),
    ),
    "normalised": Published(
        "What files say in words that are the same for all vendors.",
        'FROM normalised JOIN indexed ON indexed."names" = normalised."doc"',
        (
            text("dataset", "the dataset's id", 'indexed."dataset"'),
            text("field", "`acceleration_voltage`, `pixel_size_x`, …"),
            text("text", "the value as text"),
            Column("value", "DOUBLE", "the value as number, where it is one", "SI, see `unit`", '"number"'),
            text("unit", "the SI unit of `value`; empty for texts and plain numbers"),
        ),
    ),
    "metadata": Published(
        "Every leaf of the vendors' own metadata. Large: name a `path`, or some datasets.",
        'FROM leaf JOIN indexed ON indexed."tree" = leaf."doc" JOIN path_name ON path_name."code" = leaf."path"',
        (
            text("dataset", "the dataset's id", 'indexed."dataset"'),
            text("path", "from the root of the vendor's tree, with dots", 'path_name."key"'),
            text("text", "what stands there; long lists are cut", 'leaf."text"'),
            Column("number", "DOUBLE", "the same as number, where it is one", "`unit`", 'leaf."number"'),
            text("unit", "the vendor's, where the path's name or the value tells one", 'path_name."unit"'),
        ),
    ),
    "records": Published(
        "What a session has become: its files, activities and state.",
        "FROM record",
        (
            text("id", "`rec-…`"),
            text("session", "its session"),
            text("title", "what for"),
            text("state", "`open`, `building`, `complete`, `attention` or `cancelled`"),
            whole("datasets", "how many"),
            whole("bytes", "of all its files", "B"),
            whole("activities", "how many"),
            whole("failed", "how many files need attention"),
            text("cover", "the dataset whose picture stands for it"),
            time("built", "when it was last built"),
        ),
    ),
    "sessions": Published(
        "A person's time on an instrument.",
        "FROM session",
        (
            text("id", "`ses-…`"),
            text("instrument", "the instrument's id"),
            text("user", "whose time it was"),
            text("operator", "who logged it"),
            texts("people", "who else worked on it"),
            text("project", "the project's id"),
            text("sample", "the sample's id"),
            text("title", "what for"),
            text("notes", "what was written when it started"),
            time("start_time", "when it began", '"start"'),
            time("end_time", "when it ended; empty while it is open", '"end"'),
            text("state", "`open`, `paused`, `ended` or `cancelled`"),
            text("reservation", "the booking it used, if any"),
        ),
    ),
    "notes": Published(
        "What was written down during a session, in its present wording.",
        """FROM (SELECT * FROM session_event WHERE "kind" = 'note')""",
        (
            text("id", "`evt-…`"),
            text("session", "its session"),
            time("time", "when", '"at"'),
            text("author", "who wrote it", '"by"'),
            text("text", "what"),
        ),
    ),
    "activities": Published(
        "Datasets of one session that were acquired close together.",
        "FROM activity",
        (
            text("id", "`act-…`"),
            text("session", "its session"),
            whole("number", "from 1, in time"),
            time("start_time", "of its first dataset", '"start"'),
            time("end_time", "of its last dataset", '"end"'),
            texts("datasets", "their ids"),
            text("reason", "why it begins where it does"),
        ),
    ),
    "instruments": Published(
        "The microscopes and other instruments.",
        "FROM instrument",
        (
            text("id", "what people type: `titan`"),
            text("name", "what people call it"),
            text("timezone", "IANA name of its own clock"),
            text("location", "where it stands"),
        ),
    ),
    "projects": Published(
        "Projects of the sessions and bookings that you see.",
        "FROM project",
        (text("id", "the code: `AM-12`"), text("title", "in words")),
    ),
    "samples": Published(
        "Samples of the sessions and bookings that you see.",
        "FROM sample",
        (text("id", "the label"), text("title", "in words"), text("project", "its project's id")),
    ),
    "tags": Published(
        "Words that people put on things.",
        "FROM tag",
        (
            text("thing", "the id of the record or dataset"),
            text("tag", "the word"),
            text("author", "who put it there", '"by"'),
            time("time", "when", '"at"'),
        ),
    ),
    "runs": Published(
        "Executions of notebooks and programs.",
        "FROM run",
        (
            text("id", "`run-…`"),
            text("user", "who ran it"),
            text("notebook", "its name"),
            text("kind", "`notebook`, `script`, `program`, `interactive`, or `external`: done elsewhere"),
            text("status", "`running`, `done` or `failed`"),
            time("start_time", "when it began", '"start"'),
            time("end_time", "when it ended", '"end"'),
            text("parameters", "JSON: `parameters->>'sigma'` is one of them"),
            texts("inputs", "ids of the datasets that it read"),
            texts("outputs", "ids of the datasets that it wrote"),
            text("error", "why it failed"),
        ),
    ),
    "relations": Published(
        "Which dataset was made of which.",
        "FROM relation",
        (
            text("id", "`rel-…`"),
            text("output", "the dataset that was made"),
            text("input", "the dataset that it was made of"),
            text("relation", "how: `fft`, `crop`, …"),
            text("parameters", "JSON, of that operation", '"params"'),
            text("source", "how we know: `declared`, `observed` or `imported`"),
            text("run", "the run that made it, if any"),
            text("settled", "what a person said of an edge in doubt: `accepted`, `rejected`, or nothing"),
            text("author", "who said so", '"by"'),
        ),
    ),
}
