"""Results that are folders (.zspy): kept, opened, read again, and replayed, as files are."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import hyperspy.api as hs
import numpy as np
import pytest

from lims.errors import Invalid, LimsError
from lims.facility.local_files import local_file
from lims.facility.opening import open_dataset
from lims.facility.running.replaying import Again, replay
from lims.facility.workbench import save_dataset
from lims.provenance.content import byte_hash
from tests.facility.running.people import People, write_image

MAKE = """
import sys, numpy as np, zarr
eve = np.resize(np.frombuffer(open(sys.argv[1], "rb").read(), "u1").astype("f4"), 4096)
group = zarr.open_group("stack.zspy", mode="w")
group.create_dataset("Experiments/eve/data", data=eve.reshape(64, 64), chunks=(16, 16))
"""
READ = """
import zarr
data = zarr.open_group("stack.zspy", mode="r")["Experiments/eve/data"][:]
open("sum.txt", "w").write(str(float(data.sum())))
"""


def test_a_folder_that_a_script_writes_is_a_result_that_the_next_one_reads(at: People, work: Path, script) -> None:
    eve = at.arrive(write_image(at.raw / "eve_trees.tif"))
    made = script(work, MAKE, str(at.raw / "eve_trees.tif"), name="make.py")
    assert (made.status, made.error, [one.text for one in made.doubts]) == ("done", "", [])
    (stack,) = made.outputs
    assert (stack.name, stack.sha256) == ("stack.zspy", byte_hash(work / "stack.zspy"))
    assert str(stack.content_hash).startswith("zarr-1:")
    kept = local_file(at.xenia.facility, at.xenia.facility.location(stack.id))
    assert byte_hash(kept) == stack.sha256
    read = script(work, READ, name="read.py")
    assert [(one.id, one.source) for one in read.inputs] == [(stack.id, "observed")]
    edges = at.xenia.facility.lineage(read.outputs[0].id, "ancestors").edges
    assert {(edge["from"], edge["to"]) for edge in edges} == {(eve, stack.id), (stack.id, read.outputs[0].id)}


def test_such_runs_are_replayed(at: People, work: Path, script) -> None:
    at.arrive(write_image(at.raw / "eve_again.tif"))
    made = script(work, MAKE, str(at.raw / "eve_again.tif"), name="make.py")
    read = script(work, READ, name="read.py")
    before = byte_hash(work / "stack.zspy")
    for run in (made, read):
        told = replay(at.xenia.facility, at.xenia.address, run.run, Again())
        assert [one["verdict"] for one in told.outputs] == ["bytes identical"], told
    assert byte_hash(work / "stack.zspy") == before


def test_a_signal_is_saved_and_opened_as_a_folder(at: People) -> None:
    signal = hs.signals.Signal2D(np.arange(12 * 8 * 8, dtype="f4").reshape(12, 8, 8))
    first, second = (save_dataset(at.xenia.facility, signal, "stack.zspy", [], "", {}) for _ in range(2))
    assert (first.name, second.name, first.format) == ("stack.zspy", "stack-2.zspy", "zspy")
    assert first.bytes > signal.data.nbytes // 100
    assert len(first.companions) > 3
    np.testing.assert_array_equal(open_dataset(at.xenia.facility, first.id).data, signal.data)


def test_a_folder_by_its_path(at: People, tmp_path: Path) -> None:
    folder = tmp_path / "own.zarr"
    (folder / "a").mkdir(parents=True)
    (folder / "a/0.0").write_bytes(b"x" * 3_000_000)
    (folder / ".zgroup").write_text("{}")
    with pytest.raises(Invalid, match="cannot be read as zarr"):
        save_dataset(at.xenia.facility, folder, "own", [], "", {})
    (folder / ".zgroup").write_text('{"zarr_format": 2}')
    made = save_dataset(at.xenia.facility, folder, "own", [], "", {})
    assert (made.name, made.bytes, made.sha256) == ("own.zarr", 3_000_018, byte_hash(folder))
    with pytest.raises(Invalid, match="There is no file"):
        save_dataset(at.xenia.facility, tmp_path, "folder", [], "", {})


def test_one_that_was_declared_and_that_nobody_saw(at: People, work: Path, script) -> None:
    (work / "old.zspy").mkdir()
    (work / "old.zspy/.zgroup").write_text('{"zarr_format": 2}')
    write = "import subprocess\nsubprocess.run(['cp', '-r', 'old.zspy', 'new.zspy'], check=True)\n"
    made = script(work, write, outputs=("new.zspy", "old.zspy"))
    told = ["old.zspy was declared as an output, and what is there is older than the run."]
    assert [one.text for one in made.doubts] == told
    assert [one.name for one in made.outputs] == ["new.zspy"]


def test_a_folder_that_is_no_object_is_named_and_not_read(at: People, work: Path, script) -> None:
    other = "import subprocess\nsubprocess.run('mkdir new && touch new/b', shell=True)\nos.rename('new', 'moved')\n"
    write = "import os\nos.makedirs('part')\nopen('part/a.txt', 'w').write('1')\nos.rename('part', 'checkpoint')\n"
    made = script(work, write + other)
    assert [one.text for one in made.doubts] == ["moved is a folder, and of these only .zspy, .zarr, .n5 are kept."]
    assert [one.name for one in made.outputs] == ["a.txt"]
    assert [one.sha256 for one in made.files if one.name in ("checkpoint", "moved")] == ["", ""]
    told = replay(at.xenia.facility, at.xenia.address, made.run, Again())
    assert "different" not in {one["verdict"] for one in told.outputs}, told


def test_a_replayed_folder_is_left_where_somebody_wants_it(at: People, work: Path, script, tmp_path: Path) -> None:
    at.arrive(write_image(at.raw / "eve_left.tif"))
    made = script(work, MAKE, str(at.raw / "eve_left.tif"), name="make.py")
    (tmp_path / "kept/stack.zspy").mkdir(parents=True)
    (tmp_path / "kept/stack.zspy/of an earlier one").touch()
    replay(at.xenia.facility, at.xenia.address, made.run, Again(keep=tmp_path / "kept"))
    assert byte_hash(tmp_path / "kept/stack.zspy") == made.outputs[0].sha256


def test_where_one_of_its_files_cannot_be_written_nothing_is_left(
    at: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own.n5"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / name).write_text(name)
    (folder / "d").hardlink_to(folder / "a")
    (folder / "e").symlink_to(folder / "b")
    derived = at.folder / "derived"
    before = sorted(one for one in derived.rglob("*") if one.is_file())
    store = at.local.desk.stores["derived"]
    put, fails = type(store)._put, iter([False, True])

    def full(*given: object, **more: object) -> None:
        if next(fails, False):
            raise OSError(28, "No space left on device")
        put(store, *given, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(store, "_put", full)
        with pytest.raises(LimsError):
            save_dataset(at.xenia.facility, folder, "own", [], "", {})
    assert sorted(one for one in derived.rglob("*") if one.is_file()) == before
    assert len(save_dataset(at.xenia.facility, folder, "own", [], "", {}).companions) == 5


def test_one_that_was_made_elsewhere(at: People, tmp_path: Path) -> None:
    eve = at.arrive(write_image(at.raw / "eve_elsewhere.tif"))
    (tmp_path / "other.n5").mkdir()
    (tmp_path / "other.n5/attributes.json").write_text("{}")
    about = {"parents": [eve], "relation": "resampled"}
    made = at.xenia.facility.import_derived(tmp_path / "other.n5", **about)
    assert (made.name, made.companions) == ("other.n5", (f"{made.key}/attributes.json",))
    assert [edge["from"] for edge in at.xenia.facility.lineage(made.id, "ancestors").edges] == [eve]
    with pytest.raises(Invalid, match="is a folder"):
        at.xenia.facility.import_derived(tmp_path, **about)


def tar(fill: Callable[[tarfile.TarFile], object]) -> io.BytesIO:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as file:
        fill(file)
    made.seek(0)
    return made


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    one = tarfile.TarInfo(name)
    one.type, one.linkname = kind, target
    return one


@pytest.mark.parametrize(
    ("name", "members", "told"),
    [
        ("x.zspy", [member("../out")], "is not a key"),
        ("x.zspy", [member("/etc/x")], "is not a key"),
        ("x.zspy", [member("a"), member("a")], "is not one plain file"),
        ("x.zspy", [member("a", tarfile.SYMTYPE, "/etc/passwd")], "is not one plain file"),
        ("x.zspy", [member("a"), member("b", tarfile.LNKTYPE, "a")], "is not one plain file"),
        ("x.zspy", [member("a", tarfile.FIFOTYPE)], "is not one plain file"),
        ("x.zspy", [member("a", tarfile.GNUTYPE_SPARSE)], "is not"),
        ("x.zspy", [member("a", tarfile.DIRTYPE)], "The folder is empty"),
        ("x.zspy", [], "The folder is empty"),
        ("folder", [member("a")], "folder is a folder"),
    ],
)
def test_an_upload_that_is_no_such_folder_is_refused_before_anything_is_written(
    at: People, name: str, members: list[tarfile.TarInfo], told: str
) -> None:
    derived = at.folder / "derived"
    before = sorted(derived.rglob("*"))
    upload = at.xenia.facility.upload_stream(tar(lambda file: [file.addfile(one) for one in members]), None)
    with pytest.raises(Invalid, match=told):
        at.xenia.facility.ask("save_derived", {"upload": upload, "name": name, "is_tree": True})
    assert sorted(derived.rglob("*")) == before


def test_an_upload_that_is_no_tar_is_refused(at: People) -> None:
    upload = at.xenia.facility.upload_stream(io.BytesIO(b"no tar " * 1000), None)
    with pytest.raises(Invalid, match="not the tar of a folder"):
        at.xenia.facility.ask("save_derived", {"upload": upload, "name": "x.zspy", "is_tree": True})


def test_a_folder_that_is_changed_in_place_is_not_taken_for_what_was_read(at: People, work: Path, script) -> None:
    at.arrive(write_image(at.raw / "eve_in_place.tif"))
    script(work, MAKE, str(at.raw / "eve_in_place.tif"), name="make.py")
    changed = script(work, "import zarr\nzarr.open_group('stack.zspy', mode='r+')['Experiments/eve/data'][0] = 7\n")
    files = {one.role: one for one in changed.files if one.name == "stack.zspy"}
    assert files["output"].sha256 == byte_hash(work / "stack.zspy")
    assert [one.sha256 for role, one in files.items() if role == "input"] in ([], [""])
