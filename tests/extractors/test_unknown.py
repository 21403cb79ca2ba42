"""What can be said of files that nobody reads."""

import gzip
import io
import json
import os
import sqlite3
import struct
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from lims.extractors.extract import extract, extract_file
from lims.extractors.unknown import extractor


def test_an_archive_lists_what_is_packed_in_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one/ü.txt", "x" * 1000)
        archive.writestr("two.bin", "y" * 20)
    found = extractor.extract(tmp_path / "a.zip", [])
    assert (found.format, found.metadata["files"], found.metadata["bytes"]) == ("zip", 2, 1020)
    assert found.metadata["names"] == [{"name": "one/ü.txt", "bytes": 1000}, {"name": "two.bin", "bytes": 20}]


def test_a_tar_and_a_packed_tar_list_their_files(tmp_path: Path) -> None:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name in ("a.txt", "b.txt"):
            member = tarfile.TarInfo(name)
            member.size = 3
            archive.addfile(member, io.BytesIO(b"abc"))
    (tmp_path / "a.tar").write_bytes(plain.getvalue())
    (tmp_path / "a.tgz").write_bytes(gzip.compress(plain.getvalue()))
    names = [{"name": "a.txt", "bytes": 3}, {"name": "b.txt", "bytes": 3}]
    assert extractor.extract(tmp_path / "a.tar", []).metadata["names"] == names
    packed = extractor.extract(tmp_path / "a.tgz", []).metadata
    assert (packed["names"], packed["bytes"]) == (names, len(plain.getvalue()))


def test_a_gzip_bomb_costs_nothing(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.gz", "wb", 9) as file:
        for _ in range(200):
            file.write(bytes(1 << 20))
    found = extractor.extract(tmp_path / "a.gz", [])
    assert (found.format, found.metadata["bytes"]) == ("gzip", 200 << 20)


def test_a_cut_archive_is_still_a_dataset_and_says_that_it_is_cut(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one.txt", os.urandom(1000))
    whole = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(whole[:500])
    found = extractor.extract(tmp_path / "a.zip", [])
    assert found.format == "zip"
    assert any("cut off" in words for words in found.warnings)


def test_a_document_says_who_wrote_it_which_is_nobody_at_an_instrument(tmp_path: Path) -> None:
    words = "<d:creator>Ada</d:creator><d:title>Dose</d:title>"
    core = f'<c:coreProperties xmlns:c="c" xmlns:d="d">{words}</c:coreProperties>'
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<x/>")
        archive.writestr("docProps/core.xml", core)
    found = extract(tmp_path / "a.docx", [])[1]
    assert found.format == "docx"
    assert found.metadata["properties"]["core"]["coreProperties"]["creator"] == "Ada"
    assert {name: value.value for name, value in found.normalised.items()} == {"title": "Dose"}


@pytest.mark.parametrize("depth", [61, 90, 5000])
def test_words_without_a_bottom_cost_only_themselves(tmp_path: Path, depth: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<x/>")
        archive.writestr("docProps/core.xml", "<a>" * depth + "</a>" * depth)
        archive.writestr("docProps/app.xml", "<Application>Writer</Application>")
    found = extractor.extract(tmp_path / "a.docx", [])
    assert found.format == "docx"
    assert found.metadata["properties"]["app"] == {"Application": "Writer"}


def test_a_size_that_is_a_lie_costs_no_memory(tmp_path: Path) -> None:
    path, size = tmp_path / "a.docx", 128 << 20
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<x/>")
        archive.writestr("docProps/core.xml", b"<a>" + b" " * size + b"</a>")
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", size + 7), struct.pack("<I", 100)))
    tracemalloc.start()
    found = extractor.extract(path, [])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.format == "docx"
    assert most < 16 << 20


def test_a_pdf_says_its_pages_and_title(tmp_path: Path) -> None:
    body = b"%PDF-1.7\n1 0 obj << /Type /Pages /Count 3 >> endobj 2 0 obj << /Title (Grids \\(new\\)) /Author (Ada) >>"
    (tmp_path / "a.pdf").write_bytes(body + b"\x80\x81\n%%EOF")
    found = extractor.extract(tmp_path / "a.pdf", [])
    assert (found.metadata["version"], found.metadata["pages"]) == ("1.7", 3)
    assert (found.normalised["title"].value, found.metadata["Author"]) == ("Grids (new)", "Ada")
    assert "operator" not in found.normalised


def test_a_film_says_when_it_was_taken_and_how_long_it_is(tmp_path: Path) -> None:
    created = 3_797_920_800  # 7 May 2024, 10:00 UTC: 43 957 days and 10 hours after 1 January 1904
    header = struct.pack(">IIIII", 0, created, created, 600, 6000) + bytes(80)
    inner = struct.pack(">I4s", 8 + len(header), b"mvhd") + header
    boxes = struct.pack(">I4s8s", 16, b"ftyp", b"isom\0\0\0\0") + struct.pack(">I4s", 16, b"mdat") + bytes(8)
    (tmp_path / "a.mp4").write_bytes(boxes + struct.pack(">I4s", 8 + len(inner), b"moov") + inner)
    found = extractor.extract(tmp_path / "a.mp4", [])
    assert (found.format, found.metadata["duration_s"]) == ("mp4", 10.0)
    assert found.normalised["start_time"].value == "2024-05-07T10:00:00+00:00"


def test_databases_and_matlab_files_name_what_they_hold(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE grids (id INTEGER)")
    connection.close()
    assert extractor.extract(tmp_path / "a.db", []).metadata == {"tables": ["grids"]}
    scipy.io.savemat(tmp_path / "a.mat", {"dose": np.zeros((2, 3))}, do_compression=True)
    found = extractor.extract(tmp_path / "a.mat", [])
    assert found.metadata["variables"] == [{"name": "dose", "shape": [2, 3], "class": "double"}]


def test_a_notebook_says_its_kernel_and_cells(tmp_path: Path) -> None:
    cells = [{"cell_type": kind, "source": "", "metadata": {}} for kind in ("code", "code", "markdown")]
    kernel = {"name": "python3", "display_name": "Python 3"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook))
    found = extract(tmp_path / "a.ipynb", [])[1]
    assert found.format == "ipynb"
    assert found.metadata["notebook"] == {"kernelspec": kernel, "cells": {"code": 2, "markdown": 1}}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x7fELF\x02\x01\x01" + bytes(50), "elf"),
        (bytes(128) + b"DICM" + bytes(50), "dicom"),
        (b"RIFF\x10\0\0\0AVI " + bytes(50), "avi"),
        (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>\n", "svg"),
    ],
)
def test_files_are_known_by_what_is_in_them(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "a.dat").write_bytes(content)
    assert extract(tmp_path / "a.dat", [])[1].format == expected


def test_unknown_bytes_are_described(tmp_path: Path) -> None:
    (tmp_path / "a.dat").write_bytes(bytes(range(256)) * 4 + b"\0SerialNumber 4711\0")
    found = extractor.extract(tmp_path / "a.dat", [])
    assert found.metadata["first_bytes"].startswith("00 01 02 03")
    assert found.metadata["entropy"] == pytest.approx(8.0, abs=0.05)
    assert "SerialNumber 4711" in found.metadata["words"]
    assert not extract_file(tmp_path / "a.dat").failed
