"""Views put together from the catalog's rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from lims.access import may_correct, may_edit
from lims.catalog import View
from lims.facility.views import ActivityView, DatasetView, Failure, OnePlace, RecordView, SessionInRecord, Tile
from lims.model import Activity, Dataset, Record, Step, record_id_of


def failures_of(steps: Iterable[Step]) -> tuple[Failure, ...]:
    return tuple(Failure(s.step, s.reason, s.version, s.at) for s in steps if s.state == "failed")


def no_picture_of(steps: Iterable[Step]) -> str:
    """Why a dataset has no preview: it could not be read or drawn, it is blank, there is nothing to draw."""
    return next((s.reason for s in steps if s.step == "preview"), "")


def tiles_of(view: View, datasets: Iterable[Dataset]) -> tuple[Tile, ...]:
    """Oldest first, failures beside each."""
    listed = list(datasets)
    steps: dict[str, list[Step]] = defaultdict(list)
    for step in view.telling_steps([one.id for one in listed]):
        steps[step.dataset].append(step)
    tiles = [tile_of(one, steps[one.id]) for one in listed]
    return tuple(sorted(tiles, key=lambda tile: (tile.at is None, tile.at, tile.name)))


def tile_of(dataset: Dataset, steps: Sequence[Step]) -> Tile:
    return Tile(
        id=dataset.id,
        name=dataset.name,
        bytes=dataset.bytes,
        at=dataset.acquired or dataset.modified,
        format=dataset.format,
        status=dataset.status,
        blank=dataset.blank,
        preview_size=dataset.preview_size,
        no_picture=no_picture_of(steps),
        origin=dataset.kind,
        shape=dataset.signals[0].shape if dataset.signals else (),
        failures=failures_of(steps),
    )


def record_view(view: View, record_id: str) -> RecordView:
    record = view.record(record_id)
    session = view.session(record.session)
    instrument = view.instrument(session.instrument)
    tiles = {tile.id: tile for tile in tiles_of(view, originals(view.datasets(session=session.id)))}
    shown = (activity_view(one, tiles) for one in view.activities(session.id))
    activities = [one for one in shown if one.datasets]
    placed = {tile.id for activity in activities for tile in activity.datasets}
    return RecordView(
        id=record.id,
        title=record.title,
        record=counted(record, tiles.values(), activities),
        session=SessionInRecord(
            session.id,
            instrument.id,
            instrument.name,
            instrument.timezone,
            session.user,
            session.people,
            session.operator,
            session.start,
            session.end,
            session.state,
            session.notes,
        ),
        reservation=view.reservation(session.reservation) if session.reservation else None,
        activities=tuple(activities),
        unplaced=tuple(tile for tile in tiles.values() if tile.id not in placed),
        samples=(session.sample,) if session.sample else (),
        project=session.project,
        events=tuple(view.events(session.id)),
        tags=tuple(view.tags(record.id)),
        may_edit=may_edit(view.principal, session),
        builds=tuple(view.builds(record.id)),
    )


def counted(record: Record, tiles: Iterable[Tile], activities: Sequence[ActivityView]) -> Record:
    """With the numbers of what is there: a record in the making is built a moment after its files are read."""
    raw = [tile for tile in tiles if tile.origin == "raw"]
    return replace(record, datasets=len(raw), bytes=sum(tile.bytes for tile in raw), activities=len(activities))


def activity_view(one: Activity, tiles: Mapping[str, Tile]) -> ActivityView:
    datasets = tuple(tiles[dataset] for dataset in one.datasets if dataset in tiles)
    return ActivityView(one.id, one.number, one.start, one.end, one.setup, datasets, one.varies, one.reason)


def originals(datasets: Iterable[Dataset]) -> list[Dataset]:
    """Without those that are another place of a file which is shown already."""
    return [one for one in datasets if one.copy_of is None]


def places_of(view: View, one: Dataset) -> tuple[OnePlace, ...]:
    """Every place of this content that the viewer sees; of a file not yet hashed only its own."""
    same = view.datasets(sha256=[one.sha256]) if one.sha256 and one.bytes else []
    companions = sorted(one.companions_sha256)
    others = [two for two in same if two.id != one.id and sorted(two.companions_sha256) == companions]
    return tuple(OnePlace(two.id, two.store, two.key, two.modified, two.status == "missing") for two in (one, *others))


def dataset_view(view: View, dataset_id: str, *, with_metadata: bool) -> DatasetView:
    one = view.dataset(dataset_id)
    steps = view.steps(one.id)
    session = view.session(one.session) if one.session else None
    return DatasetView(
        id=one.id,
        name=one.name,
        store=one.store,
        key=one.key,
        companions=one.companions,
        bytes=one.bytes,
        modified=one.modified,
        sha256=one.sha256,
        format=one.format,
        status=one.status,
        origin=one.kind,
        instrument=one.instrument,
        session=one.session,
        record=record_id_of(one.session) if one.session else None,
        activity=one.activity,
        owner=one.owner,
        acquired=one.acquired,
        clock=one.clock,
        clock_note=one.clock_note,
        blank=one.blank,
        preview=f"datasets/{one.id}/preview" if one.preview_size else None,
        preview_size=one.preview_size,
        no_picture=no_picture_of(steps),
        signals=one.signals,
        normalised=one.normalised,
        failures=failures_of(steps),
        tags=tuple(view.tags(one.id)),
        python=f'lims.open("{one.id}")',
        may_correct=may_correct(view.principal, one, session),
        home_note=one.home_note,
        version=one.version,
        copy_of=one.copy_of,
        locations=places_of(view, one),
        former=tuple(view.former_versions([one.id])),
        metadata=view.document(one.id) if with_metadata else {},
        bad=view.warning(one.id),
        stale=view.stale(one.id) if one.kind == "derived" else "",
        made_by=tuple(view.writers(one.id)) if one.kind == "derived" else (),
    )
