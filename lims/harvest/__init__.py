"""From files in stores to records, in small steps that can each be done again.

harvester.py   the door: one pass on demand, passes for ever, the state of it all
scope.py       what a pass looks at: which instruments, prefixes, window
finding.py     what the store shows now, against what the catalog knows
ignoring.py    which files a site does not want
prefixes.py    what each place was like when it was last looked at
watching.py    events of the file system, where it has them
settling.py    which files are still growing
registering.py new, changed, moved and missing files into the catalog
reading.py     one file: its checksum, its extraction, its preview
keeping.py     what came of reading, into the catalog
looking.py     list, compare, register: the first half of a pass
crew.py        many files read at the same time
passing.py     one pass over one scope: all of the above in order
attaching.py   which session a dataset belongs to
correcting.py  what the facility or a person knows better than a file
clocks.py      which clock says when it was acquired
clustering.py  activities
comparing.py   what other versions of the readers would say of what is known
building.py    the record of one session, in one transaction
reporting.py   what is said of a pass, and to whom
"""

from lims.harvest.comparing import Comparison
from lims.harvest.correcting import corrected_by_person
from lims.harvest.harvester import Harvester
from lims.harvest.previews import preview_paths
from lims.harvest.report import FailedFile, HarvestReport, Progress
from lims.harvest.reporting import UNAVAILABLE

__all__ = [
    "UNAVAILABLE",
    "Comparison",
    "FailedFile",
    "HarvestReport",
    "Harvester",
    "Progress",
    "corrected_by_person",
    "preview_paths",
]
