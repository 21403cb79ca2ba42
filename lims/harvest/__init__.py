"""From files in stores to records, in small steps that can each be done again.

harvester.py   the door: one pass on demand, the state of it all
background.py  passes for ever
scope.py       what a pass looks at: which instruments, prefixes, window
scoping.py     … as people ask for it
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
outbox.py      what they have read and is not kept yet
halting.py     ending all that between two files
pace.py        how fast it goes, and how long it will take
large.py       what takes long to hash, beside the passes
engines.py     who reads: threads here, or a Dask cluster
cluster.py     the cluster, as the service sees it
cluster_worker.py … and what runs on its workers
sharding.py    work cut for them
carrying.py    pictures that come back from them
passing.py     one pass over one scope: all of the above in order
attaching.py   which session a dataset belongs to
belonging.py   … by its time, the folder it lies in, what the instrument's facility wants
witnesses.py   which instrument files say that they are from
copies.py      one content in several places
rejoining.py   what comes back under another name
absorbing.py   datasets that are part of another now
placing.py     what people decide about files
moving.py      all of an instrument's files, placed anew
proposing.py   what no session claims, and what may be right
skew.py        how far an instrument's clock is off
brought.py     files that somebody has brought in from elsewhere
correcting.py  what the facility or a person knows better than a file
clocks.py      which clock says when it was acquired
clustering.py  activities
setup.py       how the instrument was set during one, and what varied
comparing.py   what other versions of the readers would say of what is known
adopting.py    … which is kept
building.py    the record of one session, in one transaction
news.py        what a building has changed
reporting.py   what is said of a pass, and to whom
"""

from lims.harvest.comparing import Comparison
from lims.harvest.correcting import corrected_by_person
from lims.harvest.finding import state_of
from lims.harvest.harvester import Harvester
from lims.harvest.previews import preview_paths
from lims.harvest.proposing import Waiting
from lims.harvest.reading import checksums
from lims.harvest.report import FailedFile, HarvestReport, Progress
from lims.harvest.reporting import UNAVAILABLE
from lims.harvest.skew import ClockCheck

__all__ = [
    "UNAVAILABLE",
    "ClockCheck",
    "Comparison",
    "FailedFile",
    "HarvestReport",
    "Harvester",
    "Progress",
    "Waiting",
    "checksums",
    "corrected_by_person",
    "preview_paths",
    "state_of",
]
