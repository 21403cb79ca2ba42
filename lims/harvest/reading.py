"""A dataset: its checksums, its extraction, its preview. Works on files only; what came of it is kept elsewhere."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from lims.errors import Invalid, LimsError, NotFound, StoreUnavailable, Unavailable
from lims.extractors import Job, Outcome, Pool
from lims.harvest.finding import state_of
from lims.harvest.previews import preview_paths, remove_preview
from lims.model import Dataset, tree_sha256
from lims.stores import Store

CHUNK = 1 << 20
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
NOT_GIVEN = (
    errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.ECONNRESET, errno.EHOSTDOWN, errno.EHOSTUNREACH,
    errno.ENETDOWN, errno.ENETUNREACH, errno.EAGAIN,
)
"""What a share, a disk or a system says that does not give a file just now (EAGAIN: another program has locked it)."""
LARGE = 256 << 20
"""Hashing overtakes parsing at about 45 MB; above this a file is read and shown first and hashed afterwards."""


Half = TypeVar("Half")
Hear = Callable[[int], None]
"""Is told how many bytes more have been hashed; what it raises ends the reading."""


def not_heard(bytes_more: int) -> None:
    pass


@dataclass(frozen=True)
class Work:
    """attempt: how often its extraction was tried before.

    keeps_preview: the picture that there is stays until there is a better one, for the file is the same as ever.
    """

    dataset: Dataset
    do_hash: bool = True
    do_extract: bool = True
    attempt: int = 0
    keeps_preview: bool = False


@dataclass(frozen=True)
class Done:
    """hashes: of the main file and its companions. trouble: why the files could not be read at all.

    is_stale: the files changed meanwhile, or are gone; nothing of this may be kept.
    """

    work: Work
    hashes: tuple[str, ...] | None = None
    outcome: Outcome | None = None
    trouble: str = ""
    is_stale: bool = False


def work_on(one: Dataset, attempts: dict[str, int]) -> Work:
    """Only what is not done yet: a file that was read may still owe its checksum."""
    needs_reading = one.status == "registered" or one.id in attempts
    return Work(one, one.sha256 is None or is_unverified(one), needs_reading, attempts.get(one.id, 0))


def is_unverified(one: Dataset) -> bool:
    """Whether its checksum may be that of another file: after a renaming it stays until it is held against the file."""
    return one.kind == "raw" and one.sha256 is not None and one.status in ("registered", "failed")


def in_parts(work: Work) -> list[Work]:
    """A large file is read, and seen, long before it is hashed; not where it may be another than it is called."""
    if work.do_hash and work.do_extract and work.dataset.bytes > LARGE and not is_unverified(work.dataset):
        return [replace(work, do_hash=False), replace(work, do_extract=False)]
    return [work] if work.do_hash or work.do_extract else []


def read(work: Work, store: Store, pool: Pool, previews: Path, hear: Hear = not_heard) -> Done:
    """Do the work. A bad file does not raise; raises Unavailable where no file can be read, and what `hear` raises."""
    (done,) = read_all([work], store, pool, previews, hear)
    return done


def read_all(
    works: Sequence[Work], store: Store, pool: Pool, previews: Path, hear: Hear = not_heard
) -> Generator[Done, None, None]:
    """As read, several datasets of one store: first all their checksums, then one child reads one after the other."""
    with ExitStack() as copies:
        begin = partial(begun, store=store, previews=previews, copies=copies, hear=hear)
        halves = [tried(work, store, previews, partial(begin, work)) for work in works]
        jobs = [half.job for half in halves if isinstance(half, Begun) and half.job]
        outcomes = copies.enter_context(closing(pool.read_all(jobs)))
        for half in halves:
            if isinstance(half, Done):
                yield half
            else:
                yield tried(half.work, store, previews, partial(ended, half, store, outcomes))
        for _ in outcomes:  # there is none; but the child may still be there
            pass


@dataclass(frozen=True)
class Begun:
    """job: where it is to be extracted, too."""

    work: Work
    hashes: tuple[str, ...] | None
    job: Job | None


def begun(work: Work, store: Store, previews: Path, copies: ExitStack, hear: Hear) -> Done | Begun:
    if not is_as_listed(work.dataset, store):
        return Done(work, is_stale=True)
    hashes = checksums(work.dataset, store, hear) if work.do_hash else None
    return Begun(work, hashes, job_of(work, store, previews, copies) if work.do_extract else None)


def ended(half: Begun, store: Store, outcomes: Iterator[Outcome]) -> Done:
    outcome = looked_at(next(outcomes), half.job) if half.job else None
    return Done(half.work, half.hashes, outcome, is_stale=not is_as_listed(half.work.dataset, store))


def tried(work: Work, store: Store, previews: Path, do: Callable[[], Half]) -> Half | Done:
    """Raises Unavailable where no file can be read: what the system refused otherwise is said of this one."""
    try:
        return do()
    except (StoreUnavailable, NotFound):
        return Done(work, is_stale=True)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise no_room(previews) from error
        if not is_as_listed(work.dataset, store):  # all of the store is away
            return Done(work, is_stale=True)
        return Done(work, trouble=f"the file cannot be read: {(error.strerror or str(error)).lower()}")
    except (Invalid, ValueError) as error:
        return Done(work, trouble=f"the file cannot be read: {error}")


def is_as_listed(one: Dataset, store: Store) -> bool:
    """Compare with the listing, so that a half-written file is never hashed."""
    try:
        main = [] if one.is_tree else [store.entry(one.key)]
        rest = [store.entry(key) for key in one.companions]
    except (LimsError, OSError):  # also a link to nowhere in its place
        return False
    is_main_same = all(part.modified == one.modified for part in main)
    is_rest_same = one.companions_state in ("", state_of(rest))
    return sum(part.bytes for part in (*main, *rest)) == one.bytes and is_main_same and is_rest_same


def checksums(one: Dataset, store: Store, hear: Hear = not_heard) -> tuple[str, ...]:
    """SHA-256 of the main file and of each companion. A tree's own is that of its files' names and checksums."""
    companions = tuple(checksum(store, key, hear) for key in one.companions)
    if one.is_tree:
        names = (key.removeprefix(f"{one.key}/") for key in one.companions)
        return tree_sha256(zip(names, companions, strict=True)), *companions
    return checksum(store, one.key, hear), *companions


def checksum(store: Store, key: str, hear: Hear = not_heard) -> str:
    with store.open(key) as stream:
        return streamed(stream, hear)


def streamed(stream: BinaryIO, hear: Hear = not_heard) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
        hear(len(chunk))
    return digest.hexdigest()


def job_of(work: Work, store: Store, previews: Path, copies: ExitStack) -> Job:
    target = preview_paths(previews, work.dataset.id)
    if not work.keeps_preview:
        remove_preview(target)
    target.large.parent.mkdir(parents=True, exist_ok=True)
    path, companions = copies.enter_context(on_this_machine(work.dataset, store))
    return Job(path, tuple(companions), target)


def looked_at(outcome: Outcome, job: Job) -> Outcome:
    """Raises OSError where the system did not give the file to its reader, or had no room for the picture."""
    for failure in outcome.failed:
        if failure.errno is not None and failure.errno in (*NO_ROOM, *NOT_GIVEN):
            words = failure.reason if failure.errno == errno.EAGAIN else os.strerror(failure.errno)
            raise OSError(failure.errno, words)
    if outcome.extraction and outcome.preview_size is None and job.preview:
        remove_preview(job.preview)
    return outcome


def no_room(folder: Path, left: str = "") -> Unavailable:
    hint = "Make room; it goes on by itself."
    return Unavailable(f"The disk of {folder} is full{left}, so the harvest waits.", hint=hint)


@contextmanager
def on_this_machine(one: Dataset, store: Store) -> Iterator[tuple[Path, list[Path]]]:
    """The main file and its companions as paths; copies of them where the store is elsewhere."""
    keys = (one.key, *one.companions)
    paths = [store.local_path(key) for key in keys]
    local = [path for path in paths if path is not None]
    if len(local) == len(keys):
        yield local[0], local[1:]
        return
    with tempfile.TemporaryDirectory(prefix="lims-") as folder:
        copies = [Path(folder, beside(one.key, key)) for key in keys]
        for key, target in zip(keys, copies, strict=True):
            if one.is_tree and key == one.key:
                target.mkdir()
            else:
                copy(store, key, target)
        yield copies[0], copies[1:]


def beside(main: str, key: str) -> str:
    """Where a file lies from the main file's folder on; readers look for what belongs to it there."""
    folder = main.removesuffix(main.rpartition("/")[2])
    return key.removeprefix(folder) if key.startswith(folder) else key.rpartition("/")[2]


def copy(store: Store, key: str, target: Path) -> None:
    with store.open(key) as source:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            while chunk := source.read(CHUNK):
                file.write(chunk)
