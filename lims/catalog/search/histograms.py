"""How the numbers, or the times, of all results are spread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lims.catalog.search.fields import Field
from lims.catalog.search.finding import Finding, Kind
from lims.catalog.search.index import Index
from lims.catalog.search.leaf_column import in_one_unit, smallest
from lims.catalog.search.lens import Lens, lens_of
from lims.catalog.search.looking_up import listed
from lims.catalog.search.names import Ask, Leaves, Meaning, Normalised
from lims.catalog.search.shelf import NO_TIME, Mask
from lims.errors import Invalid
from lims.model import Histogram, Principal, vocabulary

MOST_BINS = 1_000
DECADES = 100.0
"""So many times larger than the smallest is the largest where the bins grow."""
NUMBERS = 'SELECT "doc", "path", "number" FROM {{leaf_then}} WHERE "path" IN ({})'
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """The values of one field, by slot: of files and of sessions, NaN where there is none. of_files: of them alone."""

    files: Values
    sessions: Values
    of_files: bool
    unit: str


def histogram(
    index: Index,
    principal: Principal,
    ask: Ask,
    query: str,
    *,
    field: str,
    bins: int,
    kind: Kind,
    filters: Mapping[str, Sequence[str]],
) -> Histogram:
    """See `View.histogram`."""
    if not 1 <= bins <= MOST_BINS:
        raise Invalid(f"bins must be 1 to {MOST_BINS}, not {bins}.")
    finding = Finding(index, ask, query, kind=kind, sort="newest", filters=filters)
    meaning = finding.names.meaning(field, 0)
    rows = index.columns(NUMBERS.format(listed(meaning.codes))) if isinstance(meaning, Leaves) else None
    with index.up_to_date():
        lens = lens_of(index, principal, ask)
        files, records, _ = finding.found(lens)
        if rows is not None:
            rows = rows.filter(pa.array(lens.all_files[index.slots_of_docs(rows["doc"].to_numpy())]))
        docs = None if rows is None else rows["doc"].to_numpy()
        if not finding.names.is_common(meaning) and not lens.sees(meaning, docs):
            raise finding.names.unknown(field, 0)
        asked = _asked(index, field, meaning, rows)
        values, missing = _values(lens, asked, files, records)
    edges, counts, is_log = binned(values, bins)
    is_time = isinstance(meaning, Field) and meaning.kind == "time"
    return Histogram(field, "time" if is_time else "number", asked.unit, edges, counts, is_log, missing)


def _asked(index: Index, field: str, meaning: Meaning, rows: pa.Table | None) -> Asked:
    """Raises Invalid for a field that has no numbers."""
    nothing = np.full(index.sessions.size, np.nan)
    if isinstance(meaning, Normalised) and meaning.unit is not None:
        unit = vocabulary.FIELDS.get(meaning.name, meaning.unit)
        return Asked(index.normalised(meaning.name)[0], nothing, of_files=True, unit=unit)
    if isinstance(meaning, Leaves) and rows is not None and len(rows := rows.filter(rows["number"].is_valid())):
        numbers, unit = _in_one_unit(field, meaning, rows)
        found = smallest(numbers, index.slots_of_docs(rows["doc"].to_numpy()), index.files.size)
        found[0] = np.nan
        return Asked(found, nothing, of_files=True, unit=unit)
    if isinstance(meaning, Field) and meaning.kind in ("time", "number"):
        columns = ((index.files, meaning.file), (index.sessions, meaning.session))
        of_files, of_sessions = (
            _seconds(shelf[name]) if name else np.full(shelf.size, np.nan) for shelf, name in columns
        )
        return Asked(of_files, of_sessions, of_files=False, unit="s" if meaning.kind == "time" else meaning.unit)
    raise Invalid(f"{field} has no numbers to be put into bins.", hint=f"Count its values instead: facets={field}.")


def _in_one_unit(field: str, meaning: Leaves, rows: pa.Table) -> tuple[Values, str]:
    units = dict(meaning.paths)
    codes, which = np.unique(rows["path"].to_numpy(), return_inverse=True)
    found = in_one_unit(rows["number"].to_numpy(), [units[code] for code in codes.tolist()], which)
    if found is None:
        said = ", ".join(sorted({units[code] or "none" for code in codes.tolist()}))
        raise Invalid(
            f"The numbers of {field} are in units that do not fit each other: {said}.", hint="Name more of the path."
        )
    return found


def _seconds(values: NDArray[Any]) -> Values:
    if values.dtype == np.int64:
        return np.where(values == NO_TIME, np.nan, values / 1e6)
    return values


def _values(lens: Lens, asked: Asked, files: Mask, records: Mask) -> tuple[Values, int]:
    """(a number for each result that has one, how many have none). A record has those of its files, each once."""
    of_files = asked.files[files]
    of_records = asked.sessions[records]
    missing = int(np.isnan(of_files).sum())
    if asked.of_files:
        slots = np.flatnonzero(~np.isnan(asked.files) & lens.files & records[lens.session])
        pairs = np.unique(np.stack([lens.session[slots].astype(np.float64), asked.files[slots]]), axis=1)
        of_records = pairs[1]
        missing += int(np.count_nonzero(records)) - len(np.unique(pairs[0]))
    else:
        missing += int(np.isnan(of_records).sum())
    found = np.concatenate([of_files, of_records])
    return found[~np.isnan(found)], missing


def binned(values: Values, bins: int) -> tuple[tuple[float, ...], tuple[int, ...], bool]:
    """(edges, one more than counts; counts; whether the edges grow by a factor)."""
    if not len(values):
        return (), (), False
    least, greatest = float(values.min()), float(values.max())
    is_log = least > 0 and greatest > DECADES * least
    if least == greatest:
        counts, edges = np.array([len(values)]), np.array([least, greatest])
    else:
        space = np.geomspace if is_log else np.linspace
        edges = space(least, greatest, bins + 1)
        edges[0], edges[-1] = least, greatest
        counts = np.histogram(values, edges)[0]
    return tuple(edges.tolist()), tuple(counts.tolist()), is_log
