"""The facility.toml of a new facility, with a word beside everything a person may want to change."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

HEAD = """\
# What this facility says of itself. Read when the LIMS starts: restart it after a change (lims up, lims serve).

[facility]
name = {name}
timezone = {timezone}   # IANA name; instruments have this zone unless they name their own

[access]
staff = {staff}   # they see everything and may log a session for anybody; others see their own
# staff_groups = ["lims-staff"]     # groups of the Hub whose members are staff
# os_users = {{ pc-user = "m.keller" }}   # login name of this computer -> person

# [harvest]
# settle_s = 2.0        # a file must have been quiet for so long before it is read
# companion_s = 60.0    # a file waits for so long for what is written together with it (.emi and .ser)
# poll_s = 2.0          # pause between two looks at the stores of open sessions
# events = true         # local disks tell of new files, and are looked at less often; others are polled as ever
# ignore = []           # of every instrument: files that are never registered (see the instruments below)
# workers = 2           # files read at the same time
# engine = "local"      # or "dask": on a cluster whose workers see the same stores, which [harvest.dask] names with
#                         scheduler = "tcp://scheduler:8786" or, for processes of this computer, workers = 4
#
# [harvest.activities]  # what separates activities of a session; an instrument can have its own
# factor = 1.5          # a pause longer than Q3 + 1.5 (Q3 - Q1) of the session's pauses, and than 1.5 Q3 …
# shortest_s = 120.0    # … and than this
# lone_s = 1800.0       # where there are too few files for a rhythm

# [imports]
# most_files = 1000000  # in one folder or archive
# most_ratio = 200      # unpacked to packed; an archive beyond it, and 1 GB, is taken for a bomb
# keep_free_gb = 1.0    # what an import leaves free on the store's disk

# [mail]                  # alerts of saved searches by e-mail
# host = "smtp.example.org"
# from = "lims@example.org"
# port = 587
# starttls = true
# user = "lims"           # where the server wants one; its password is in $LIMS_MAIL_PASSWORD or in
# password_file = "mail-password"   # … beside this file, readable by nobody else

# [alerts]
# webhooks = ["hooks.example.org"]   # hosts that alerts may be sent to (with :port where it is not the usual one)
# digest_s = 120        # new datasets are gathered for so long, and told in one message
# address = "https://hub.example.org/hub/user-redirect/lims/dashboards/records"   # for links in messages

# [search]
# time_s = 30           # a search that takes longer is ended

# [sql]                 # of statements that people ask (lims sql)
# time_s = 30           # a statement that takes longer is stopped
# memory_mb = 1024      # … and one that needs more; both limits are for each that runs
# at_once = 2           # others wait; nobody has two

# [catalog]
# keep_snapshots_days = 366   # so long the catalog can be asked as it was then; 0: for ever. The history always stays
"""

EXAMPLES = """
# A store is where files lie: a folder (relative to this file, or an address such as file:///mnt/microscopes),
# or any fsspec address such as gs://bucket/prefix. It is only ever read, unless it says writable = true.
#
# [stores.raw]
# url = "file:///mnt/microscopes"
# mount = "/mnt/microscopes"   # where notebooks see the same files, if they do
#
# [stores.derived]             # results of notebooks; a folder beside this file if you leave it out
# url = "derived"
# writable = true
#
# [stores.imported]            # old projects that were brought in; likewise
# url = "imported"
# writable = true

# An instrument writes its files below `prefix` in a store. Its id (here: titan) is what people type.
#
# [instruments.titan]
# name = "Titan TEM"
# location = "Room 0.12"
# timezone = "America/New_York"
# store = "raw"
# prefix = "Titan_TEM/"
# clock_offset_s = 3600.0      # its clock is an hour ahead: taken off the times inside files (lims clocks measures it)
# file_offset_s = 3600.0       # … and off the files' own times, where copying brings those along from that clock
# user_folder = "{user}"       # below the prefix, people have folders of their own
# belonging = "strict"         # a file must also lie in a folder of the session's people; else "inclusive": by time
# overlapping = true           # several people may log sessions at the same time; their folders tell whose is what
# grace_s = 60.0               # a file saved so long after a session's end still belongs to it
# ignore = ["*.autosave", "/scratch/"]   # as in a .gitignore in that folder; what is known already stays known
#
# Several computers may write for one microscope, each with its own clock:
# [[instruments.titan.sources]]
# store = "raw"
# prefix = "Titan_EDS/"
# clock_offset_s = 40.0
#
# What the facility knows better than the instrument's files; numbers in SI units (V, m, s, rad, Pa, K).
# One of: factor and offset, value, or trusted = false. Files read before keep theirs: lims extractors diff --all
# [[instruments.titan.corrections]]
# field = "camera_length"
# factor = 1.031
# note = "measured with gold on 2018-10-02"
# from = 2018-10-02
#
# [[instruments.titan.corrections]]
# field = "operator"
# trusted = false
# note = "the computer is always logged in as supervisor"
"""


def facility_toml(name: str, timezone: str, staff: Sequence[str], tables: str = EXAMPLES) -> str:
    """tables: the stores and instruments; by default commented examples of them."""
    head = HEAD.format(name=quoted(name), timezone=quoted(timezone), staff=json.dumps(list(staff), ensure_ascii=False))
    return head + tables


def quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are all TOML's."""
    return json.dumps(text, ensure_ascii=False)


def timezone_here() -> str:
    """The IANA name of this computer's time zone, else UTC."""
    named = os.environ.get("TZ", "").removeprefix(":")
    linked = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")[2]
    return named if "/" in named and not named.startswith("/") else linked or "UTC"
