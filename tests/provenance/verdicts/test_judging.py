"""Each verdict for each format in which it can be."""

import json
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

from lims.model.verdicts import Tolerance
from lims.provenance.verdicts import judge, missing

Write = Callable[[Path], object]
DATA = np.random.default_rng(3).uniform(1, 1000, (64, 48))
CHANGED = DATA.copy()
CHANGED[20, 7] *= 1.0001
"""One pixel by 0.01 %."""
ROUNDED = DATA * (1 + 1e-9 * np.random.default_rng(4).normal(size=DATA.shape))
COUNTS = DATA.astype("u1")
OTHER_COUNTS = COUNTS.copy()
OTHER_COUNTS[20, 7] += 1


def hyperspy(data: Any = DATA, voltage: float = 200.0, **options: Any) -> Write:
    def write(path: Path) -> None:
        signal = hs.signals.Signal2D(data)
        signal.original_metadata.add_dictionary({"Voltage": voltage, "List": [1, 2]})
        signal.save(path, overwrite=True, **options)

    return write


def h5(data: Any = DATA, unit: str = "nm", **options: Any) -> Write:
    def write(path: Path) -> None:
        with h5py.File(path, "w") as file:
            file.create_dataset("b/data", data=data, **options)
            file["b/words"] = ["a", "é"]
            file["b"].attrs["unit"] = unit

    return write


def zarr_tree(data: Any = DATA, unit: str = "nm", **options: Any) -> Write:
    def write(path: Path) -> None:
        group = zarr.open_group(str(path), mode="w")
        group.create_dataset("b/data", data=data, **options)
        group["b"].attrs["unit"] = unit

    return write


def tif(data: Any = DATA, per_cm: float = 300.0, **options: Any) -> Write:
    said = {"resolution": (per_cm, per_cm), "resolutionunit": "CENTIMETER", "metadata": None}
    return lambda path: tifffile.imwrite(path, data, **{**said, **options})


def npy(data: Any = DATA) -> Write:
    return lambda path: np.save(path, data)


def npz(data: Any = DATA, save: Any = np.savez) -> Write:
    return lambda path: save(path, fit=data, words=np.array(["a", "b"]))


def png(data: Any = COUNTS, comment: str = "gold", **options: Any) -> Write:
    def write(path: Path) -> None:
        words = PngImagePlugin.PngInfo()
        words.add_text("Comment", comment)
        Image.fromarray(data).save(path, pnginfo=words, **options)

    return write


def words(text: str) -> Write:
    return lambda path: path.write_text(text)


def table(value: str = "2.5", name: str = "gold", header: str = "name,size") -> Write:
    return words(f"{header}\n{name},1.5\nb,{value}\n")


def document(value: float = 2.5, word: str = "gold", **options: Any) -> Write:
    return words(json.dumps({"fit": {"sizes": [1.5, value], "of": word}, "n": 3}, **options))


def notebook(source: str = "1 + 1", count: int = 1) -> Write:
    cells = [{"cell_type": "code", "source": [one], "execution_count": count} for one in ("import x", source)]
    return words(json.dumps({"cells": cells}))


@dataclass(frozen=True)
class Format:
    """What is written instead of `write`, and which verdict that has: (what, verdict, part of `where`)."""

    suffix: str
    write: Write
    cases: dict[str, tuple[Write, str, str]] = field(default_factory=dict)
    broken: bytes | None = b"not it"


SAME, METADATA, EQUIVALENT, DIFFERENT = (
    "content identical", "data identical, metadata differs", "equivalent", "different",
)  # fmt: skip


def of_numbers(write: Callable[..., Write], data: str, metadata: tuple[str, Any, str] | None, **otherwise: Any) -> Any:
    """The cases that all formats of arrays have."""
    cases = {f"otherwise: {name}": (write(**one), SAME, "") for name, one in otherwise.items()}
    cases |= {
        "a pixel by 0.01 %": (write(CHANGED), DIFFERENT, f"{data}index (20, 7)"),
        "rounded": (write(ROUNDED), EQUIVALENT, data),
        "another shape": (write(DATA[:, 1:]), DIFFERENT, "shape 64 × 47 instead of 64 × 48"),
        "another type": (write(DATA.astype("f4")), DIFFERENT, "type float32 instead of float64"),
    }
    if metadata:
        key, value, where = metadata
        cases["metadata"] = (write(**{key: value}), METADATA, where)
    return cases


CHUNKS = {"chunks": {"chunks": (7, 5)}}
VOLTAGE = ("voltage", 80.0, "original_metadata/Voltage: 200.0 → 80.0")
FORMATS = {
    "hspy": Format(".hspy", hyperspy(), of_numbers(hyperspy, "data, ", VOLTAGE, **CHUNKS)),
    "nxs": Format(
        ".nxs", hyperspy(),
        of_numbers(hyperspy, "", ("voltage", 80.0, "Voltage: 200.0 → 80.0"), gzip={"compression": None}),
    ),
    "zspy": Format(".zspy", hyperspy(), of_numbers(hyperspy, "data, ", VOLTAGE, **CHUNKS), None),
    "h5": Format(
        ".h5", h5(), of_numbers(h5, "/b/data, ", ("unit", "Å", "b/unit: nm → Å"), gzip={"compression": "gzip"})
    ),
    "zarr": Format(".zarr", zarr_tree(), of_numbers(zarr_tree, "/b/data, ", ("unit", "Å", "b/unit: nm → Å")), None),
    "tif": Format(
        ".tif", tif(),
        of_numbers(tif, "page 0, ", ("per_cm", 301.0, "page 0 XResolution: 300 → 301"), tiles={"tile": (16, 16)}),
    ),
    "npy": Format(
        ".npy", npy(), of_numbers(npy, "", None, fortran={"data": np.asfortranarray(DATA)}) |
        {"big-endian": (npy(DATA.astype(">f8")), SAME, "")},
    ),
    "npz": Format(".npz", npz(), of_numbers(npz, "fit, ", None, compressed={"save": np.savez_compressed})),
    "png": Format(
        ".png", png(),
        {"otherwise": (png(compress_level=0), SAME, ""), "metadata": (png(comment="b"), METADATA, "Comment: gold → b"),
         "size": (png(COUNTS[1:]), DIFFERENT, "shape 63 × 48 instead of 64 × 48"),
         "one count": (png(OTHER_COUNTS), "visually equivalent", "index (20, 7)"),
         "negative": (png(255 - COUNTS), DIFFERENT, "index")},
    ),
    "csv": Format(
        ".csv", table(),
        {"otherwise": (words('"name","size"\r\n"gold","1.5"\r\n"b","2.5"'), SAME, ""),
         "digits": (table("2.50"), METADATA, "only how it is written"),
         "rounded": (table("2.5000000001"), EQUIVALENT, "column size, row 3"),
         "0.01 %": (table("2.50025"), DIFFERENT, "column size, row 3"),
         "a word": (table(name="silver"), DIFFERENT, "column name, row 2"),
         "a word for a number": (table("none"), DIFFERENT, "column size, row 3"),
         "a column": (table(header="name,sizes"), DIFFERENT, "column size is missing; column sizes is new"),
         "a row": (table("2.5\nc,3"), DIFFERENT, "3 rows instead of 2")},
        None,
    ),
    "json": Format(
        ".json", document(),
        {"otherwise": (document(indent=2), SAME, ""), "rounded": (document(2.5000000001), EQUIVALENT, "$.fit.sizes"),
         "0.01 %": (document(2.50025), DIFFERENT, "$.fit.sizes, index 1"),
         "a word": (document(word="silver"), DIFFERENT, "$.fit.of"),
         "a key": (words('{"fit": {"sizes": [1.5, 2.5], "of": "gold"}}'), DIFFERENT, "$.n is missing"),
         "a number as word": (words('{"fit": {"sizes": [1.5, 2.5], "of": "gold"}, "n": "3"}'), DIFFERENT, "$.n: type")},
    ),
    "ipynb": Format(
        ".ipynb", notebook(),
        {"run again": (notebook(count=7), SAME, ""), "source": (notebook("1 + 2"), DIFFERENT, "source, cell 2")},
    ),
    "txt": Format(
        ".txt", words("a\nb\n"),
        {"Windows": (words("a\r\nb"), SAME, ""), "a line": (words("a\nc\n"), DIFFERENT, "line 2"),
         "more": (words("a\nb\nc"), DIFFERENT, "3 lines instead of 2")}, None,
    ),
    "md": Format(".md", words("a\nb\n"), {"Windows": (lambda path: path.write_bytes(b"a\r\nb"), SAME, "")}, None),
    "other": Format(".prz", words("a"), {"bytes": (words("b"), DIFFERENT, "its bytes")}, None),
}  # fmt: skip
CASES = [(name, case) for name, one in FORMATS.items() for case in one.cases]


def written(path: Path, write: Write) -> Path:
    path.parent.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write(path)
    return path


def pair(folder: Path, suffix: str, first: Write, second: Write) -> tuple[Path, Path]:
    return written(folder / "a" / f"x{suffix}", first), written(folder / "b" / f"x{suffix}", second)


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("hspy", "nxs", "zspy")])
def test_what_is_written_twice_alike_is_identical(tmp_path, name):
    one = FORMATS[name]
    assert judge(*pair(tmp_path, one.suffix, one.write, one.write), name="x").verdict == "bytes identical"


@pytest.mark.parametrize(("name", "case"), CASES)
def test_verdict_and_where(tmp_path, name, case):
    one = FORMATS[name]
    write, verdict, where = one.cases[case]
    found = judge(*pair(tmp_path, one.suffix, one.write, write), name="fit")
    assert (found.name, found.verdict) == ("fit", verdict), found
    assert where in found.where


@pytest.mark.parametrize("name", [name for name, one in FORMATS.items() if one.broken])
def test_a_file_that_cannot_be_read_is_different_and_says_why(tmp_path, name):
    one = FORMATS[name]
    broken = one.broken
    assert broken
    expected, found = pair(tmp_path, one.suffix, one.write, lambda path: path.write_bytes(broken))
    for first, second, whose in ((expected, found, "found"), (found, expected, "expected")):
        verdict = judge(first, second, name="x", picture=tmp_path / "difference.png")
        assert (verdict.verdict, verdict.where) == ("different", f"the {whose} file cannot be read")
        assert f"x{one.suffix}" in verdict.note


@pytest.mark.parametrize("name", ["hspy", "h5", "tif", "npy", "npz", "png", "json", "ipynb"])
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.9])
def test_a_truncated_file_is_different(tmp_path, name, kept):
    one = FORMATS[name]
    expected, found = pair(tmp_path, one.suffix, one.write, one.write)
    whole = found.read_bytes()
    found.write_bytes(whole[: int(len(whole) * kept)])
    assert judge(expected, found, name="x").verdict == "different"


@pytest.mark.parametrize("case", ["damaged", "gone"])
def test_a_chunk_that_cannot_be_read_is_different(tmp_path, case):
    expected, found = pair(tmp_path, ".zarr", zarr_tree(), zarr_tree())
    if case == "damaged":
        (found / "b" / "data" / "0.0").write_bytes(b"no chunk")
    else:
        (found / "b" / ".zgroup").unlink()
        (found / "b" / "data" / ".zarray").unlink()
    assert judge(expected, found, name="x").verdict == "different"


def test_figures_of_a_changed_pixel_say_how_far_and_how_many(tmp_path):
    verdict = judge(*pair(tmp_path, ".h5", h5(), h5(CHANGED)), name="x")
    error = CHANGED[20, 7] - DATA[20, 7]
    assert verdict.size == 1
    assert verdict.max_abs == pytest.approx(error, rel=1e-12)
    assert verdict.rms == pytest.approx(error / np.sqrt(DATA.size), rel=1e-12)
    assert verdict.tolerance == Tolerance(0.0, 1e-6)


def test_a_declared_tolerance_holds_instead_of_the_default(tmp_path):
    both = pair(tmp_path, ".npy", npy(), npy(CHANGED))
    assert judge(*both, name="x", tolerance=Tolerance(relative=1.01e-4)).verdict == "equivalent"
    assert judge(*both, name="x", tolerance=Tolerance(relative=0.99e-4)).verdict == "different"
    assert judge(*both, name="x", tolerance=Tolerance(visual=0.5)).verdict == "different"
    rounded = pair(tmp_path, ".npy", npy(), npy(ROUNDED))
    assert judge(*rounded, name="x").verdict == "equivalent"
    assert judge(*rounded, name="x", tolerance=Tolerance(absolute=0.0)).verdict == "different"


def test_missing_and_new_datasets_are_named(tmp_path):
    def without(path: Path) -> None:
        h5()(path)
        with h5py.File(path, "a") as file:
            file["b/other"] = file["b/data"][0, :3]
            del file["b/data"]

    verdict = judge(*pair(tmp_path, ".h5", h5(), without), name="x")
    assert (verdict.verdict, verdict.where) == ("different", "/b/data is missing; /b/other is new")


def test_only_the_first_keys_are_named_and_long_values_where_they_differ(tmp_path):
    def many(last: str) -> Write:
        def write(path: Path) -> None:
            with h5py.File(path, "w") as file:
                for number in range(12):
                    file.attrs[f"key{number:02}"] = "long " * 40 + last

        return write

    verdict = judge(*pair(tmp_path, ".h5", many("one"), many("two")), name="x")
    assert verdict.verdict == "data identical, metadata differs"
    assert verdict.where.startswith("key00: …")
    assert "one → …" in verdict.where
    assert verdict.where.endswith("and 2 more")
    assert len(verdict.where) < 1200


def test_equivalent_data_with_other_metadata_say_both(tmp_path):
    verdict = judge(*pair(tmp_path, ".h5", h5(), h5(ROUNDED, unit="Å")), name="x")
    assert verdict.verdict == "equivalent"
    assert "b/unit: nm → Å" in verdict.note


def test_what_is_not_there(tmp_path):
    here = written(tmp_path / "a" / "x.npy", npy())
    assert judge(here, tmp_path / "x.npy", name="x").verdict == "different"
    assert "x.npy was not written" in judge(here, tmp_path / "x.npy", name="x").where
    assert judge(tmp_path / "x.npy", here, name="x").verdict == "not replayable"
    assert missing("x", "the input raw.mib is gone").where == "the input raw.mib is gone"
    assert judge(here, tmp_path, name="x").where == "one is a folder and one is a file"


def test_links_of_hdf5_are_metadata_and_are_not_followed(tmp_path):
    def linked(target: str) -> Write:
        def write(path: Path) -> None:
            with h5py.File(path, "w") as file:
                file["there"] = h5py.ExternalLink(target, "/x")

        return write

    verdict = judge(*pair(tmp_path, ".h5", linked("one.h5"), linked("two.h5")), name="x")
    assert verdict.verdict == "data identical, metadata differs"
    assert "two.h5" in verdict.where
