"""Raw frames are packed here by the format's description, word by word with Python's integers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lims.extractors.extract import extract_file
from lims.extractors.merlin import extractor

HEADER = 384
PER_WORD = {1: (64, 1), 6: (8, 8), 12: (4, 16)}


def header(width: int, height: int, bits: int, layout: str, chips: int, size: int, number: int) -> bytes:
    fields = f"MQ1,{number:06},{size:05},{chips:02},{width:04},{height:04},R64,   {layout},01,"
    fields += "2021-04-15 14:43:00.835428,0.001000,0,0,0," + ",".join(["1.0E+0"] * 8) + ",3RX,011,511,"
    return (fields + f"MQ1A,2021-04-15T13:43:00.835428351Z,1000000ns,{bits},").encode().ljust(size)


def packed(pixels: NDArray[np.integer], bits: int) -> bytes:
    """Rows of pixels as words of 64 bits, sent with the highest byte first; the first pixel is the lowest."""
    if bits == 24:
        return packed(pixels >> 12, 12) + packed(pixels & 0xFFF, 12)
    count, width = PER_WORD[bits]
    words = pixels.reshape(-1, count)
    return b"".join(sum(int(one) << (width * k) for k, one in enumerate(word)).to_bytes(8, "big") for word in words)


def in_chips(frame: NDArray[np.integer]) -> NDArray[np.integer]:
    """A square of four chips as its rows are sent: bottom right, bottom left (both turned by 180°), top right, left."""
    half = frame.shape[0] // 2
    turned = frame[half:][::-1, ::-1]
    chips = [turned[:, :half], turned[:, half:], frame[:half, half:], frame[:half, :half]]
    return np.concatenate(chips, axis=1)


def random_frames(count: int, side: int, bits: int) -> NDArray[np.uint32]:
    return np.random.default_rng(bits).integers(0, 1 << bits, (count, side, side), dtype=np.uint32)


def write(path: Path, frames: Sequence[NDArray[np.integer]], bits: int, layout: str = "1x1") -> Path:
    size, chips = (HEADER, 1) if layout == "1x1" else (768, 4)
    with path.open("wb") as file:
        for number, frame in enumerate(frames, 1):
            rows = np.flipud(frame)  # the lowest row comes first, as in processed files
            rows = rows if layout == "1x1" else in_chips(rows)
            height, width = rows.shape
            file.write(header(width, height, bits, layout, chips, size, number) + packed(rows, bits))
    return path


@pytest.mark.parametrize("bits", [1, 6, 12, 24])
@pytest.mark.parametrize("layout", ["1x1", "2x2"])
def test_pixels_come_out_as_they_were_packed(tmp_path: Path, bits: int, layout: str) -> None:
    frames = random_frames(3, 128, bits)
    signal = extractor.read(write(tmp_path / "a.mib", frames, bits, layout), ()).signals[0]
    assert signal.data.dtype.itemsize == {1: 1, 6: 1, 12: 2, 24: 4}[bits]
    assert np.array_equal(signal.data.compute(), frames)
    assert np.array_equal(signal.data[1, 10:20, ::3].compute(), frames[1, 10:20, ::3])


@pytest.mark.parametrize("name", ["Single_1_Frame_CounterDepth_1_Rows_256"])
def test_a_raw_frame_has_the_noise_of_the_processed_one_taken_a_second_later(sample_data: Path, name: str) -> None:
    """The threshold lies in the noise: 2398 of 65536 pixels count in one exposure, and all but a few in the next."""
    folder = sample_data / "vendor/mib"
    raw = extractor.preview(folder / f"{name}RAW.mib", ())
    processed = np.fromfile(folder / f"{name}.mib", np.uint8, offset=HEADER).reshape(256, 256)[::-1]
    assert np.count_nonzero(raw.data != processed) < 50


def test_the_scan_and_the_words_come_from_the_hdr(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mib", random_frames(6, 64, 1), 1)
    sheet = tmp_path / "a.hdr"
    sheet.write_text("HDR,\t\nFrames per Trigger (Number):\t3\nReadout System:\tMerlin Quad\nEnd\t   ")
    outcome = extract_file(path, [sheet])
    assert outcome.extraction is not None
    (signal,) = outcome.extraction.signals
    assert (signal.shape, signal.signal_type) == ((2, 3, 64, 64), "electron_diffraction")
    values = {name: value.value for name, value in outcome.extraction.normalised.items()}
    assert (values["detector_name"], values["exposure_time"]) == ("Merlin Quad", 0.001)
    assert values["start_time"] == "2021-04-15T13:43:00.835428+00:00"


def test_a_last_frame_that_is_cut_off_is_left_out_and_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mib", random_frames(3, 64, 6), 6)
    path.write_bytes(path.read_bytes()[:-100])
    found = extractor.extract(path, ())
    assert found.signals[0].shape == (2, 64, 64)
    assert found.warnings == ("The last of 3 frames is cut off and left out.",)


def test_a_layout_that_nobody_described_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mib", random_frames(1, 64, 1), 1)
    path.write_bytes(path.read_bytes().replace(b"   1x1", b"   Nx1"))
    (failure,) = extract_file(path).failed
    assert failure.reason == "raw frames of Nx1 chips and 1 bits are not among those that can be unpacked"


def test_processed_frames_are_left_to_their_own_reader(sample_data: Path) -> None:
    outcome = extract_file(sample_data / "vendor/mib/Single_1_Frame_CounterDepth_1_Rows_256.mib")
    assert outcome.extraction is not None
    assert outcome.extraction.extractor == "rosetta"
