from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, PngImagePlugin, TiffImagePlugin

from lims.extractors.extract import extract, extract_file
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


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.tga", "RGB"), ("a.pcx", "L"), ("a.sgi", "RGB"), ("a.ico", "RGBA"), ("a.avif", "RGB"), ("a.pbm", "1"),
     ("a.jp2", "RGB"), ("a.dds", "RGBA"), ("a.xbm", "1"), ("a.qoi", "RGB"), ("a.im", "L")],
)  # fmt: skip
def test_everything_else_that_pillow_reads_is_a_picture_too(tmp_path: Path, name: str, mode: str) -> None:
    Image.effect_noise((64, 64), 50).convert(mode).save(tmp_path / name)
    reader, found = extract(tmp_path / name, [])
    assert (reader.name, found.signals[0].shape) == ("pictures", (64, 64))
    with Image.open(tmp_path / name) as image:
        mean = np.asarray(image.convert("L"), dtype=float).mean()
    shown = np.asarray(reader.preview(tmp_path / name, []).data, dtype=float)
    assert (shown[..., :3] if shown.ndim == 3 else shown).mean() * (255 if mode == "1" and shown.max() == 1 else 1) == (
        pytest.approx(mean, rel=0.02)
    )


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp"])
def test_an_animation_is_a_stack_over_time(tmp_path: Path, name: str) -> None:
    frames = [Image.new("RGB", (30, 20), (60 * n, 0, 0)) for n in range(4)]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=200, lossless=True)
    found = extractor.extract(tmp_path / name, [])
    (signal,) = found.signals
    assert (signal.shape, signal.dtype[:3]) == ((4, 20, 30), "rgb")
    assert (signal.axes[0].name, signal.axes[0].scale, signal.axes[0].unit) == ("time", 0.2, "s")
    data = extractor.read(tmp_path / name, []).signals[0].data.compute()
    assert [int(frame["R"][0, 0]) for frame in data] == [0, 60, 120, 180]
    assert extractor.preview(tmp_path / name, []).data[0, 0, 0] == 120


def test_whole_numbers_of_exif_stay_whole(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.XResolution] = 6, TiffImagePlugin.IFDRational(5, 2)
    Image.new("RGB", (40, 30)).save(tmp_path / "a.jpg", exif=exif)
    said = extractor.extract(tmp_path / "a.jpg", []).metadata["Exif"]
    assert (repr(said["Orientation"]), repr(said["XResolution"])) == ("6", "2.5")


def test_who_took_a_photograph_and_when_is_known_from_exif(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model], exif[ExifTags.Base.Artist] = "Nikon", "D850", "Ada"
    exif[ExifTags.Base.ImageDescription] = "the grid box"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = "2024:05:01 10:00:00"
    details[ExifTags.Base.OffsetTimeOriginal] = "+09:00"
    details[ExifTags.Base.ExposureTime] = 0.25
    exif[ExifTags.Base.DateTime] = "2025:01:01 00:00:00"
    Image.new("RGB", (40, 30)).save(tmp_path / "a.jpg", exif=exif, dpi=(300, 300))
    found = extractor.extract(tmp_path / "a.jpg", [])
    said = {name: value.value for name, value in found.normalised.items()}
    assert said["start_time"] == "2024-05-01T10:00:00+09:00"
    assert (said["operator"], said["instrument_vendor"], said["instrument_model"]) == ("Ada", "Nikon", "D850")
    assert (said["exposure_time"], said["title"]) == (0.25, "the grid box")
    assert found.metadata["dpi"] == [300, 300]
    assert "pixel_size_x" not in said  # dots per inch are of paper


def test_the_day_a_photograph_was_changed_is_not_the_day_it_was_taken(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.DateTime] = "2025:01:01 00:00:00"
    Image.new("RGB", (40, 30)).save(tmp_path / "a.jpg", exif=exif)
    assert "start_time" not in extractor.extract(tmp_path / "a.jpg", []).normalised


def test_renishaws_field_of_view_is_a_pixel_size(sample_data: Path) -> None:
    found = extractor.extract(sample_data / "vendor/image/renishaw_wire.jpg", [])
    with Image.open(sample_data / "vendor/image/renishaw_wire.jpg") as image:
        width_um, height_um = image.getexif()[65185]
    y, x = found.signals[0].axes
    assert (x.scale * x.size, y.scale * y.size) == (pytest.approx(width_um), pytest.approx(height_um))
    assert x.unit == "µm"


def test_text_and_xmp_of_a_png_are_kept_as_they_stand(tmp_path: Path) -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Ada")
    words.add_itxt("Größe", "5 µm")
    words.add_itxt("XML:com.adobe.xmp", '<x:xmpmeta xmlns:x="adobe:ns:meta/"><x:note>α</x:note></x:xmpmeta>')
    Image.new("L", (40, 30)).save(tmp_path / "a.png", pnginfo=words)
    found = extractor.extract(tmp_path / "a.png", [])
    assert (found.metadata["Größe"], found.normalised["operator"].value) == ("5 µm", "Ada")
    assert found.metadata["XMP"] == {"{adobe:ns:meta/}xmpmeta": {"{adobe:ns:meta/}note": "α"}}


def test_what_only_begins_like_a_picture_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.h").write_text("#define width 5\nint main(void) { return 0; }\n")
    (tmp_path / "b.bin").write_bytes(b"BM" + bytes(range(200)))
    assert extract(tmp_path / "a.h", [])[1].extractor == "text"
    assert extract(tmp_path / "b.bin", [])[1].extractor == "unknown"
    (tmp_path / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    assert extract_file(tmp_path / "c.png").failed
