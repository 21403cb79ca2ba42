"""A file that names others must not make the service read them: every way we know to name one, and each line alone."""

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from lims.extractors import Limits, Outcome, Pool, PreviewTarget
from lims.extractors.child import watch_over
from lims.extractors.extract import extract_file
from lims.extractors.fence.environment import reading_environment
from lims.extractors.fence.hdf5 import ensure_self_contained
from lims.extractors.fence.landlock import kernel_version
from lims.extractors.fence.refused import RefersElsewhere
from lims.extractors.outcome import to_json

SECRET = "s3cret-0f-a-colleague"
ELSEWHERE = "which is not part of the dataset"
Read = Callable[..., Outcome]


@pytest.fixture(scope="module", params=["kernel and interpreter", "interpreter alone"])
def limits(request: pytest.FixtureRequest) -> Limits:
    return Limits(asks_kernel=request.param == "kernel and interpreter")


@pytest.fixture(scope="module", params=["pool", "one child"])
def read(request: pytest.FixtureRequest, limits: Limits) -> Iterator[Read]:
    """Both ways to read a file in a child: many by the pool, one by `lims extract`."""
    if request.param == "one child":
        yield lambda path, companions=(), preview=None: watch_over(
            lambda: extract_file(path, companions, preview=preview), limits
        )
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTERHUB_API_TOKEN", SECRET)  # what the fork server would inherit
        with Pool(limits) as pool:
            yield pool.run


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A colleague's file: numbers that say something, in the bytes that a reader of raw storage would take."""
    folder = tmp_path / "colleague"
    folder.mkdir()
    (folder / "raw.bin").write_bytes(SECRET.encode().ljust(4096, b"x"))
    with h5py.File(folder / "theirs.h5", "w") as file:
        file.attrs["said"] = SECRET
        file.create_dataset("data", data=np.frombuffer((folder / "raw.bin").read_bytes(), np.uint8), chunks=(1024,))
    with sqlite3.connect(folder / "catalog.sqlite") as catalog:
        catalog.execute("CREATE TABLE t (x)")
        catalog.execute("INSERT INTO t VALUES (?)", [SECRET])
    return folder


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    return tmp_path / "mine"


def hyperspy(path: Path, fill: Callable[[h5py.Group], object]) -> Path:
    """A spectrum as HyperSpy writes it, whose data and metadata are up to the one who hands it in."""
    with h5py.File(path, "w") as file:
        file.attrs["file_format"], file.attrs["file_format_version"] = "HyperSpy", "3.3"
        signal = file.create_group("Experiments/__unnamed__")
        axis = {"name": "x", "size": 4096, "scale": 1.0, "offset": 0.0, "units": "nm", "navigate": False}
        signal.create_group("axis-0").attrs.update(axis | {"_type": "UniformDataAxis"})
        for name in ("metadata/General", "metadata/Signal", "learning_results", "original_metadata"):
            signal.create_group(name)
        fill(signal)
        if "data" not in signal and signal.get("data", getlink=True) is None:
            signal.create_dataset("data", data=np.arange(4096, dtype=np.uint16), chunks=(1024,))
    return path


def external_storage(signal: h5py.Group, folder: Path) -> None:
    signal.create_dataset("data", (4096,), "u1", external=[(str(folder / "raw.bin"), 0, 4096)])


def external_storage_in_metadata(signal: h5py.Group, folder: Path) -> None:
    external = [(str(folder / "raw.bin"), 0, len(SECRET))]
    signal["original_metadata"].create_dataset("x", (len(SECRET),), "u1", external=external)


def environment_as_storage(signal: h5py.Group, folder: Path) -> None:
    signal["original_metadata"].create_dataset("x", (3000,), "u1", external=[("/proc/self/environ", 0, 3000)])


def catalog_as_storage(signal: h5py.Group, folder: Path) -> None:
    size = (folder / "catalog.sqlite").stat().st_size
    signal.create_dataset("data", (size,), "u1", external=[(str(folder / "catalog.sqlite"), 0, size)])


def external_link(signal: h5py.Group, folder: Path) -> None:
    signal["data"] = h5py.ExternalLink(str(folder / "theirs.h5"), "/data")


def external_link_to_metadata(signal: h5py.Group, folder: Path) -> None:
    signal["original_metadata/x"] = h5py.ExternalLink(str(folder / "theirs.h5"), "/")


def relative_link(signal: h5py.Group, folder: Path) -> None:
    signal["original_metadata/x"] = h5py.ExternalLink("../colleague/theirs.h5", "/")


def virtual_source(signal: h5py.Group, folder: Path) -> None:
    layout = h5py.VirtualLayout((4096,), "u1")
    layout[:] = h5py.VirtualSource(str(folder / "theirs.h5"), "data", (4096,))
    signal.create_virtual_dataset("data", layout)


WAYS = (
    external_storage,
    external_storage_in_metadata,
    environment_as_storage,
    catalog_as_storage,
    external_link,
    external_link_to_metadata,
    relative_link,
    virtual_source,
)


def assert_nothing_told(outcome: Outcome) -> None:
    """Neither as text nor as the numbers of its letters."""
    told = to_json(outcome).decode()
    assert SECRET not in told
    assert json.dumps(list(SECRET.encode())).strip("[]") not in told


def refused(outcome: Outcome) -> str:
    assert_nothing_told(outcome)
    assert outcome.extraction is None
    (failure,) = outcome.failed
    return failure.reason


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_hdf5_that_leads_to_another_file_is_refused_by_name(
    read: Read, mine: Path, secret: Path, way: Callable[[h5py.Group, Path], None]
) -> None:
    path = hyperspy(mine / "result.hspy", lambda signal: way(signal, secret))
    reason = refused(read(path, (), preview=PreviewTarget(mine / "pictures" / "a.png")))
    assert reason.startswith("it refers to another file (")
    assert reason.endswith(ELSEWHERE)
    assert str(secret) not in reason
    assert list((mine / "pictures").iterdir()) == []


def test_hdf5_may_refer_to_itself_and_to_its_companions(read: Read, mine: Path) -> None:
    with h5py.File(mine / "part.h5", "w") as file:
        file.create_dataset("data", data=np.arange(4096, dtype=np.uint16), chunks=(1024,))

    def fill(signal: h5py.Group) -> None:
        signal["original_metadata/own"] = h5py.ExternalLink("whole.hspy", "/Experiments/__unnamed__/axis-0")
        signal["data"] = h5py.ExternalLink("part.h5", "/data")

    path = hyperspy(mine / "whole.hspy", fill)
    outcome = read(path, [mine / "part.h5"], preview=PreviewTarget(mine / "a.png"))
    assert outcome.failed == ()
    assert outcome.extraction is not None
    assert outcome.extraction.metadata["own"]["units"] == "nm"
    assert outcome.preview_size is not None
    assert "(part.h5)" in refused(read(path))


def test_storage_and_virtual_sources_may_be_companions_too(mine: Path) -> None:
    np.arange(10, dtype=np.uint8).tofile(mine / "part.raw")
    with h5py.File(mine / "part.h5", "w") as file:
        file["data"] = np.arange(10, dtype=np.uint8)
    with h5py.File(mine / "whole.h5", "w") as file:
        file.create_dataset("stored", (10,), "u1", external=[("part.raw", 0, 10)])
        layout = h5py.VirtualLayout((2, 10), "u1")
        layout[0], layout[1] = h5py.VirtualSource("part.h5", "data", (10,)), h5py.VirtualSource(".", "stored", (10,))
        file.create_virtual_dataset("assembled", layout)
    parts = [mine / "part.raw", mine / "part.h5"]
    ensure_self_contained(mine / "whole.h5", parts)
    for missing in parts:
        with pytest.raises(RefersElsewhere, match=re.escape(missing.name)):
            ensure_self_contained(mine / "whole.h5", [part for part in parts if part != missing])


def test_a_companion_does_not_lead_on_to_others(read: Read, mine: Path, secret: Path) -> None:
    with h5py.File(mine / "part.h5", "w") as file:
        file["data"] = h5py.ExternalLink(str(secret / "theirs.h5"), "/data")

    def fill(signal: h5py.Group) -> None:
        signal["data"] = h5py.ExternalLink("part.h5", "/data")

    path = hyperspy(mine / "whole.hspy", fill)
    assert "(theirs.h5)" in refused(read(path, [mine / "part.h5"]))


def empad(sample_data: Path, folder: Path, raw: str) -> Path:
    """A real sheet of an EMPAD, with another name of its raw data."""
    sheet = (sample_data / "vendor/empad/EMPAD_v1.2.2_x32_y64_size0.8.xml").read_text()
    named = sheet.partition('<raw_file filename="')[2].partition('"')[0]
    assert named
    path = folder / "run.xml"
    sized = sheet.replace("</root>", "<pix_x>32</pix_x><pix_y>64</pix_y></root>")
    path.write_text(sized.replace(f'filename="{named}"', f'filename="{raw}"'))
    return path


def test_an_empad_sheet_reads_only_the_raw_file_that_came_with_it(
    read: Read, sample_data: Path, mine: Path, secret: Path
) -> None:
    theirs = secret / "scan_x32_y64.raw"
    theirs.write_bytes(SECRET.encode() + bytes(32 * 64 * 130 * 128 * 4 - len(SECRET)))
    own = mine / "scan_x32_y64.raw"
    shutil.copy(theirs, own)
    assert read(empad(sample_data, mine, own.name), [own]).failed == ()
    for place in (str(theirs), "/proc/self/environ"):
        outcome = read(empad(sample_data, mine, place), [own], preview=PreviewTarget(mine / "a.png"))
        assert_nothing_told(outcome)  # the sheet itself is the dataset's; its frames are read for the picture
        name = place.rpartition("/")[2]
        assert [failure.reason for failure in outcome.failed] == [f"it refers to another file ({name}), {ELSEWHERE}"]
        assert not (mine / "a.png").exists()


def test_a_file_of_many_files_is_read_without_those_of_others(read: Read, mine: Path, secret: Path) -> None:
    """OME-TIFF names the files of a series; tifffile would open them where they are."""
    import tifffile

    tifffile.imwrite(secret / "b.ome.tif", np.full((32, 32), 77, np.uint8))
    ome = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="32" SizeY="32" SizeZ="2" SizeC="1" SizeT="1">'
        '<TiffData FirstZ="0" IFD="0"><UUID FileName="a.ome.tif">urn:uuid:1</UUID></TiffData>'
        f'<TiffData FirstZ="1" IFD="0"><UUID FileName="{secret}/b.ome.tif">urn:uuid:2</UUID></TiffData>'
        "</Pixels></Image></OME>"
    )
    tifffile.imwrite(mine / "a.ome.tif", np.zeros((32, 32), np.uint8), description=ome, metadata=None)
    outcome = read(mine / "a.ome.tif", (), preview=PreviewTarget(mine / "a.png"))
    assert_nothing_told(outcome)
    assert (outcome.blank != "") or outcome.extraction is None  # the zeros of its own page, at most


class Nosy:
    """An extractor that tries whatever it is told, as a reader that has been tricked would."""

    name, version, formats = "nosy", "1", ("nosy",)

    def __init__(self, attempt: Callable[[], object]) -> None:
        self.attempt = attempt

    def sniff(self, head: bytes, name: str) -> bool:
        return True

    def extract(self, path: Path, companions: object) -> object:
        raise ValueError(f"it got {self.attempt()!r}")


def told_by(attempt: Callable[[], object], path: Path, limits: Limits) -> str:
    """What a reader gets of something, from a child that tries it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lims.extractors.extract.asked", lambda: (Nosy(attempt),))
        outcome = watch_over(lambda: extract_file(path), limits)
    (failure,) = outcome.failed
    return failure.reason


@pytest.fixture
def plain(mine: Path) -> Path:
    (mine / "plain.bin").write_bytes(b"mine")
    (mine / "neighbour.bin").write_text(SECRET)
    return mine / "plain.bin"


@pytest.mark.parametrize(
    "place", ["/proc/self/environ", "/proc/self/mem", "/etc/passwd", "~/.bash_history", "neighbour.bin", "/dev/shm"]
)
def test_a_reader_opens_nothing_but_its_dataset(limits: Limits, plain: Path, place: str) -> None:
    path = plain.parent / Path(place).expanduser()
    assert ELSEWHERE in told_by(lambda: path.open("rb").read(), plain, limits)
    assert "it got b'mine'" in told_by(plain.read_bytes, plain, limits)


def test_a_link_leads_no_further_than_what_it_leads_to(limits: Limits, plain: Path) -> None:
    def follow() -> bytes:
        alias = Path(os.environ["TMPDIR"]) / "alias"
        alias.symlink_to(plain.parent / "neighbour.bin")
        return alias.read_bytes()

    assert ELSEWHERE in told_by(follow, plain, limits)


def test_a_tree_is_read_and_its_links_out_of_it_are_not(limits: Limits, plain: Path) -> None:
    tree = plain.parent / "map.zspy"
    (tree / "Experiments").mkdir(parents=True)
    (tree / "Experiments" / "own").write_bytes(b"own")
    (tree / "Experiments" / "out").symlink_to(plain.parent / "neighbour.bin")
    assert "it got b'own'" in told_by((tree / "Experiments" / "own").read_bytes, tree, limits)
    assert ELSEWHERE in told_by((tree / "Experiments" / "out").read_bytes, tree, limits)


def test_a_reader_sees_nobody_beside_its_dataset(limits: Limits, plain: Path) -> None:
    assert ELSEWHERE in told_by(lambda: os.listdir(plain.parent), plain, limits)  # noqa: PTH208
    seen = told_by(lambda: os.listdir(Path(os.environ["TMPDIR"]) / "dataset"), plain, limits)  # noqa: PTH208
    assert seen == "it got ['plain.bin']"


def test_a_reader_changes_nothing(limits: Limits, plain: Path) -> None:
    assert ELSEWHERE in told_by(lambda: plain.write_bytes(b"changed"), plain, limits)
    assert ELSEWHERE in told_by(lambda: (plain.parent / "new").write_bytes(b"x"), plain, limits)
    assert plain.read_bytes() == b"mine"


def test_a_reader_starts_and_calls_nobody(limits: Limits, plain: Path) -> None:
    assert "what no file may have" in told_by(lambda: os.system("true"), plain, limits)


def test_no_secret_is_in_the_environment(limits: Limits, plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", SECRET)
    seen = told_by(lambda: sorted(os.environ), plain, limits)
    assert "PATH" in seen
    assert "TOKEN" not in seen


def test_only_what_python_and_readers_need_is_handed_on() -> None:
    given = {"PATH": "1", "LC_ALL": "2", "OMP_NUM_THREADS": "3", "PYTHONPATH": "4"}
    kept_back = {"JUPYTERHUB_API_TOKEN": "5", "LIMS_TOKEN": "6", "AWS_SECRET_ACCESS_KEY": "7", "MY_PATH": "8"}
    assert reading_environment(given | kept_back) == given


def test_the_fork_server_itself_knows_no_secret(sample_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", SECRET)
    with Pool() as pool:
        pool.run(sample_data / "vendor/text/text_preview_test_data.txt")
        assert pool.server is not None
        if Path("/proc").is_dir():
            assert SECRET not in Path(f"/proc/{pool.server.pid}/environ").read_text()


def test_the_scratch_folder_goes_with_the_child(limits: Limits, plain: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(scratch))
        told = told_by(lambda: (Path(os.environ["TMPDIR"]) / "left").write_bytes(b"x"), plain, limits)
    assert told == "it got 1"
    assert list(scratch.iterdir()) == []


@pytest.mark.skipif(kernel_version() == 0, reason="optional: this kernel has no Landlock")
def test_the_kernel_alone_refuses_what_python_does_not_hear_of(
    plain: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both other lines taken away: HDF5 itself asks the kernel for the file."""
    path = hyperspy(plain.parent / "result.hspy", lambda signal: external_storage(signal, secret))

    def bare() -> object:
        with h5py.File(path, "r") as file:
            return file["Experiments/__unnamed__/data"][: len(SECRET)].tobytes()

    monkeypatch.setattr("sys.addaudithook", lambda hook: None)
    monkeypatch.setattr("lims.extractors.extract.ensure_self_contained", lambda *dataset: None)
    assert SECRET in told_by(bare, path, Limits(asks_kernel=False))  # so the bait is a bait
    assert SECRET not in told_by(bare, path, Limits())
