from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lims.extractors.drawing.blank import why_blank
from lims.extractors.drawing.contrast import stretch
from lims.extractors.drawing.picture import draw, picture
from lims.extractors.outcome import PreviewTarget
from lims.model import Axis
from lims.plugins import Frame

NOISE = np.random.default_rng(7)


def image_with(odd_pixels: int, size: int = 1000) -> Frame:
    data = np.zeros((size, size), np.uint16)
    data.flat[:odd_pixels] = 500
    return Frame(data)


def test_a_constant_signal_is_blank_and_says_which_constant() -> None:
    assert why_blank(Frame(np.zeros((64, 64)))) == "all zero"
    assert why_blank(Frame(np.full((64, 64), 513))) == "every value is 513"
    assert why_blank(Frame(np.full((8, 8), np.nan))) == "no finite value"
    assert why_blank(Frame(np.zeros((0,)))) == "no values"


def test_a_few_leftover_pixels_do_not_make_a_picture_and_the_share_is_never_rounded_up() -> None:
    assert why_blank(image_with(999)) == "99.9 % zero"
    assert why_blank(image_with(1)) == "99.9 % zero"


def test_an_odd_pixel_in_the_middle_changes_nothing() -> None:
    """The middle is where a constant is looked for first."""
    data = np.full(1001 * 1001, 7.0)
    data[data.size // 2] = 8.0
    assert why_blank(Frame(data.reshape(1001, 1001))) == "99.9 % of the values are 7"


def test_a_sparse_but_genuine_picture_is_not_blank() -> None:
    assert why_blank(image_with(1001)) == ""
    counts = NOISE.poisson(0.01, (256, 256))  # one electron in a hundred pixels: a real counting detector
    assert why_blank(Frame(counts)) == ""


def test_a_line_with_one_peak_is_not_blank() -> None:
    line = np.zeros(4096)
    line[77] = 3
    assert why_blank(Frame(line)) == ""


def test_an_opaque_alpha_channel_is_no_content() -> None:
    colours = np.zeros((32, 32, 4), np.uint8)
    colours[..., 3] = 255
    assert why_blank(Frame(colours)) == "all zero"


def test_contrast_clips_hot_pixels_and_nothing_else() -> None:
    image = NOISE.normal(100, 10, (200, 200)).astype(np.float32)
    image[3, 3] = 1e6
    grey = stretch(image)
    assert grey[3, 3] == 255
    assert 100 < grey.mean() < 155


def test_the_spots_of_a_transform_stand_out_of_its_noise() -> None:
    y, x = np.mgrid[:256, :256]
    fringes = np.cos(2 * np.pi * (x * 40 + y * 30) / 256) + NOISE.normal(0, 2, (256, 256))
    shown = np.asarray(picture(Frame(np.fft.fftshift(np.fft.fft2(fringes)))))
    assert shown[128 + 30, 128 + 40] == shown[128 - 30, 128 - 40] == 255
    assert np.median(shown) == 0


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (np.arange(2048 * 1024, dtype=float).reshape(2048, 1024), (384, 768)),
        (np.arange(16 * 8).reshape(16, 8), (128, 256)),
        (np.arange(300), (768, 432)),
        (np.arange(3 * 900).reshape(3, 900), (768, 432)),
        (np.arange(64 * 64 * 3, dtype=np.uint8).reshape(64, 64, 3), (256, 256)),
        (np.exp(1j * np.arange(400).reshape(20, 20)), (240, 240)),
        (np.arange(400).reshape(20, 20) % 2 == 0, (240, 240)),
        (np.array([1.0]), (768, 432)),
        (np.array([np.nan, 1.0, np.inf, 3.0]), (768, 432)),
    ],
    ids=["large", "small", "line", "flat", "colours", "complex", "bool", "point", "gaps"],
)
def test_every_kind_of_frame_becomes_a_picture_of_bounded_size(data: np.ndarray, size: tuple[int, int]) -> None:
    assert picture(Frame(data)).size == size


def test_a_line_plot_has_a_transparent_ground_for_light_and_dark_pages() -> None:
    plotted = picture(Frame(np.sin(np.arange(100)), (Axis("Energy", 100, 0.1, 0.0, "keV"),)))
    assert plotted.mode == "RGBA"
    assert plotted.getpixel((1, 1))[3] == 0  # type: ignore[index]


def test_both_sizes_are_written_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = PreviewTarget(tmp_path / "ab" / "x.webp", tmp_path / "ab" / "x.t.webp")
    assert draw(Frame(NOISE.random((1000, 500))), target) == (384, 768)
    assert sorted(file.name for file in (tmp_path / "ab").iterdir()) == ["x.t.webp", "x.webp"]
    with Image.open(target.large) as large, Image.open(tmp_path / "ab" / "x.t.webp") as thumb:
        assert (large.format, large.size) == ("WEBP", (384, 768))
        assert (thumb.format, thumb.size) == ("WEBP", (128, 256))
