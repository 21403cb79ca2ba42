"""The vendor's tree is whole and unaltered: beside the file's own bytes, read by others than we."""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from rsciio.digitalmicrograph import file_reader

from lims.extractors.rosetta.dm_tags import trees
from lims.extractors.rosetta.tiff_tags import fibics
from lims.extractors.settings import ini, lines, put
from lims.extractors.tree import LONGEST, as_json
from tests.extractors import vendor_bytes
from tests.extractors.test_rosetta import extract

MISSING = object()
DM_FILES = ("dm3", "dm4")


def at(tree: Any, path: Sequence[str]) -> Any:
    for key in path:
        if isinstance(tree, list) and key.isdecimal() and int(key) < len(tree):
            tree = tree[int(key)]
        elif isinstance(tree, dict) and key in tree:
            tree = tree[key]
        else:
            return MISSING
    return tree


def in_json(value: Any) -> Any:
    """What JSON has no number for is written in words."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value


@pytest.mark.parametrize("ending", DM_FILES)
def test_every_tag_of_digitalmicrograph_is_in_the_tree_as_it_stands_in_the_file(sample_data: Path, ending: str) -> None:
    files = sorted((sample_data / "vendor" / ending).rglob(f"*.{ending}"))
    assert len(files) >= 9
    for path in files:
        leaves = vendor_bytes.dm(path)
        found = extract(path)
        own = [found.metadata, *found.metadata.get("signals", {}).values()]
        images = sorted({leaf[0][1] for leaf in leaves if leaf[0][0] == "ImageList"})
        thumbnails = len(images) - len(found.signals)
        for keys, value in leaves:
            number = images.index(keys[1]) - thumbnails if keys[0] == "ImageList" else 0
            if number < 0 or keys[-2:] == ("ImageData", "Data"):
                continue  # the thumbnail; the picture itself
            here = ("ImageList", "TagGroup0", *keys[2:]) if keys[0] == "ImageList" else keys
            kept = at(own[number if number < len(own) else 0], here)
            assert (kept, type(kept)) == (in_json(value), type(in_json(value))), f"{path.name}: {'/'.join(keys)}"


@pytest.mark.parametrize("ending", DM_FILES)
def test_digitalmicrographs_trees_have_the_layout_that_hyperspy_has(sample_data: Path, ending: str) -> None:
    for path in sorted((sample_data / "vendor" / ending).rglob(f"*.{ending}")):
        theirs = [signal["original_metadata"] for signal in file_reader(str(path), lazy=True)]
        for ours, other in zip(trees(path), theirs, strict=True):
            assert without_dots(as_json(ours)) == without_dots(as_json(other)), path.name


def without_dots(tree: Any) -> Any:
    """RosettaSciIO takes dots out of keys, has [] for an empty text, and octets (a printer's, left out) with a sign."""
    if not isinstance(tree, dict):
        return "" if tree == [] else tree
    kept = {key.replace(".", ""): without_dots(value) for key, value in tree.items()}
    return {key: value for key, value in kept.items() if not key.startswith("Win32") and (key, value) != ("root", {})}


def test_a_dm_tag_that_comes_twice_has_both_values(tmp_path: Path) -> None:
    """A group of two tags of one name, written by hand after the description of the format."""

    def tag(name: bytes, number: int) -> bytes:
        head = b"\x15" + len(name).to_bytes(2, "big") + name
        return head + b"%%%%" + (1).to_bytes(4, "big") + (3).to_bytes(4, "big") + number.to_bytes(4, "little")

    image = b"\x14" + (9).to_bytes(2, "big") + b"ImageList" + b"\1\0" + (1).to_bytes(4, "big")
    image += b"\x14" + (0).to_bytes(2, "big") + b"\1\0" + (0).to_bytes(4, "big")
    body = tag(b"Gain", 5) + tag(b"Gain", 7) + tag("Länge 1.5".encode("latin-1"), -1 & 0xFFFFFFFF) + image
    head = (3).to_bytes(4, "big") + (len(body)).to_bytes(4, "big") + (1).to_bytes(4, "big")
    path = tmp_path / "twice.dm3"
    path.write_bytes(head + b"\1\0" + (4).to_bytes(4, "big") + body)
    assert trees(path) == [{"Gain": [5, 7], "Länge 1.5": -1, "ImageList": {"TagGroup0": {}}}]


def test_every_key_of_fei_and_zeiss_is_in_the_tree_and_their_text_too(sample_data: Path) -> None:
    for path in sorted((sample_data / "vendor/tiff").glob("FEI*.tif")):
        tree = extract(path).metadata
        for keys, words in vendor_bytes.fei(path):
            assert said_as(at(tree["fei_metadata"], keys), words), f"{path.name}: {keys} {words}"
        assert tree["34682"].encode("cp1252") == vendor_bytes.tiff_tag(path, 34682).rstrip(b"\0")
    path = sample_data / "vendor/tiff/test_tiff_Zeiss_SEM_512pix.tif"
    tree = extract(path).metadata
    assert tree["34118"].encode("cp1252") == vendor_bytes.tiff_tag(path, 34118).rstrip(b"\0")
    leaves = [(keys, words) for keys, words in vendor_bytes.zeiss(path) if keys != ("ap_nr_coeff",)]
    assert len(leaves) > 60
    for keys, words in leaves:  # the reader does not know that one key
        kept = at(tree["CZ_SEM"], keys)
        assert said_as(kept[1], words.removesuffix(str(kept[-1])).strip() if len(kept) > 2 else words), keys


def said_as(kept: Any, words: str) -> bool:
    """A text, or the number or the yes or no that it says."""
    if isinstance(kept, bool):
        return words.lower() in (("true", "yes", "on") if kept else ("false", "no", "off"))
    return float(words) == kept if isinstance(kept, int | float) else kept == words.strip()


def test_every_tag_of_a_tiff_is_in_the_tree(sample_data: Path) -> None:
    opened = {"FEI_HELIOS": "fei_metadata", "FEI_SFEG": "fei_metadata"}
    for path in sorted((sample_data / "vendor/tiff").glob("*.tif")):
        tree = extract(path).metadata
        with tifffile.TiffFile(path) as file:
            for tag in file.pages.first.tags:
                name = opened.get(tag.name, tag.name)
                assert name in tree or str(tag.code) in tree, f"{path.name}: {tag.name}"
                if isinstance(tag.value, int | str) and name in tree and not isinstance(tree[name], dict):
                    assert tree[name] == as_json(tag.value), f"{path.name}: {tag.name}"


def test_every_leaf_of_veloxs_json_is_in_the_tree(sample_data: Path) -> None:
    files = sorted((sample_data / "vendor/emd_velox").glob("*.emd"))
    assert len(files) >= 10
    for path in files:
        found = extract(path).metadata
        own = [found, *found.get("signals", {}).values()]
        for group, leaves in by_group(vendor_bytes.velox(path)):
            if group[0] != "SpectrumStream":  # the detectors' streams make one signal, which has one tree
                whole = [all(at(tree, keys) == value for keys, value in leaves) for tree in own]
                assert any(whole), f"{path.name} {group}"


def by_group(leaves: Sequence[vendor_bytes.Leaf]) -> Iterator[tuple[tuple[str, ...], list[vendor_bytes.Leaf]]]:
    for group in dict.fromkeys(keys[:2] for keys, _ in leaves):
        yield group, [(keys[2:], value) for keys, value in leaves if keys[:2] == group]


def test_settings_that_come_twice_keep_both() -> None:
    text = "[MAIN]\nNote=first\nNote=second\nÜnit = µm; 5\n[Other]\nalone\n[MAIN]\nHV=5000\n"
    assert ini(text) == {
        "MAIN": {"Note": ["first", "second"], "Ünit": "µm; 5", "HV": "5000"},
        "Other": {"alone": None},
    }
    assert ini("no section = here") == {}
    assert lines("$CM_MAG 100\nother\n$CM_MAG 200\n$$SM_WD 3.5\n", "$") == {"$CM_MAG": ["100", "200"], "$$SM_WD": "3.5"}


def test_a_list_and_another_value_of_the_same_key_stay_two() -> None:
    tree: dict[str, Any] = {}
    for value in ([1, 2], 5, [3]):
        put(tree, "a", value)
    assert as_json(tree) == {"a": [[1, 2], 5, [3]]}


def test_xml_that_repeats_has_attributes_or_text_between_loses_none_of_it() -> None:
    xml = '<a k="1">note<b u="µm">5</b><b u="nm">6</b><item name="b">7</item><c/></a>'.encode()
    assert fibics(xml) == {
        "@k": "1",
        "#text": "note",
        "b": [{"@u": "µm", "#text": "5"}, {"@u": "nm", "#text": "6"}, "7"],
        "c": "",
    }
    assert fibics(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>') is None


def test_what_json_cannot_hold_is_said_in_words() -> None:
    assert as_json({"a": np.nan, "b": [math.inf, -math.inf]}) == {"a": "NaN", "b": ["Infinity", "-Infinity"]}
    assert as_json(np.zeros(LONGEST, "u1")) == [0] * LONGEST
    assert as_json(np.zeros((LONGEST, 2), "<f4")) == {"array": {"shape": [LONGEST, 2], "dtype": "float32"}}
    assert json.dumps(as_json({"Größe (µm)": "日本"}), ensure_ascii=False) == '{"Größe (µm)": "日本"}'
