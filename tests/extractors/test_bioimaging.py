"""Light microscopes' files: what other libraries find in real ones, and what was written into made ones."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from liffile import LifFile
from pylibCZIrw.czi import create_czi

from lims.extractors import Limits, Pool, PreviewTarget
from lims.extractors.bioimaging import extractor
from lims.extractors.extract import extract_file
from lims.model import Extraction
from lims.plugins import head_of


def axes(found: Extraction, number: int = 0) -> list[tuple[str, float, str, bool]]:
    return [(a.name, pytest.approx(a.scale, rel=1e-6), a.unit, a.is_navigation) for a in found.signals[number].axes]


# Zeiss


def test_a_mosaic_is_one_picture_with_the_pixel_size_of_its_own_xml(sample_data: Path) -> None:
    path = sample_data / "vendor/czi/tiles_z.czi"
    raw = path.read_bytes()
    start = raw.index(b"<ImageDocument>")
    root = ElementTree.fromstring(raw[start : raw.index(b"</ImageDocument>") + len(b"</ImageDocument>")])
    step = {node.get("Id"): float(node.findtext("Value", "")) * 1e6 for node in root.iter("Distance")}
    found = extractor.extract(path, [])
    # Four tiles of 256 × 256, which overlap in x by two pixels.
    assert [signal.shape for signal in found.signals] == [(2, 512, 510)] * 2
    assert axes(found) == [("z", step["Z"], "µm", True), ("y", step["Y"], "µm", False), ("x", step["X"], "µm", False)]
    assert [signal.title for signal in found.signals] == ["tiles_z Ch1", "tiles_z T PMT"]
    assert leaves(found.metadata["ImageDocument"]) == sum(leaves_of(node) for node in root.iter())


def leaves(tree: Any) -> int:
    if isinstance(tree, dict):
        return sum(map(leaves, tree.values()))
    return sum(map(leaves, tree)) if isinstance(tree, list) else 1


def leaves_of(node: ElementTree.Element) -> int:
    """What a node itself says: its attributes, and its text where it has no children."""
    return len(node.attrib) + (not len(node) and (not node.attrib or bool((node.text or "").strip())))


def test_zeiss_words_are_normalised_to_si(sample_data: Path) -> None:
    found = extractor.extract(sample_data / "vendor/czi/s_1_t_1_c_1_z_1.czi", []).normalised
    assert found["start_time"].value == "2019-06-27T18:33:40.619371+00:00"
    assert (found["exposure_time"].value, found["exposure_time"].unit) == (0.01, "s")  # 10 000 000 ns
    assert found["magnification"].value == 20
    assert found["instrument_name"].value == "Axio Observer.Z1 / 7"
    assert found["operator"].value == "ruiany"


def test_scenes_and_channels_are_signals_and_time_is_walked_along(tmp_path: Path) -> None:
    planes = np.random.default_rng(1).integers(0, 60_000, (2, 2, 3, 20, 30), dtype=np.uint16)
    with create_czi(str(tmp_path / "a.czi")) as file:
        for scene, channel, time in np.ndindex(2, 2, 3):
            file.write(
                planes[scene, channel, time][..., None],
                plane={"C": channel, "T": time},
                scene=scene,
                location=(100 * scene, 0),
            )
        file.write_metadata("a", channel_names={0: "DAPI", 1: "GFP"}, scale_x=2e-7, scale_y=3e-7)
    reading = extractor.read(tmp_path / "a.czi", [])
    found = extractor.extract(tmp_path / "a.czi", [])
    assert [one.title for one in found.signals] == [f"a scene {s} {c}" for s in (0, 1) for c in ("DAPI", "GFP")]
    assert axes(found) == [("time", 1.0, "", True), ("y", 0.3, "µm", False), ("x", 0.2, "µm", False)]
    assert found.signals[2].axes[2].offset == pytest.approx(100 * 0.2)
    for number, (scene, channel) in enumerate(np.ndindex(2, 2)):
        assert (reading.signals[number].data.compute() == planes[scene, channel]).all()
    middle = extractor.preview(tmp_path / "a.czi", [], 3)
    assert (middle.data == planes[1, 1, 1]).all()
    assert middle.reduced == "time 1 of 3"


def test_colours_keep_their_order(tmp_path: Path) -> None:
    blue_first = np.zeros((4, 6, 3), np.uint8)
    blue_first[...] = (10, 20, 30)
    with create_czi(str(tmp_path / "a.czi")) as file:
        file.write(blue_first)
    found = extractor.extract(tmp_path / "a.czi", [])
    assert (found.signals[0].dtype, found.signals[0].shape) == ("rgb8", (4, 6))
    assert tuple(extractor.preview(tmp_path / "a.czi", []).data[0, 0]) == (30, 20, 10)


def test_a_large_mosaic_is_looked_at_without_reading_it(tmp_path: Path) -> None:
    with create_czi(str(tmp_path / "a.czi"), compression_options="zstd1:ExplicitLevel=1") as file:
        tile = np.full((1000, 1000, 1), 50, np.uint8)
        for y, x in np.ndindex(5, 6):
            file.write(tile, location=(1000 * x, 1000 * y))
    found = extractor.extract(tmp_path / "a.czi", [])
    frame = extractor.preview(tmp_path / "a.czi", [])
    assert found.signals[0].shape == (5000, 6000)
    assert max(frame.data.shape) <= 2048
    assert frame.axes[1].scale * frame.axes[1].size == pytest.approx(6000)
    assert frame.data[100, 100] == 50


# Leica


def test_the_images_of_a_lif_are_those_that_liffile_reads(sample_data: Path) -> None:
    path = sample_data / "vendor/lif/testdata_2channel_xz.lif"
    signals = extractor.read(path, []).signals
    with LifFile(path) as file:
        theirs = [np.moveaxis(image.asarray(), image.dims.index("C"), 0) for image in file.images]
    expected = [channel for image in theirs for channel in image]
    assert len(signals) == len(expected) == 6
    for signal, other in zip(signals, expected, strict=True):
        assert (np.asarray(signal.data) == other).all()


def test_leicas_words_are_normalised_to_si(sample_data: Path) -> None:
    found = extractor.extract(sample_data / "vendor/lif/testdata_2channel_xz.lif", [])
    # From the first image's XML: TimeStampList 1d71114eb8b44f0, PixelDwellTime, StagePosX, Length / 127.
    assert found.normalised["start_time"].value == "2021-03-04T16:39:17.951000+00:00"
    assert found.normalised["dwell_time"].value == 4.875e-06
    assert found.normalised["stage_x"].value == 0.03462093930532
    assert found.normalised["magnification"].value == 63
    step = 1.781554e-005 / 127 * 1e6
    assert axes(found)[2] == ("x", step, "µm", False)
    assert axes(found)[0] == ("time", 10.07 / 19, "s", True)


def test_an_image_that_lost_its_end_is_named_and_the_others_are_read(sample_data: Path, tmp_path: Path) -> None:
    whole = (sample_data / "vendor/lif/testdata_2channel_xz.lif").read_bytes()
    (tmp_path / "a.lif").write_bytes(whole[: len(whole) - 1000])
    found = extractor.extract(tmp_path / "a.lif", [])
    assert len(found.signals) == 4
    assert any("'xz'" in words and "bytes" in words for words in found.warnings)


def leica_xml(memory: str) -> str:
    """A red-green-blue picture of 4 × 3 pixels, 1 µm each."""
    colours = "".join(
        f'<ChannelDescription DataType="0" ChannelTag="{tag}" Resolution="8" NameOfMeasuredQuantity="" Min="0" '
        f'Max="255" Unit="" LUTName="x" IsLUTInverted="0" BytesInc="{n}" BitInc="0"/>'
        for n, tag in enumerate((3, 2, 1))  # blue first
    )
    sides = "".join(
        f'<DimensionDescription DimID="{n}" NumberOfElements="{size}" Origin="0" Length="{(size - 1) * 1e-6}" Unit="m" '
        f'BytesInc="{stride}" BitInc="0"/>'
        for n, size, stride in ((1, 4, 3), (2, 3, 12))
    )
    image = f"<ImageDescription><Channels>{colours}</Channels><Dimensions>{sides}</Dimensions></ImageDescription>"
    return (
        f'<LMSDataContainerHeader Version="2"><Element Name="photo" UniqueID="u"><Data><Image>{image}</Image></Data>'
        f"{memory}<Children/></Element></LMSDataContainerHeader>"
    )


def text_block(text: str) -> bytes:
    return struct.pack("<IIBI", 0x70, 2 * len(text) + 5, 0x2A, len(text)) + text.encode("utf-16-le")


def test_a_lof_alone_and_the_xlif_that_describes_it_are_the_same_picture(tmp_path: Path) -> None:
    blue_green_red = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    block = struct.pack("<BIBI", 0x2A, 2, 0x2A, 0) + struct.pack("<BQ", 0x2A, 36) + blue_green_red.tobytes()
    words = leica_xml('<Memory Size="36" MemoryBlockID="MemBlock_1"/>')
    (tmp_path / "a.lof").write_bytes(text_block("LMS_Object_File") + block + text_block(words))
    frame = '<Memory Size="36" MemoryBlockID="MemBlock_1"><Frame File="a.lof" Offset="0" Size="36" UUID="u"/></Memory>'
    (tmp_path / "a.xlif").write_bytes(b"\xff\xfe" + leica_xml(frame).encode("utf-16-le"))
    for path in (tmp_path / "a.lof", tmp_path / "a.xlif"):
        assert extractor.sniff(head_of(path), path.name)
        (signal,) = extractor.extract(path, []).signals
        assert (signal.dtype, signal.shape, signal.axes[1].scale) == ("rgb8", (3, 4), pytest.approx(1.0))
        assert (extractor.preview(path, []).data == blue_green_red[..., ::-1]).all()


# Nikon: a file of version 2 is a chain of named chunks with XML in them, and a map of them at its end.


def variant(**values: Any) -> bytes:
    return f'<variant version="1.0"><no_name runtype="CLxListVariant">{items(values)}</no_name></variant>'.encode()


def items(values: dict[str, Any]) -> str:
    kinds = {bool: "bool", int: "lx_uint32", float: "double", str: "CLxStringW"}
    return "".join(
        f'<{name} runtype="CLxListVariant">{items(value)}</{name}>'
        if isinstance(value, dict)
        else f'<{name} runtype="{kinds[type(value)]}" value="{str(value).lower() if value is True else value}"/>'
        for name, value in values.items()
    )


def write_nd2(path: Path, frames: np.ndarray, **metadata: Any) -> None:
    """frames: (time, y, x, channels) of uint16, 250 ms apart."""
    count, height, width, channels = frames.shape
    loop = {"uiCount": count, "dStart": 0.0, "dPeriod": 250.0, "dDuration": 0.0}
    planes = {
        f"a{n}": {"uiCompCount": 1, "sDescription": f"dye {n}", "pFluorescentProbe": {"m_sName": "dye"}}
        for n in range(channels)
    }
    chunks = {
        "ImageAttributes!": variant(
            uiWidth=width, uiHeight=height, uiWidthBytes=2 * width * channels, uiComp=channels, uiBpcInMemory=16,
            uiBpcSignificant=12, uiSequenceCount=count, eCompression=2,
        ),
        "ImageMetadata!": variant(eType=1, uLoopPars=loop),
        "ImageMetadataSeq|0!": variant(
            **metadata, dTimeMSec=0.0, sPicturePlanes={"uiCount": channels, "sPlaneNew": planes}
        ),
        "ImageTextInfo!": variant(TextInfoItem_4="Ada", TextInfoItem_5="Camera Name: Zyla&#13;&#10;  Exposure: 20 ms"),
        "CustomData|AcqTimesCache!": struct.pack(f"<{count}d", *(250.0 * n for n in range(count))),
        **{f"ImageDataSeq|{n}!": struct.pack("<d", 0) + frame.tobytes() for n, frame in enumerate(frames)},
    }  # fmt: skip
    name = b"ND2 FILE SIGNATURE CHUNK NAME01!"
    body = struct.pack("<IIQ", 0x0ABECEDA, len(name), 64) + name + b"Ver2.1".ljust(64, b"\0")
    listing = b""
    for key, data in chunks.items():
        listing += key.encode() + struct.pack("<QQ", len(body), len(data))
        body += struct.pack("<IIQ", 0x0ABECEDA, 4072, len(data)) + key.encode().ljust(4072, b"\0") + data
    at, name, end = len(body), b"ND2 FILEMAP SIGNATURE NAME 0001!", b"ND2 CHUNK MAP SIGNATURE 0000001!"
    listing += end + struct.pack("<Q", at)
    path.write_bytes(body + struct.pack("<IIQ", 0x0ABECEDA, len(name), len(listing)) + name + listing)


FRAMES = np.random.default_rng(2).integers(0, 4000, (3, 20, 30, 2), dtype=np.uint16)
CALIBRATED = {"bCalibrated": True, "dCalibration": 0.325, "dObjectiveMag": 20.0, "dXPos": 1500.0, "dYPos": -20.0}


def test_an_nd2_has_a_signal_for_each_channel(tmp_path: Path) -> None:
    # 2 459 000.75 is 31 May 2020, 06:00: a Julian day begins at noon, and 2 459 000.5 was that midnight.
    write_nd2(tmp_path / "a.nd2", FRAMES, **CALIBRATED, dTimeAbsolute=2_459_000.75)
    found = extractor.extract(tmp_path / "a.nd2", [])
    signals = extractor.read(tmp_path / "a.nd2", []).signals
    assert [one.title for one in found.signals] == ["a dye 0", "a dye 1"]
    assert axes(found) == [("time", 0.25, "s", True), ("y", 0.325, "µm", False), ("x", 0.325, "µm", False)]
    for number in (0, 1):
        assert (np.asarray(signals[number].data) == FRAMES[..., number]).all()
    values = {name: value.value for name, value in found.normalised.items()}
    assert values["start_time"] == "2020-05-31T06:00:00+00:00"
    assert (values["operator"], values["detector_name"], values["exposure_time"]) == ("Ada", "Zyla", 0.02)
    assert (values["stage_x"], values["magnification"]) == (pytest.approx(1.5e-3), 20)
    assert found.metadata["blocks"]["ImageMetadataSeq|0"]["dXPos"] == 1500.0


def test_an_nd2_of_an_uncalibrated_microscope_has_no_pixel_size(tmp_path: Path) -> None:
    write_nd2(tmp_path / "a.nd2", FRAMES, bCalibrated=False, dCalibration=1.0)
    found = extractor.extract(tmp_path / "a.nd2", [])
    assert axes(found)[1:] == [("y", 1.0, "", False), ("x", 1.0, "", False)]
    assert "pixel_size_x" not in found.normalised


def test_an_nd2_that_lost_its_end_says_so(tmp_path: Path) -> None:
    write_nd2(tmp_path / "a.nd2", FRAMES, **CALIBRATED)
    whole = (tmp_path / "a.nd2").read_bytes()
    (tmp_path / "a.nd2").write_bytes(whole[: len(whole) // 2])
    (failure,) = extract_file(tmp_path / "a.nd2").failed
    assert failure.reason


# Olympus

MAIN = """[ProfileSaveInfo]
Name="a"
Version="1"
[Version Info]
SystemName="FLUOVIEW FV1000"
[Acquisition Parameters Common]
ImageCaputreDate='2020-02-10 13:07:52'
ScanMode="XYZ"
[Axis Parameter Common]
AxisOrder="XYCZ"
[Axis 3 Parameters Common]
AxisCode="Z"
UnitName="nm"
StartPosition=1000
EndPosition=2020
MaxSize=3
[Channel 1 Parameters]
CH Name="CH1"
DyeName="DAPI"
[Channel 2 Parameters]
CH Name="CH2"
DyeName="None"
[Reference Image Parameter]
WidthConvertValue=0,207.0
WidthUnit="um"
HeightConvertValue=0.207
HeightUnit="um"
"""
PLANE = "[Acquisition Parameters Common]\nMagnification=60.0\nTime Per Pixel=4\n"
STACK = np.random.default_rng(3).integers(0, 4000, (2, 3, 8, 9), dtype=np.uint16)


def settings(text: str) -> bytes:
    """A text as the program writes it, long enough not to go where a compound file keeps its small streams."""
    return b"\xff\xfe" + text.ljust(2048, "\n").replace("\n", "\r\n").encode("utf-16-le")


def oif_files(folder: Path) -> dict[str, bytes]:
    """The members of a two-channel stack, by name."""
    files = {"s_C001Z001.pty": settings(PLANE)}
    for channel, z in np.ndindex(2, 3):
        tifffile.imwrite(folder / "plane.tif", STACK[channel, z])
        files[f"s_C{channel + 1:03}Z{z + 1:03}.tif"] = (folder / "plane.tif").read_bytes().ljust(4096, b"\0")
    (folder / "plane.tif").unlink()
    return files


def write_oif(folder: Path) -> tuple[Path, list[Path]]:
    path, beside = folder / "a.oif", folder / "a.oif.files"
    path.write_bytes(settings(MAIN))
    beside.mkdir()
    for name, content in oif_files(folder).items():
        (beside / name).write_bytes(content)
    return path, sorted(beside.iterdir())


def write_oib(folder: Path) -> tuple[Path, list[Path]]:
    """A compound file (MS-CFB, version 3) with every stream in sectors of its own."""
    members = {f"Stream{n:05}": pair for n, pair in enumerate(oif_files(folder).items(), 1)}
    lines = ["[OibSaveInfo]", "MainFileName=Stream00099", "Stream00099=a.oif", "Storage00001=a.oif.files"]
    lines += [f"{stream}=Storage00001/{name}" for stream, (name, _) in members.items()]
    streams = {stream: content for stream, (_, content) in members.items()}
    streams |= {"Stream00099": settings(MAIN), "OibInfo.txt": settings("\n".join(lines))}
    (folder / "a.oib").write_bytes(compound(streams))
    return folder / "a.oib", []


def compound(streams: dict[str, bytes]) -> bytes:
    free, end, sector = 0xFFFFFFFF, 0xFFFFFFFE, 512
    names = list(streams)
    directories = -(-(len(names) + 1) // 4)
    fat, places, content = [0xFFFFFFFD] * 2 + chain(2, directories), [], b""
    for name in names:
        places.append(len(fat))
        count = -(-len(streams[name]) // sector)
        fat += chain(len(fat), count)
        content += streams[name].ljust(count * sector, b"\0")
    assert len(fat) <= 256
    fat += [free] * (256 - len(fat))
    entries = [entry("Root Entry", 5, free, 1, end, 0)]
    for n, name in enumerate(names, 1):
        entries.append(entry(name, 2, n + 1 if n < len(names) else free, free, places[n - 1], len(streams[name])))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + struct.pack(
        "<16sHHHHHHIIIIIIIIII", b"", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, 2, 2, 0, 4096, end, 0, end, 0
    )
    head += struct.pack("<109I", 0, 1, *[free] * 107)
    listing = b"".join(entries).ljust(directories * sector, b"\0")
    return head + struct.pack("<256I", *fat) + listing + content


def chain(start: int, count: int) -> list[int]:
    return [start + n + 1 for n in range(count - 1)] + [0xFFFFFFFE]


def entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    letters = name.encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBBIII16sIQQIQ", letters, len(letters), kind, 1, 0xFFFFFFFF, right, child, b"", 0, 0, 0, start, size
    )


@pytest.mark.parametrize("write", [write_oif, write_oib])
def test_olympus_planes_become_a_stack_for_each_channel(write: Any, tmp_path: Path) -> None:
    path, companions = write(tmp_path)
    assert extractor.sniff(head_of(path), path.name)
    found = extractor.extract(path, companions)
    signals = extractor.read(path, companions).signals
    assert found.format == path.suffix[1:]
    assert [one.title for one in found.signals] == ["a CH1 DAPI", "a CH2"]
    # 1000 … 2020 nm in three planes; 0,207.0 is how the program writes 0.207 with decimal commas.
    assert axes(found) == [("z", 0.51, "µm", True), ("y", 0.207, "µm", False), ("x", 0.207, "µm", False)]
    for number in (0, 1):
        assert (np.asarray(signals[number].data) == STACK[number]).all()
    values = {name: value.value for name, value in found.normalised.items()}
    assert values["start_time"] == "2020-02-10T13:07:52"
    assert (values["instrument_name"], values["magnification"]) == ("FLUOVIEW FV1000", 60)
    assert values["dwell_time"] == 4e-6


def test_an_oif_in_its_own_child_sees_its_folder(tmp_path: Path) -> None:
    path, companions = write_oif(tmp_path)
    outcome = pooled(path, companions)
    assert not outcome.failed
    assert outcome.preview_size is not None


def pooled(path: Path, companions: Sequence[Path]) -> Any:
    with Pool(Limits(cpu_s=20)) as pool:
        return pool.run(path, companions, preview=PreviewTarget(path.parent / "preview.png"))
