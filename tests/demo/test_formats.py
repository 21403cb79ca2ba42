"""Every format is read back by RosettaSciIO, which knows nothing of the code that wrote it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import rsciio.bruker
import rsciio.digitalmicrograph
import rsciio.emd
import rsciio.mrc
import rsciio.msa
import rsciio.tiff

from lims.demo.formats import WRITERS
from lims.demo.shot import Shot

AT = datetime(2026, 10, 14, 15, 4, 5, tzinfo=ZoneInfo("Europe/Berlin"))
PICTURE = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64)
SPECTRUM = np.arange(300, dtype=np.int32) * 7
SHOT = Shot(
    AT, "m.keller", "17-4-500C", "HAADF", 200e3, PICTURE, "numbers in a row", 3, 57e3, 1.9e-9, dwell_s=2e-5,
)
SPECTRAL = replace(SHOT, data=SPECTRUM, energy_step_ev=0.2, energy_start_ev=360.0)
Reader = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def read_back(tmp_path: Path) -> Callable[[str, str, Shot, Reader], dict[str, Any]]:
    def write_and_read(format: str, name: str, shot: Shot, reader: Reader) -> dict[str, Any]:
        path = tmp_path / name
        WRITERS[format](path, shot)
        (signal,) = reader(str(path))
        return signal

    return write_and_read


Read = Callable[[str, str, Shot, Reader], dict[str, Any]]


def pixel(signal: dict[str, Any]) -> tuple[float, str]:
    return signal["axes"][-1]["scale"], signal["axes"][-1]["units"]


def test_fei_tiff_holds_the_ini_text_of_its_vendor(read_back: Read) -> None:
    shot = replace(SHOT, data=PICTURE.astype(np.uint8), voltage_v=5e3)
    signal = read_back("fei-tif", "a.tif", shot, rsciio.tiff.file_reader)
    tree = signal["original_metadata"]["fei_metadata"]
    assert np.array_equal(signal["data"], shot.data)
    assert pixel(signal) == (pytest.approx(1.9e-9), "m")
    assert tree["Beam"]["HV"] == 5000
    assert tree["System"]["SystemType"] == "Helios 5 UX"
    assert (tree["User"]["Date"], tree["User"]["Time"]) == ("10/14/2026", "03:04:05 PM")


def test_zeiss_tiff_holds_the_lines_of_its_vendor(read_back: Read) -> None:
    shot = replace(SHOT, data=PICTURE.astype(np.uint8), voltage_v=10e3)
    signal = read_back("zeiss-tif", "b.tif", shot, rsciio.tiff.file_reader)
    tree = signal["original_metadata"]["CZ_SEM"]
    assert pixel(signal) == (pytest.approx(1.9e-9), "m")
    assert tree["ap_actualkv"][1:] == (10.0, "kV")
    assert tree["ap_date"][1] == "14 Oct 2026"
    assert tree["sv_sample_id"][1] == "17-4-500C"


def test_velox_emd_holds_one_frame_and_its_json(read_back: Read) -> None:
    signal = read_back("emd", "c.emd", SHOT, rsciio.emd.file_reader)
    tree = signal["original_metadata"]
    assert np.array_equal(signal["data"], PICTURE)
    assert pixel(signal) == (pytest.approx(1.9), "nm")
    assert tree["Optics"]["AccelerationVoltage"] == "200000"
    assert tree["Acquisition"]["AcquisitionStartDatetime"]["DateTime"] == str(int(AT.timestamp()))


@pytest.mark.parametrize("dtype", ["uint16", "int32"])
def test_dm3_picture_keeps_numbers_and_scale(read_back: Read, dtype: str) -> None:
    shot = replace(SHOT, data=PICTURE.astype(dtype))
    signal = read_back("dm3", "d.dm3", shot, rsciio.digitalmicrograph.file_reader)
    tags = signal["original_metadata"]["ImageList"]["TagGroup0"]["ImageTags"]
    assert np.array_equal(signal["data"], shot.data)
    assert pixel(signal) == (pytest.approx(1.9), "nm")
    assert tags["Microscope Info"]["Voltage"] == 200e3
    assert tags["DataBar"]["Acquisition Start Time (epoch)"] == AT.timestamp()


def test_dm3_spectrum_is_an_eels_spectrum_on_its_energy_axis(read_back: Read) -> None:
    signal = read_back("dm3", "e.dm3", SPECTRAL, rsciio.digitalmicrograph.file_reader)
    assert np.array_equal(signal["data"], SPECTRUM)
    assert signal["metadata"]["Signal"]["signal_type"] == "EELS"
    assert signal["axes"][0]["offset"] == pytest.approx(360)
    assert pixel(signal) == (pytest.approx(0.2), "eV")


def test_mrc_has_its_mdoc_beside_it(read_back: Read, tmp_path: Path) -> None:
    signal = read_back("mrc", "f.mrc", replace(SHOT, pixel_m=1.06e-10), rsciio.mrc.file_reader)
    mdoc = (tmp_path / "f.mrc.mdoc").read_text()
    assert np.array_equal(signal["data"], PICTURE[::-1])  # MRC counts rows from the bottom
    assert pixel(signal) == (pytest.approx(0.106), "nm")
    assert "Voltage = 200" in mdoc
    assert "DateTime = 14-Oct-2026  15:04:05" in mdoc


def test_spx_is_a_spectrum_with_its_beam_energy(read_back: Read) -> None:
    shot = replace(SPECTRAL, energy_step_ev=10.0, energy_start_ev=-100.0, voltage_v=10e3)
    signal = read_back("spx", "g.spx", shot, rsciio.bruker.file_reader)
    assert np.array_equal(signal["data"], SPECTRUM)
    assert signal["metadata"]["Acquisition_instrument"]["SEM"]["beam_energy"] == 10
    assert signal["metadata"]["General"]["time"] == "15:04:05"
    assert pixel(signal) == (pytest.approx(0.01), "keV")


def test_emsa_text_is_a_spectrum_with_its_beam_energy(read_back: Read) -> None:
    signal = read_back("msa", "h.msa", SPECTRAL, rsciio.msa.file_reader)
    assert np.array_equal(signal["data"], SPECTRUM)
    assert signal["metadata"]["Acquisition_instrument"]["TEM"]["beam_energy"] == 200
    assert signal["metadata"]["General"]["date"] == "2026-10-14"
    assert pixel(signal) == (pytest.approx(0.2), "eV")


@pytest.mark.parametrize("format", sorted(WRITERS))
def test_every_file_says_what_its_numbers_really_are(format: str, tmp_path: Path) -> None:
    shot = SPECTRAL if format in ("msa", "spx") else replace(SHOT, data=PICTURE.astype(np.uint8))
    path = tmp_path / "a.file"
    WRITERS[format](path, replace(shot, data=PICTURE) if format in ("dm3", "mrc") else shot)
    said = path.read_bytes()
    if format == "emd":
        said = str(rsciio.emd.file_reader(str(path))[0]["original_metadata"]).encode()
    assert b"numbers in a row" in said.replace(b"\0", b"")
