from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lims.extractors.extract import extract_file
from lims.extractors.pictures import extractor


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.bmp", "a.gif", "a.ppm"])
def test_what_pillow_writes_is_read_with_its_size(tmp_path: Path, name: str) -> None:
    Image.effect_noise((60, 40), 50).convert("RGB").save(tmp_path / name)
    found = extractor.extract(tmp_path / name, [])
    assert found.signals[0].shape == (40, 60)
    assert extractor.preview(tmp_path / name, []).data.shape[:2] == (40, 60)


def test_sixteen_bits_keep_their_depth(tmp_path: Path) -> None:
    values = np.arange(4000, dtype=np.uint16).reshape(50, 80) * 16
    Image.fromarray(values).save(tmp_path / "a.png")
    assert extractor.extract(tmp_path / "a.png", []).signals[0].dtype == "uint16"
    assert (extractor.preview(tmp_path / "a.png", []).data == values).all()


def test_text_chunks_and_exif_are_the_tree(tmp_path: Path, sample_data: Path) -> None:
    found = extractor.extract(sample_data / "vendor/image/renishaw_wire.jpg", [])
    with Image.open(sample_data / "vendor/image/renishaw_wire.jpg") as image:
        make = image.getexif()[271]
    assert found.metadata["Exif"]["Make"] == make.rstrip("\0")


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    Image.new("1", (200_000_001, 1)).save(tmp_path / "bomb.png")
    (failure,) = extract_file(tmp_path / "bomb.png").failed
    assert "more than a picture may have" in failure.reason
