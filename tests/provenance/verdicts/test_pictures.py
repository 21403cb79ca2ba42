"""Figures as the eye sees them, and the picture of a difference."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from lims.model.verdicts import Tolerance
from lims.provenance.verdicts import judge
from lims.provenance.verdicts.pictures import likeness


def plot(label: str = "size (nm)", shift: float = 0.0, legend: bool = True, colour: str = "C0") -> Any:
    """(y, x, 3) of a figure of 640 × 480, as a notebook has it."""
    figure = Figure()
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots()
    x = np.linspace(0, 10, 200)
    axes.plot(x, np.sin(x + shift), label="profile", color=colour)
    axes.set_xlabel(label)
    if legend:
        axes.legend(loc="lower left")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


PLOT = plot()


def saved(path: Path, pixels: Any, **options: Any) -> Path:
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".tif":
        tifffile.imwrite(path, pixels, photometric="rgb", metadata=None)
    else:
        Image.fromarray(pixels).save(path, **options)
    return path


def verdict_of(folder: Path, expected: Any, found: Any, suffix: str = ".png", **options: Any) -> Any:
    one, other = saved(folder / "a" / f"x{suffix}", expected), saved(folder / "b" / f"x{suffix}", found)
    return judge(one, other, name="figure", **options)


def smoothed_otherwise() -> Any:
    """Ten values by 1/255, at the edges of the curve."""
    found = PLOT.copy()
    grey = np.argwhere((found > 100) & (found < 200))[::37][:10]
    assert len(grey) == 10
    found[tuple(grey.T)] += 1
    return found


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_ten_values_by_one_of_255_are_visually_equivalent(tmp_path, suffix):
    verdict = verdict_of(tmp_path, PLOT, smoothed_otherwise(), suffix)
    assert (verdict.verdict, verdict.size, verdict.max_abs) == ("visually equivalent", 10, 1.0)
    assert verdict.tolerance == Tolerance(visual=0.01)
    assert "Structural similarity" in verdict.note


@pytest.mark.parametrize(
    "other",
    [
        plot("size (pm)"),
        plot(""),
        plot(shift=0.02),
        plot(legend=False),
        plot(colour="C2"),
        np.roll(PLOT, 1, 0),
        np.where(np.indices(PLOT.shape)[0] == 0, 0, PLOT).astype("u1"),
    ],
    ids=["one letter", "no label", "moved curve", "no legend", "colour", "moved by a pixel", "black row"],
)
def test_what_a_person_would_see_is_different(tmp_path, other):
    verdict = verdict_of(tmp_path, PLOT, other)
    assert verdict.verdict == "different"
    assert "8 × 8 pixels" in verdict.note


def test_mean_similarity_alone_would_let_a_missing_letter_pass():
    seen = likeness(PLOT, plot("size (pm)"))
    assert seen.similarity > 0.99
    assert not seen.passes(None)


def test_a_faint_pattern_over_all_is_different_by_its_similarity():
    blank = np.full((64, 64, 3), 128, "u1")
    seen = likeness(blank, blank + ((np.indices((64, 64)).sum(0) % 2) * 5).astype("u1")[..., None])
    assert seen.window <= 0.0105
    assert seen.similarity < 0.98


def test_a_declared_visual_tolerance_holds(tmp_path):
    wide, none = Tolerance(visual=0.5), Tolerance(visual=0.0)
    assert verdict_of(tmp_path, PLOT, plot("size (pm)"), tolerance=wide).verdict == "visually equivalent"
    assert verdict_of(tmp_path, PLOT, smoothed_otherwise(), tolerance=none).verdict == "different"


def test_jpeg_of_another_quality_is_seen_as_a_picture(tmp_path):
    one = saved(tmp_path / "a.jpg", PLOT, quality=97)
    other = saved(tmp_path / "b.jpg", PLOT, quality=98)
    assert judge(one, other, name="x", tolerance=Tolerance(visual=0.05)).verdict == "visually equivalent"
    assert judge(one, saved(tmp_path / "b.jpg", plot(legend=False), quality=97), name="x").verdict == "different"


def test_measurements_of_sixteen_bits_are_no_figure(tmp_path):
    image = np.random.default_rng(0).integers(1000, 50_000, (32, 32)).astype("u2")
    changed = image.copy()
    changed[3, 4] += 5
    verdict = verdict_of(tmp_path, image, changed)
    assert (verdict.verdict, verdict.where) == ("different", "index (3, 4)")


def test_opaque_colours_with_and_without_alpha_look_the_same(tmp_path):
    verdict = verdict_of(tmp_path, PLOT, np.dstack([PLOT, np.full(PLOT.shape[:2], 255, "u1")]))
    assert verdict.verdict == "visually equivalent"


@pytest.mark.parametrize("side", [1, 2, 5, 9])
def test_small_pictures(tmp_path, side):
    one = np.full((side, side, 3), 50, "u1")
    assert verdict_of(tmp_path, one, one + np.uint8(1)).verdict == "visually equivalent"
    assert verdict_of(tmp_path, one, one + np.uint8(200)).verdict == "different"


def test_picture_of_a_difference_shows_three_panels_and_every_pixel(tmp_path):
    image = np.random.default_rng(0).normal(size=(1500, 900))
    changed = image.copy()
    changed[1234, 567] += 1
    picture = tmp_path / "difference.png"
    np.save(tmp_path / "a.npy", image)
    np.save(tmp_path / "b.npy", changed)
    assert judge(tmp_path / "a.npy", tmp_path / "b.npy", name="x", picture=picture).verdict == "different"
    with Image.open(picture) as drawn:
        assert drawn.format == "PNG"
        pixels = np.asarray(drawn.convert("L"))
    panel = pixels[35:-15, -235:-15]
    assert pixels.shape[1] > 3 * 225
    assert np.count_nonzero(panel == 255) == 1


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (PLOT, plot("")),
        (PLOT, PLOT[:-10]),
        (np.zeros((5, 4), "u1"), np.ones((5, 4), "u1")),
    ],
)
def test_figures_are_drawn_beside_each_other(tmp_path, expected, found):
    picture = tmp_path / "difference.png"
    verdict_of(tmp_path, expected, found, picture=picture)
    with Image.open(picture) as drawn:
        assert drawn.width > 2 * min(expected.shape[1], 300)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (np.full((4, 4), np.nan), np.zeros((4, 4))),
        (np.full((4, 4), np.inf), np.zeros((4, 4))),
        (np.zeros((3, 4, 4), "c8"), np.ones((3, 4, 4), "c8")),
        (np.zeros((4, 4), bool), np.ones((4, 4), bool)),
        (np.zeros((4, 4), "f2"), np.ones((4, 4), "f2")),
    ],
)
def test_planes_of_all_kinds_can_be_drawn(tmp_path, expected, found):
    np.save(tmp_path / "a.npy", expected)
    np.save(tmp_path / "b.npy", found)
    judge(tmp_path / "a.npy", tmp_path / "b.npy", name="x", picture=tmp_path / "difference.png")
    assert (tmp_path / "difference.png").exists()


def test_nothing_is_drawn_of_what_is_identical_or_has_no_plane(tmp_path):
    picture = tmp_path / "difference.png"
    verdict_of(tmp_path, PLOT, PLOT, picture=picture)
    np.save(tmp_path / "a.npy", np.zeros(4))
    np.save(tmp_path / "b.npy", np.ones(4))
    judge(tmp_path / "a.npy", tmp_path / "b.npy", name="x", picture=picture)
    assert not picture.exists()
