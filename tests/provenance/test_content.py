"""A contract that every format's content hash keeps."""

import json
import re
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import hyperspy.api as hs
import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image, PngImagePlugin

from lims.errors import Invalid
from lims.provenance.content import byte_hash, content_hash

DATA = np.arange(64 * 48, dtype="u2").reshape(64, 48)
CHANGED = DATA.copy()
CHANGED[63, 47] += 1

Write = Callable[[Path], object]


@dataclass(frozen=True)
class Format:
    """How one thing is written: once more, in another way that does not matter, and as something else that does."""

    suffix: str
    method: str
    write: Write
    otherwise: dict[str, Write]
    other_value: Write
    other_metadata: Write | None = None
    broken: dict[str, bytes] = field(default_factory=lambda: {"not it": b"not it", "empty": b""})


def signal(data: np.ndarray | None = None, title: str = "Eve", voltage: float = 200e3) -> hs.signals.Signal2D:
    made = hs.signals.Signal2D(np.arange(64.0 * 48).reshape(64, 48) if data is None else data)
    made.metadata.General.title = title
    made.axes_manager[0].scale = 0.25
    made.original_metadata.add_dictionary({"Voltage": voltage, "Notes": "café", "List": [1, 2]})
    return made


def saved(path: Path, one: hs.signals.Signal2D, **options: object) -> Path:
    one.save(path, overwrite=True, **options)
    return path


def of_hyperspy(data: np.ndarray = DATA, voltage: float = 200e3, **options: object) -> Write:
    return lambda path: saved(path, signal(data, voltage=voltage), **options)


def loaded_and_saved(path: Path) -> None:
    loaded = hs.load(saved(path, signal(DATA)))
    time.sleep(0.01)  # the record of loads and saves has microseconds
    saved(path, loaded[0] if isinstance(loaded, list) else loaded)


def h5(data: np.ndarray = DATA, unit: str = "nm", **options: Any) -> Write:
    def write(path: Path) -> None:
        with h5py.File(path, "w", track_order=bool(options.get("chunks"))) as file:
            file.create_dataset("b/data", data=data, **options)
            file["a"] = ["words", "é"]
            file["b"].attrs["unit"] = unit

    return write


def zarr_tree(data: np.ndarray = DATA, unit: str = "nm", **options: Any) -> Write:
    def write(path: Path) -> None:
        group = zarr.open_group(str(path), mode="w")
        group.create_dataset("b/data", data=data, **options)
        group["b"].attrs["unit"] = unit

    return write


def tif(data: np.ndarray = DATA, per_cm: float = 300.0, **options: Any) -> Write:
    said = {"resolution": (per_cm, per_cm), "resolutionunit": "CENTIMETER", "metadata": None, "description": "gold"}
    return lambda path: tifffile.imwrite(path, data, **{**said, **options})


def ome(data: np.ndarray = DATA, **options: Any) -> Write:
    return lambda path: tifffile.imwrite(path, data, ome=True, metadata={"axes": "YX", "Name": "gold"}, **options)


def npy(data: np.ndarray = DATA, version: tuple[int, int] = (1, 0)) -> Write:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            np.lib.format.write_array(file, data, version)

    return write


def png(data: np.ndarray = DATA, comment: str = "gold", software: str = "", **options: Any) -> Write:
    def write(path: Path) -> None:
        words = PngImagePlugin.PngInfo()
        words.add_text("Comment", comment)
        for name in ("Software", "Creation Time", "date:create"):
            words.add_text(name, software)
        Image.fromarray(data).save(path, pnginfo=words, **options)

    return write


def words(text: str, encoding: str = "utf-8") -> Write:
    return lambda path: path.write_bytes(text.encode(encoding))


def notebook(source: list[str], count: int = 1) -> Write:
    cell = {"cell_type": "code", "source": source, "outputs": [], "execution_count": count, "metadata": {}}
    return words(json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}))


def truncated(write: Write, suffix: str, folder: Path) -> bytes:
    write(folder / f"whole{suffix}")
    whole = (folder / f"whole{suffix}").read_bytes()
    return whole[: len(whole) * 2 // 3]


COLOURS = (np.stack([DATA, DATA // 2, DATA // 3], -1) % 256).astype("u1")
OTHER_COLOURS = COLOURS + (np.indices(COLOURS.shape).sum(0) == 3).astype("u1")
TABLE = 'name,size\n"a, b",1.5\né,2\n'

FORMATS = {
    "hspy": Format(
        ".hspy", "hdf5-1", of_hyperspy(),
        {"loaded and saved": loaded_and_saved, "not compressed": of_hyperspy(compression=None),
         "other chunks": of_hyperspy(chunks=(7, 5), compression="gzip")},
        of_hyperspy(CHANGED), of_hyperspy(voltage=80e3),
    ),
    "nxs": Format(
        ".nxs", "hdf5-2", of_hyperspy(),
        {"loaded and saved": loaded_and_saved, "not compressed": of_hyperspy(compression=None)},
        of_hyperspy(CHANGED), of_hyperspy(voltage=80e3),
    ),
    "h5": Format(
        ".h5", "hdf5-1", h5(), {"chunks": h5(chunks=(64, 1)), "gzip": h5(compression="gzip", shuffle=True)},
        h5(CHANGED), h5(unit="Å"),
    ),
    "zspy": Format(
        ".zspy", "zarr-1", of_hyperspy(), {"loaded and saved": loaded_and_saved, "chunks": of_hyperspy(chunks=(7, 5))},
        of_hyperspy(CHANGED), of_hyperspy(voltage=80e3), {},
    ),
    "zarr": Format(
        ".zarr", "zarr-1", zarr_tree(),
        {"chunks": zarr_tree(chunks=(7, 48)), "not compressed": zarr_tree(compressor=None), "F": zarr_tree(order="F"),
         "fill": zarr_tree(fill_value=7)},
        zarr_tree(CHANGED), zarr_tree(unit="Å"), {},
    ),
    "tif": Format(
        ".tif", "tif-1", tif(),
        {"zlib": tif(compression="zlib", predictor=True), "tiles": tif(tile=(16, 16)), "strips": tif(rowsperstrip=5),
         "software and date": tif(software="other", datetime=True), "big-endian": tif(byteorder=">"),
         "BigTIFF": tif(bigtiff=True)},
        tif(CHANGED), tif(per_cm=301.0),
    ),
    "tif of HyperSpy": Format(".tif", "tif-1", of_hyperspy(), {"again": of_hyperspy()}, of_hyperspy(CHANGED)),
    "tif of ImageJ": Format(
        ".tif", "tif-1", tif(np.stack([DATA, DATA]), imagej=True, metadata={"unit": "nm"}, description=None),
        {"again": tif(np.stack([DATA, DATA]), imagej=True, metadata={"unit": "nm"}, description=None, software="x")},
        tif(np.stack([DATA, CHANGED]), imagej=True, metadata={"unit": "nm"}, description=None),
        tif(np.stack([DATA, DATA]), imagej=True, metadata={"unit": "um"}, description=None),
    ),
    "tif of OME": Format(
        ".ome.tif", "tif-1", ome(), {"another UUID": ome(), "software": ome(software="x")}, ome(CHANGED)
    ),
    "npy": Format(
        ".npy", "npy-1", npy(), {"Fortran": npy(np.asfortranarray(DATA)), "header": npy(version=(2, 0)),
                                 "big-endian": npy(DATA.astype(">u2"))},
        npy(CHANGED),
    ),
    "png": Format(
        ".png", "png-1", png(),
        {"software and date": png(software="x"), "not compressed": png(compress_level=0), "best": png(optimize=True)},
        png(CHANGED), png(comment="silver"),
    ),
    "png of colours": Format(".png", "png-1", png(COLOURS), {"best": png(COLOURS, optimize=True)}, png(OTHER_COLOURS)),
    "csv": Format(
        ".csv", "csv-1", words(TABLE),
        {"Windows": words(TABLE.replace("\n", "\r\n")), "BOM": words(TABLE, "utf-8-sig"),
         "UTF-16": words(TABLE, "utf-16"),
         "quotes": words('"name","size"\n"a, b","1.5"\n"é","2"'),
         "empty lines": words(TABLE + "\r\n\n,\n")},
        words(TABLE.replace("1.5", "1.6")), words(TABLE.replace("size", "sizes")), {},
    ),
    "tsv": Format(
        ".tsv", "csv-1", words("a\tb\n1\t2\n"), {"quotes": words('"a"\t"b"\r\n1\t2')}, words("a\tb\n1\t3\n"), None, {}
    ),
    "txt": Format(
        ".txt", "csv-1", words("a\n\nb\n"), {"Windows": words("a\r\n\r\nb"), "BOM": words("a\n\nb\n\n", "utf-8-sig")},
        words("a\nb\n"), None, {},
    ),
    "ipynb": Format(
        ".ipynb", "ipynb-1", notebook(["1 + 1"]), {"run again": notebook(["1 + ", "1"], 9)}, notebook(["1 + 2"]), None,
    ),
}  # fmt: skip
OTHERWISE = [(name, how) for name, one in FORMATS.items() for how in one.otherwise]
BROKEN = [(name, how) for name, one in FORMATS.items() for how in one.broken]


def hash_of(folder: Path, one: Format, write: Write) -> str:
    path = folder / f"written{len(list(folder.iterdir()))}{one.suffix}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write(path)
        return content_hash(path)


@pytest.mark.parametrize("name", FORMATS)
def test_writing_twice_keeps_the_content(tmp_path, name):
    one = FORMATS[name]
    hashes = {hash_of(tmp_path, one, one.write) for _ in range(2)}
    assert len(hashes) == 1
    assert re.fullmatch(f"{one.method}:[0-9a-f]{{64}}", hashes.pop())


@pytest.mark.parametrize(("name", "how"), OTHERWISE)
def test_writing_otherwise_keeps_the_content_and_not_the_bytes(tmp_path, name, how):
    one = FORMATS[name]
    assert hash_of(tmp_path, one, one.write) == hash_of(tmp_path, one, one.otherwise[how])
    if how != "again":
        assert len({byte_hash(path) for path in tmp_path.iterdir()}) == 2


@pytest.mark.parametrize("name", FORMATS)
def test_one_changed_value_is_other_content(tmp_path, name):
    one = FORMATS[name]
    assert hash_of(tmp_path, one, one.write) != hash_of(tmp_path, one, one.other_value)


@pytest.mark.parametrize("name", [name for name, one in FORMATS.items() if one.other_metadata])
def test_changed_metadata_is_other_content(tmp_path, name):
    one = FORMATS[name]
    assert one.other_metadata
    assert hash_of(tmp_path, one, one.write) != hash_of(tmp_path, one, one.other_metadata)


@pytest.mark.parametrize(("name", "how"), BROKEN)
def test_file_that_is_not_what_its_name_says_is_refused_by_name(tmp_path, name, how):
    path = tmp_path / f"broken{FORMATS[name].suffix}"
    path.write_bytes(FORMATS[name].broken[how])
    with pytest.raises(Invalid, match="broken"):
        content_hash(path)


@pytest.mark.parametrize("name", ["hspy", "nxs", "h5", "tif", "tif of OME", "npy", "png", "png of colours", "ipynb"])
def test_truncated_file_is_refused_by_name(tmp_path, name):
    one = FORMATS[name]
    path = tmp_path / f"broken{one.suffix}"
    path.write_bytes(truncated(one.write, one.suffix, tmp_path))
    with pytest.raises(Invalid, match="broken"):
        content_hash(path)
