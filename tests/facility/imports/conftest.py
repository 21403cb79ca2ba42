"""Old projects, and a facility that takes them."""

import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lims.facility.local import LocalFacility
from lims.model import Principal
from tests.importing.archives import write_folder

ADA, BOB = Principal("ada"), Principal("bob")
EVENING = datetime(2018, 11, 13, 18, tzinfo=UTC)
REAL = ("dm3/test_STEM_image.dm3", "ser_emi", "tiff/FEI-Helios-Ebeam-8bits.tif", "msa")


@pytest.fixture
def project(tmp_path: Path, sample_data: Path) -> Path:
    """Real files of several vendors, as somebody keeps them."""
    folder = tmp_path / "old project"
    for name in REAL:
        source = sample_data / "vendor" / name
        target = folder / "data" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
    subprocess.run(["chmod", "-R", "u+w", folder], check=True)
    write_folder(folder, ["notes.txt", "Thumbs.db"])
    return folder


@pytest.fixture
def ada(folder: Path) -> Iterator[LocalFacility]:
    with LocalFacility(folder, ADA) as facility:
        yield facility


def as_staff(facility: LocalFacility) -> LocalFacility:
    facility.principal = Principal("m.keller", is_staff=True)
    return facility


def packed(project: Path, kind: str) -> Path:
    if kind == "folder":
        return project
    path = project.parent / f"old project.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in sorted(project.rglob("*")):
                archive.write(one, one.relative_to(project))
    else:
        with tarfile.open(path, "w:gz") as tar:
            tar.add(project, ".")
    return path


def files_of(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.is_file())


def in_store(folder: Path, *parts: str) -> Path:
    return folder.joinpath("imported", *parts)


def evening(tmp_path: Path, *times: datetime) -> Path:
    """A folder of texts with these times."""
    source = tmp_path / "evening"
    for number, at in enumerate(times):
        write_folder(source, [f"{number}.txt"], at)
    return source
