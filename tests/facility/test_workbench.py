"""lims.open and lims.save against a real facility, in this process and through a service."""

import gc
import hashlib
import shutil
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import hyperspy.api as hs
import numpy as np
import pytest

import lims
from lims.errors import Conflict, Invalid, NotFound, Unavailable
from lims.facility import local_files, opening
from lims.facility.facility import Facility
from lims.facility.opening import open_dataset, parent_id, remember
from lims.facility.served import served
from lims.facility.views import FileOfDataset, Location
from lims.facility.workbench import checked_name, plain, save_dataset
from lims.provenance.content import content_hash

IMAGE = "vendor/dm3/test_STEM_image.dm3"


@pytest.fixture(autouse=True)
def no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIMS_RUN", raising=False)


@pytest.fixture
def image(facility: Facility, folder: Path, sample_data: Path) -> str:
    """The id of a harvested image."""
    path = folder / "store/Titan_TEM/Eve.dm3"
    shutil.copyfile(sample_data / IMAGE, path)
    facility.harvest(all=True)
    return facility.locate(str(path)).id


def unmounted(location: Location) -> Location:
    """As another machine sees it."""
    return Location(location.id, location.name, location.store, None, location.sha256, location.bytes, location.files)


def test_a_dataset_opens_by_id_and_by_path_and_a_result_knows_its_parents(facility, folder, image):
    eve = open_dataset(facility, image)
    assert eve.data.shape == (68, 68)
    by_path = open_dataset(facility, folder / "store/Titan_TEM/Eve.dm3")
    assert np.array_equal(by_path.data, eve.data)

    made = save_dataset(facility, eve.fft(), "Eve_FFT", [eve], "FFT", {"window": "none", "size": np.int64(68)})
    assert (made.name, made.origin, made.status) == ("Eve_FFT.hspy", "derived", "extracted")
    again = save_dataset(facility, np.abs(eve.fft().data), "Eve_power", [made], "power", {})
    graph = facility.lineage(again.id, "ancestors")
    assert {node.id for node in graph.nodes} == {image, made.id, again.id}
    edges = {(edge["from"], edge["to"]): edge for edge in graph.edges}
    assert edges[image, made.id]["relation"] == "FFT"
    assert edges[image, made.id]["params"] == {"window": "none", "size": 68}
    assert edges[made.id, again.id]["source"] == "declared"


def test_a_saved_signal_is_a_dataset_with_hashes_and_a_preview_and_opens_again(facility, image):
    eve = open_dataset(facility, image)
    made = save_dataset(facility, eve, "copy.hspy", [eve], "copy", {})
    assert made.preview_size
    again = open_dataset(facility, made.id)
    assert np.array_equal(again.data, eve.data)
    path = local_files.local_file(facility, facility.location(made.id))
    assert made.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert content_hash(path).startswith("hdf5-1:")


def test_opening_inside_a_run_is_recorded_and_saving_too(facility, image, monkeypatch):
    run = facility.begin_run("mine.ipynb")
    monkeypatch.setenv("LIMS_RUN", run.id)
    eve = open_dataset(facility, image)
    made = save_dataset(facility, eve, "copy", [eve], "copy", {})
    told = facility.run(run.id)
    assert [one.id for one in told.inputs] == [image]
    assert [one.id for one in told.outputs] == [made.id]
    assert told.outputs[0].content_hash.startswith("hdf5-1:")
    (edge,) = facility.lineage(made.id).edges
    assert edge["run"] == run.id


def test_where_no_store_is_mounted_the_files_come_through_a_verified_cache(facility, image, tmp_path, monkeypatch):
    monkeypatch.setenv("LIMS_CACHE", str(tmp_path / "cache"))
    location = unmounted(facility.location(image))
    path = local_files.local_file(facility, location)
    assert path.name == "Eve.dm3"
    assert path.is_relative_to(tmp_path / "cache" / image)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == location.sha256
    inode = path.stat().st_ino
    assert local_files.local_file(facility, location).stat().st_ino == inode, "the second time nothing is copied"
    assert opening.id_of(facility, path) == image
    assert [one.name for one in (tmp_path / "cache" / image).iterdir()] == [path.parent.name], "nothing half-done stays"


def test_a_cached_file_that_was_cut_is_fetched_again_and_one_that_was_changed_is_refused(
    facility, image, tmp_path, monkeypatch
):
    monkeypatch.setenv("LIMS_CACHE", str(tmp_path / "cache"))
    location = unmounted(facility.location(image))
    path = local_files.local_file(facility, location)
    whole = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(whole[:100])
    assert local_files.local_file(facility, location).read_bytes() == whole
    path.chmod(0o600)
    path.write_bytes(whole[:-1] + b"?")
    with pytest.raises(Conflict, match="not the file that was registered"):
        local_files.local_file(facility, location)


def test_a_file_too_large_for_the_cache_is_refused_with_what_to_do(facility, image, tmp_path, monkeypatch):
    monkeypatch.setenv("LIMS_CACHE", str(tmp_path / "cache"))
    location = unmounted(facility.location(image))
    huge = replace(location, files=(replace(location.files[0], bytes=1 << 60),))
    with pytest.raises(Unavailable, match="LIMS_CACHE"):
        local_files.local_file(facility, huge)
    assert not any(one.is_file() for one in (tmp_path / "cache").rglob("*"))


def test_a_raw_file_that_changed_after_it_was_registered_is_refused(facility, folder, image):
    path = folder / "store/Titan_TEM/Eve.dm3"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(Conflict, match=r"Eve\.dm3.*not the file that was registered"):
        open_dataset(facility, image)


def test_companions_lie_beside_each_other_under_their_own_names(facility, folder, sample_data, tmp_path, monkeypatch):
    monkeypatch.setenv("LIMS_CACHE", str(tmp_path / "cache"))
    for name in ("16x16-line_profile_horizontal_10x1024.emi", "16x16-line_profile_horizontal_10x1024_1.ser"):
        shutil.copyfile(sample_data / "vendor/ser_emi_old" / name, folder / "store/Titan_TEM" / name)
    facility.harvest(all=True)
    location = unmounted(facility.locate(str(folder / "store/Titan_TEM" / name)))
    assert location.name.endswith(".emi"), "the companion's path finds the dataset it belongs to"
    path = local_files.local_file(facility, location)
    assert {one.name for one in path.parent.iterdir()} == {file.name for file in location.files}
    assert len(location.files) == 2
    changed = folder / "store/Titan_TEM" / name
    changed.write_bytes(changed.read_bytes()[:-1] + b"?")
    with pytest.raises(Conflict, match=r"\.ser.*not the file that was registered"):
        local_files.local_file(facility, facility.locate(str(changed)))
    changed.unlink()
    with pytest.raises(Conflict, match=r"\.ser of .* is no longer there"):
        local_files.verify(changed.parent, location)


@pytest.mark.parametrize("key", ["../../x", "a/../../x"])
def test_a_key_cannot_lead_out_of_the_cache(key):
    location = Location("dat-0123456789", "x", "raw", None, None, 1, (FileOfDataset(key, "x", 1),))
    with pytest.raises(Invalid):
        local_files.layout(location)


def test_a_tree_of_files_comes_whole_through_the_cache(facility, folder, sample_data, tmp_path, monkeypatch):
    monkeypatch.setenv("LIMS_CACHE", str(tmp_path / "cache"))
    tree = folder / "store/Titan_TEM/Eve.zspy"
    shutil.copytree(sample_data / "vendor/zspy/signal1d_10x10-NestedDirectoryStore.zspy", tree)
    facility.harvest(all=True)
    location = facility.locate(str(tree))
    assert local_files.local_file(facility, location) == tree
    path = local_files.local_file(facility, unmounted(location))
    assert path.name == "Eve.zspy"
    copied = {one.relative_to(path): one.read_bytes() for one in path.rglob("*") if one.is_file()}
    assert copied == {one.relative_to(tree): one.read_bytes() for one in tree.rglob("*") if one.is_file()}
    chunk = max((one for one in tree.rglob("*") if one.is_file()), key=lambda one: one.stat().st_size)
    chunk.chmod(0o600)
    chunk.write_bytes(bytes(chunk.stat().st_size))
    with pytest.raises(Conflict, match=r"Eve\.zspy"):
        local_files.local_file(facility, location)


@pytest.mark.parametrize("ref", ["dat-zzzzzzzzzz", "/no/such/place.dm3"])
def test_what_is_not_there_is_not_found(facility, ref):
    with pytest.raises(NotFound):
        open_dataset(facility, ref)


@pytest.mark.parametrize("ref", ["rec-4k7m2q9x0t", "eve", "DAT-4K7M2Q9X0T"])
def test_what_is_neither_an_id_nor_a_path_is_refused(facility, ref):
    with pytest.raises(Invalid, match=ref):
        open_dataset(facility, ref)


def test_a_parent_nobody_may_see_or_knows_is_refused_and_nothing_is_saved(facility):
    before = facility.place().counts
    with pytest.raises(NotFound):
        save_dataset(facility, np.arange(3), "a.npy", ["dat-zzzzzzzzzz"], "sum", {})
    with pytest.raises(Invalid, match="cannot be a parent"):
        save_dataset(facility, np.arange(3), "a.npy", [np.arange(3)], "sum", {})
    assert facility.place().counts == before


@pytest.mark.parametrize("name", ["", ".", "..", "../raw/Eve.dm3", "a/b", "a\\b", ".hidden", "a\nb", "/abs"])
def test_a_result_takes_a_plain_name(name):
    with pytest.raises(Invalid, match="cannot be the name of a result"):
        checked_name(name)


def test_a_thing_is_known_as_long_as_it_lives_and_no_other_is_taken_for_it():
    eve = hs.signals.Signal1D(np.arange(3))
    remember(eve, "dat-0123456789")
    assert parent_id(eve) == "dat-0123456789"
    with pytest.raises(Invalid):
        parent_id(eve.deepcopy())
    key = id(eve)
    del eve
    gc.collect()
    assert key not in opening.ORIGINS


def test_parameters_become_what_json_holds():
    given = {"a": np.float64(0.5), "b": np.array([1, 2]), "c": (1, "x"), "d": Path("x"), 5: None}
    assert plain(given) == {"a": 0.5, "b": [1, 2], "c": [1, "x"], "d": "x", "5": None}


@pytest.mark.parametrize("has_service", [True, False])
def test_lims_open_and_lims_save_speak_to_the_facility_of_the_environment(
    folder, sample_data, monkeypatch, has_service
):
    monkeypatch.setenv("LIMS_FACILITY", str(folder))
    path = folder / "store/Titan_TEM/Eve.dm3"
    shutil.copyfile(sample_data / IMAGE, path)
    with ExitStack() as closing:
        facility = closing.enter_context(served(folder))[0] if has_service else closing.enter_context(lims.connect())
        facility.harvest(all=True)
        eve = lims.open(path)
        made = lims.save(eve, "copy", parents=[eve], relation="copy")
        nodes = facility.lineage(made.id, "ancestors").nodes
        assert {node.name for node in nodes} == {"Eve.dm3", "copy.hspy"}
