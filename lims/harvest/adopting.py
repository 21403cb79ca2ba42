"""What the readers of now say of datasets that were compared with it is kept."""

from collections.abc import Callable, Sequence

from lims.harvest.comparing import Pair
from lims.harvest.crew import Crew, batches_of_done
from lims.harvest.halting import Halt
from lims.harvest.keeping import Kept, added, keep
from lims.harvest.reading import Done, Work
from lims.harvest.retrying import readers_now
from lims.harvest.tools import Tools


def adopt(tools: Tools, pairs: Sequence[Pair], crew: Crew, count: Callable[[str], None], halt: Halt) -> Kept:
    """Read these anew and keep what could be read. count: hears of the key of each file."""
    works = [Work(pair.dataset, do_hash=False, keeps_preview=True) for pair in pairs]
    _, readers = readers_now()
    batches = batches_of_done(works, crew, lambda state: count(state.doing), halt)
    return added(keep(tools.catalog, readable(batch), tools.all_grounds, readers) for batch in batches)


def readable(batch: Sequence[Done]) -> list[Done]:
    return [done for done in batch if done.outcome and done.outcome.extraction]
