import hashlib
import json
from pathlib import Path

import h5py
import hyperspy.api as hs
import numpy as np
import pytest

from lims.errors import Invalid
from lims.provenance.content import SLAB_BYTES, byte_hash, content_hash, slabs


def signal(data: np.ndarray | None = None, title: str = "Eve") -> hs.signals.Signal2D:
    made = hs.signals.Signal2D(np.arange(64.0 * 48).reshape(64, 48) if data is None else data)
    made.metadata.General.title = title
    made.axes_manager[0].scale = 0.25
    made.original_metadata.add_dictionary({"Voltage": 200e3, "Notes": "café", "List": [1, 2]})
    return made


def saved(path: Path, one: hs.signals.Signal2D, **options: object) -> Path:
    one.save(path, overwrite=True, **options)
    return path


def test_byte_hash_is_the_sha256_of_the_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc" * 1_000_000)
    assert byte_hash(path) == hashlib.sha256(b"abc" * 1_000_000).hexdigest()


def test_a_signal_saved_twice_has_other_bytes_and_the_same_content(tmp_path):
    first = saved(tmp_path / "a.hspy", signal())
    second = saved(tmp_path / "b.hspy", hs.load(first))
    assert byte_hash(first) != byte_hash(second)
    assert content_hash(first) == content_hash(second)


@pytest.mark.parametrize(
    "options", [{"compression": None}, {"chunks": (7, 5)}, {"compression": "gzip", "chunks": (64, 1)}]
)
def test_chunking_and_compression_do_not_change_the_content(tmp_path, options):
    assert content_hash(saved(tmp_path / "a.hspy", signal())) == content_hash(
        saved(tmp_path / "b.hspy", signal(), **options)
    )


def test_one_changed_value_changes_the_content(tmp_path):
    data = np.arange(64.0 * 48).reshape(64, 48)
    changed = data.copy()
    changed[63, 47] = np.nextafter(changed[63, 47], 0)
    assert content_hash(saved(tmp_path / "a.hspy", signal(data))) != content_hash(
        saved(tmp_path / "b.hspy", signal(changed))
    )


def test_changed_metadata_and_axes_change_the_content(tmp_path):
    voltage, scale = signal(), signal()
    voltage.original_metadata.Voltage = 80e3
    scale.axes_manager[0].scale = 0.26
    hashes = {content_hash(saved(tmp_path / "a.hspy", one)) for one in (signal(), voltage, scale)}
    assert len(hashes) == 3


@pytest.mark.parametrize("shape", [(1, 3000, 2000), (3, 1, 2_000_000), (6_000_000,), (), (0, 4)])
def test_a_large_array_is_read_in_pieces_that_make_up_its_bytes(tmp_path, shape):
    data = np.random.default_rng(1).random(shape)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        pieces = [piece.tobytes() for piece in slabs(file.create_dataset("data", data=data))]
    assert b"".join(pieces) == data.tobytes()
    assert max(map(len, pieces), default=0) <= SLAB_BYTES


def test_the_same_bytes_in_another_shape_or_type_are_other_content(tmp_path):
    def h5(name: str, data: np.ndarray) -> Path:
        with h5py.File(tmp_path / name, "w") as file:
            file["data"] = data
        return tmp_path / name

    zeros = np.zeros(8, "f8")
    hashes = {
        content_hash(h5("a.h5", zeros)),
        content_hash(h5("b.h5", zeros.reshape(2, 4))),
        content_hash(h5("c.h5", zeros.view("i8"))),
    }
    assert len(hashes) == 3


def test_strings_references_links_and_empty_things_can_be_hashed(tmp_path):
    path = tmp_path / "odd.h5"
    with h5py.File(path, "w") as file:
        file["words"] = ["a", "ab"]
        file["none"] = h5py.Empty("f4")
        file.create_dataset("nothing", shape=(0, 3), dtype="f4")
        file["scalar"] = 3
        file["soft"] = h5py.SoftLink("/scalar")
        file["dangling"] = h5py.ExternalLink("elsewhere.h5", "/x")
        file["table"] = np.zeros(3, dtype=[("x", "f4"), ("name", "S4")])
        file["group"] = np.zeros((2, 2))
        file["group"].attrs["empty"] = h5py.Empty("S1")
        file["group"].attrs["points_to"] = file["scalar"].ref
    assert content_hash(path) == content_hash(path)


def test_a_notebook_is_its_source_and_not_its_outputs(tmp_path):
    def notebook(name: str, source: str, count: int) -> Path:
        cell = {"cell_type": "code", "source": [source], "outputs": [], "execution_count": count, "metadata": {}}
        (tmp_path / name).write_text(json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}))
        return tmp_path / name

    assert content_hash(notebook("a.ipynb", "1 + 1", 1)) == content_hash(notebook("b.ipynb", "1 + 1", 9))
    assert content_hash(notebook("a.ipynb", "1 + 1", 1)) != content_hash(notebook("b.ipynb", "1 + 2", 1))


@pytest.mark.parametrize("name", ["broken.hspy", "broken.ipynb"])
def test_a_file_that_is_not_what_its_name_says_is_refused_by_name(tmp_path, name):
    (tmp_path / name).write_bytes(b"not it")
    with pytest.raises(Invalid, match=name):
        content_hash(tmp_path / name)
