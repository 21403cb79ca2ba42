"""Every address of the API in one place: operation -> HTTP verb and path below the API's root.

Light on purpose: a client needs this table and nothing of what stands behind it.
"""

from typing import Literal

Verb = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]

ENDS_WITH_ITS_ASKER = frozenset({"search", "search_table", "histogram", "fields", "sql"})
"""What is not worth going on with when nobody waits for the answer any more."""

ROUTES: dict[str, tuple[Verb, str]] = {
    # the facility
    "me": ("GET", "/me"),
    "stores": ("GET", "/stores"),
    "place": ("GET", "/place"),
    "attention": ("GET", "/attention"),
    "settled": ("GET", "/settled"),
    "settle": ("POST", "/settled"),
    "unsettle": ("DELETE", "/settled/{thing}"),
    "clocks": ("GET", "/clocks"),
    "catalog_status": ("GET", "/catalog"),
    "catalog_progress": ("GET", "/catalog/progress"),
    "verify_index": ("POST", "/catalog/verify"),
    "rebuild_index": ("POST", "/catalog/rebuild"),
    # the logbook
    "instruments": ("GET", "/instruments"),
    "instrument_now": ("GET", "/instruments/{instrument}/now"),
    "choices": ("GET", "/choices"),
    "reservations": ("GET", "/reservations"),
    "sessions": ("GET", "/sessions"),
    "start_session": ("POST", "/sessions"),
    "session": ("GET", "/sessions/{session}"),
    "edit_session": ("PATCH", "/sessions/{session}"),
    "note_session": ("POST", "/sessions/{session}/notes"),
    "edit_note": ("PATCH", "/sessions/{session}/notes/{event}"),
    "pause_session": ("POST", "/sessions/{session}/pause"),
    "resume_session": ("POST", "/sessions/{session}/resume"),
    "end_session": ("POST", "/sessions/{session}/end"),
    "cancel_session": ("POST", "/sessions/{session}/cancel"),
    "reopen_session": ("POST", "/sessions/{session}/reopen"),
    "history": ("GET", "/history/{thing}"),
    # finding
    "search": ("GET", "/search"),
    "search_table": ("GET", "/search/table"),
    "histogram": ("GET", "/search/histogram"),
    "fields": ("GET", "/fields"),
    "sql": ("POST", "/sql"),
    "record": ("GET", "/records/{record}"),
    "add_tag": ("PUT", "/things/{thing}/tags/{tag}"),
    "remove_tag": ("DELETE", "/things/{thing}/tags/{tag}"),
    "searches": ("GET", "/searches"),
    "save_search": ("POST", "/searches"),
    "rename_search": ("PATCH", "/searches/{search}"),
    "remove_search": ("DELETE", "/searches/{search}"),
    "set_alert": ("PUT", "/searches/{search}/alert"),
    "mark_seen": ("POST", "/searches/{search}/seen"),
    "alerts": ("GET", "/alerts"),
    # one dataset
    "dataset": ("GET", "/datasets/{dataset}"),
    "metadata": ("GET", "/datasets/{dataset}/metadata"),
    "preview": ("GET", "/datasets/{dataset}/preview"),
    "thumbnails": ("POST", "/thumbnails"),
    "location": ("GET", "/datasets/{dataset}/location"),
    "content": ("GET", "/datasets/{dataset}/content"),
    "correct_value": ("PUT", "/datasets/{dataset}/values/{field}"),
    "withdraw_correction": ("DELETE", "/datasets/{dataset}/values/{field}"),
    "locate": ("GET", "/locations"),
    # the harvest
    "harvest": ("POST", "/harvest"),
    "harvest_status": ("GET", "/harvest"),
    "cancel_harvest": ("POST", "/harvest/cancel"),
    "compare_extractors": ("POST", "/extractors/comparison"),
    # old projects
    "look_import": ("GET", "/imports"),
    "begin_import": ("POST", "/imports"),
    "import_file": ("POST", "/imports/files"),
    "finish_import": ("POST", "/imports/finish"),
    # runs and where things came from
    "runs": ("GET", "/runs"),
    "begin_run": ("POST", "/runs"),
    "run": ("GET", "/runs/{run}"),
    "record_read": ("POST", "/runs/{run}/inputs"),
    "finish_run": ("POST", "/runs/{run}/finish"),
    "save_derived": ("POST", "/derived"),
    "relate": ("POST", "/relations"),
    "lineage": ("GET", "/lineage/{thing}"),
    "import_derived": ("POST", "/derived/imported"),
    "settle_relation": ("POST", "/relations/{relation}/settle"),
    "mark_bad": ("POST", "/datasets/{dataset}/bad"),
    "common_ancestors": ("GET", "/lineage/{first}/common/{second}"),
    "path": ("GET", "/lineage/{first}/path/{second}"),
    "resting_on": ("GET", "/resting-on"),
    "known_bytes": ("POST", "/known-bytes"),
    "compare_runs": ("GET", "/runs/{run}/differences/{other}"),
    "made_by": ("GET", "/made-by/{sha256}"),
    "keep_replay": ("POST", "/runs/{run}/replays"),
    "replays": ("GET", "/runs/{run}/replays"),
    "replay_picture": ("GET", "/replays/{replay}/pictures/{name}"),
}
