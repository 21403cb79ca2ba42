"""What is particular to the content hashes of some formats."""

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import h5py
import hyperspy.api as hs
import imagecodecs
import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from lims.errors import Invalid
from lims.provenance.content import byte_hash, content_hash
from lims.provenance.content.slabs import BAND_BYTES, SLAB_BYTES, cuts, slabs


def test_byte_hash_is_the_sha256_of_the_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc" * 1_000_000)
    assert byte_hash(path) == hashlib.sha256(b"abc" * 1_000_000).hexdigest()


def test_axes_are_content(tmp_path):
    def saved(scale: float) -> str:
        signal = hs.signals.Signal2D(np.zeros((4, 4)))
        signal.axes_manager[0].scale = scale
        signal.save(tmp_path / "a.hspy", overwrite=True)
        return content_hash(tmp_path / "a.hspy")

    assert saved(0.25) == saved(0.25) != saved(0.26)


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


def test_damaged_zarr_tree_is_refused_by_name(tmp_path):
    zarr.open_group(str(tmp_path / "broken.zarr"), mode="w").create_dataset("b/data", data=np.arange(9))
    (tmp_path / "broken.zarr" / "b" / "data" / "0").write_bytes(b"no chunk")
    with pytest.raises(Invalid, match="broken"):
        content_hash(tmp_path / "broken.zarr")
    (tmp_path / "broken.zspy").mkdir()
    with pytest.raises(Invalid, match="broken"):
        content_hash(tmp_path / "broken.zspy")


def test_pickled_objects_are_never_read(tmp_path):
    (tmp_path / "a.zarr" / "x").mkdir(parents=True)
    described = {"zarr_format": 2, "shape": [1], "chunks": [1], "dtype": "|O", "order": "C", "fill_value": 0}
    described |= {"compressor": None, "filters": [{"id": "pickle", "protocol": 5}]}
    (tmp_path / "a.zarr" / ".zgroup").write_text('{"zarr_format": 2}')
    (tmp_path / "a.zarr" / "x" / ".zarray").write_text(json.dumps(described))
    (tmp_path / "a.zarr" / "x" / "0").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(Invalid, match="pickled"):
        content_hash(tmp_path / "a.zarr")
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object))
    assert content_hash(tmp_path / "a.npy").startswith("bytes:")


def test_low_bits_of_deep_colours_count(tmp_path):
    deep = np.arange(8 * 8 * 3, dtype="u2").reshape(8, 8, 3)
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(deep))
    (tmp_path / "b.png").write_bytes(imagecodecs.png_encode(deep + (deep == 7)))
    (tmp_path / "c.png").write_bytes(imagecodecs.png_encode(deep, level=0))
    first, changed, again = (content_hash(tmp_path / name) for name in ("a.png", "b.png", "c.png"))
    assert first == again != changed


def test_stack_that_imagej_wrote_with_one_page_is_hashed_to_its_end(tmp_path):
    stack = np.zeros((5, 16, 16), "u2")
    tifffile.memmap(tmp_path / "a.tif", shape=stack.shape, dtype="u2", imagej=True).flush()
    before = content_hash(tmp_path / "a.tif")
    whole = bytearray((tmp_path / "a.tif").read_bytes())
    whole[whole.rindex(bytes(512)) + 300] = 1
    (tmp_path / "a.tif").write_bytes(whole)
    assert content_hash(tmp_path / "a.tif") != before


def test_tables_and_ragged_arrays_are_hashed_by_names_and_values(tmp_path):
    aligned = np.dtype([("flag", "u1"), ("x", "f8")], align=True)

    def file(name: str, dtype: Any, last: float) -> str:
        with h5py.File(tmp_path / name, "w") as made:
            table = np.zeros(3, dtype)
            table[dtype.names[1]] = np.pi
            made["table"] = table
            ragged = made.create_dataset("ragged", (2,), h5py.vlen_dtype("f8"))
            ragged[0], ragged[1] = np.arange(2000.0), np.array([last])
            made["ragged"].attrs["ragged"] = ragged[:]
        return content_hash(tmp_path / name)

    packed = np.dtype([("flag", "u1"), ("x", "f8")])
    first = file("a.h5", aligned, 1.0)
    assert first.startswith("hdf5-2:")
    assert first == file("b.h5", aligned, 1.0) == file("c.h5", packed, 1.0)
    assert first != file("d.h5", aligned, np.nextafter(1.0, 2))
    assert first != file("e.h5", np.dtype([("flag", "u1"), ("y", "f8")]), 1.0)


def test_hashes_that_catalogs_hold_stay_what_they_were(tmp_path):
    """Bytes written out by the definition: words and numbers, each word with its length."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["n"] = np.arange(3, dtype="<u2")
        file["s"] = "é"
        file["w"] = ["a", "é"]
        file["n"].attrs["unit"] = "nm"

    def said(*parts: str) -> bytes:
        return b"".join(f"{len(part.encode())}:{part}".encode() for part in parts)

    attribute = said("attribute", "/n", "unit", "text", "()", "nm")
    numbers = said("Dataset", "/n") + attribute + said("array", "<u2", "(3,)") + struct.pack("<3H", 0, 1, 2)
    word = said("Dataset", "/s", "array", "object", "()") + "é".encode()
    listed = said("Dataset", "/w", "array", "object", "(2,)", "text", "(2,)", "a", "é")
    assert content_hash(tmp_path / "a.h5") == "hdf5-1:" + hashlib.sha256(numbers + word + listed).hexdigest()


def test_hash_of_a_folder_is_of_names_and_bytes(tmp_path):
    def tree(name: str, files: dict[str, bytes]) -> Path:
        for file, data in files.items():
            (tmp_path / name / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / file).write_bytes(data)
        return tmp_path / name

    first = byte_hash(tree("a", {"x/1": b"1", "y": b"2"}))
    assert first == byte_hash(tree("b", {"y": b"2", "x/1": b"1"}))
    assert first != byte_hash(tree("c", {"x": b"1", "y": b"2"}))
    assert first != byte_hash(tree("d", {"x/1": b"2", "y": b"1"}))
    assert content_hash(tmp_path / "a") == f"bytes:{first}"
    listed = [f"{hashlib.sha256(data).hexdigest()}  /{name}\n" for name, data in (("x/1", b"1"), ("y", b"2"))]
    assert first == hashlib.sha256("".join(listed).encode()).hexdigest()


def test_file_that_is_not_there_is_not_called_damaged(tmp_path):
    for suffix in (".h5", ".png", ".csv", ".zspy", ".any"):
        with pytest.raises(FileNotFoundError):
            content_hash(tmp_path / f"a{suffix}")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3000), st.integers(1, 3000)), min_size=1, max_size=4),
    st.sampled_from([1, 8, 16]),
    st.booleans(),
)
def test_cuts_cover_an_array_once_in_order_and_within_bounds(sides, itemsize, has_chunks):
    shape, chunks = tuple(side for side, _ in sides), tuple(min(pair) for pair in sides)
    rows, last = 0, None
    for number, index in enumerate(cuts(shape, itemsize, chunks if has_chunks else None)):
        *outer, slab = index
        below = int(np.prod(shape[len(index) :], dtype=np.int64))
        first = int(np.ravel_multi_index([*outer, slab.start], shape[: len(index)])) * below
        assert first == (rows if last is None else last)
        last = first + (slab.stop - slab.start) * below
        assert (last - first) * itemsize <= max(BAND_BYTES if has_chunks else SLAB_BYTES, below * itemsize)
        if number == 500:
            return
    assert last == np.prod(shape, dtype=np.int64)


def test_each_chunk_is_read_once_where_a_row_of_chunks_fits():
    for index in cuts((1000, 512, 512), 2, (96, 128, 128)):
        assert index[0].start % 96 == 0
        assert index[0].stop % 96 == 0 or index[0].stop == 1000
