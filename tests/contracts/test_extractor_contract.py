"""What every extractor promises, ours and others': each registered one is held to it with the samples named here."""

import hashlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lims.extractors import Limits, Pool
from lims.extractors.companions import Group, group_companions
from lims.extractors.normalise.vocabulary import FIELDS
from lims.model import Extraction
from lims.plugins import BUILT_IN, EXTRACTORS, Extractor, extractors, head_of

SAMPLES = {
    "rosetta": (
        "dm3/test_STEM_image.dm3",
        "dm3/multi_signal.dm3",
        "dm4/test-MonarcCL_spectrum-SI.dm4",
        "ser_emi/128x128x5-diffraction_preview.emi",
        "ser_emi/16x16-diffraction_imagel_5x5x256x256_EDS_copy.emi",
        "tiff/FEI-Helios-Ebeam-8bits.tif",
        "tiff/test_tiff_Zeiss_SEM_512pix.tif",
        "tiff/tescan-pfib_dataZeroed.tif",
        "tiff/JEOL-SightX-TEM-mag-dummy.tif",
        "tiff/TVIPS_bin4.tif",
        "tiff/olympus_SIS.tif",
        "emd_velox/STEM HAADF Diffraction Micro.emd",
        "emd_velox/fei_emd_si.emd",
        "emd_velox/Test SI 16x16 215 kx.emd",
        "emd_ncem/example_signal.emd",
        "bcf/test_TEM.bcf",
        "spx/extracted_from_bcf.spx",
        "blo/test1.blo",
        "mib/Quad_9_Frame_CounterDepth_12_Rows_256.mib",
        "mrc/temp.mrc",
        "mrc/Custom_movie.mrc",
        "msa/example1.msa",
        "edax/647_leo_edax_test.spc",
        "hspy/test_rgba16.hdf5",
        "nxs/saved_multi_signal.nxs",
        "rpl/test_ripple_sdim-1_ndim-2_uint8_meta.rpl",
        "sur/test_surface.sur",
        "renishaw/renishaw_test_zscan.wdf",
        "trivista/map.tvf",
        "jobinyvon/jobinyvon_test_map_x3-y2.xml",
        "jeol/Sample/00_View000/View000_0000001.map",
        "jeol/Sample/00_View000/View000_0000006.pts",
        "impulse/StubExperiment_Synchronized data.csv",
        "zspy/signal1d_10x10-ZipStore.zspy",
        "hamamatsu/focus_mode.img",
        "tvips/test_tvips_2345_split_000.tvips",
        "topspin/topspin_test_B.app5",
        "protochips/protochips_electrical.csv",
        "semper/example_image_int16.unf",
        "quadstar/849pftba test.sac",
        "prz/panta_rhei_sample_legacy.prz",
        "delmic/sparc-e-k.h5",
    ),
    "pictures": ("image/renishaw_wire.jpg", "ebsd/nordif/nordif/Background acquisition pattern.bmp"),
    "text": ("text/text_preview_jeol_ansi.txt", "sensorlog/chiller_log.csv", "semcsv/ToastedBreakFastSDD.xml"),
    "unknown": ("czi/tiles.czi", "ebsd/edax_binary.up2"),
}
WITHOUT_PICTURES = ("text", "unknown")


def cases() -> Iterator[Any]:
    for extractor in extractors():
        for sample in SAMPLES.get(extractor.name, ()):
            yield pytest.param(extractor, sample, id=f"{extractor.name}-{sample}")


def companions_of(path: Path) -> list[Path]:
    groups = group_companions([file.name for file in path.parent.iterdir()])
    group = next((group for group in groups if group.main == path.name), Group(path.name))
    return [path.parent / name for name in group.companions]


def at(found: Extraction, source: str) -> bool:
    """Whether a dotted source leads somewhere in the vendor's tree; keys may have dots of their own."""
    if source.startswith(("reader: ", "signals.")):
        return True
    trees: list[tuple[Any, str]] = [(found.metadata, source)]
    trees += [(tree, source) for tree in found.metadata.get("signals", {}).values()]
    while trees:
        tree, path = trees.pop()
        if not path:
            return True
        items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
        for key, value in items:
            if path == str(key) or path.startswith(f"{key}."):
                trees.append((value, path[len(str(key)) + 1 :]))
    return False


@pytest.fixture(scope="module")
def read(sample_data: Path) -> Any:
    known: dict[tuple[str, str], Extraction] = {}

    def extraction(extractor: Extractor, sample: str) -> Extraction:
        if (extractor.name, sample) not in known:
            path = sample_data / "vendor" / sample
            known[extractor.name, sample] = extractor.extract(path, companions_of(path))
        return known[extractor.name, sample]

    return extraction


def test_every_registered_extractor_has_samples() -> None:
    assert {extractor.name for extractor in extractors()} <= set(SAMPLES)


def test_the_built_ins_are_registered_as_anybody_elses() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert tuple(project["entry-points"][EXTRACTORS].items()) == BUILT_IN


@pytest.mark.parametrize("extractor", extractors(), ids=lambda extractor: extractor.name)
def test_it_says_what_it_is(extractor: Extractor) -> None:
    assert extractor.name
    assert extractor.version
    assert len(set(extractor.formats)) == len(extractor.formats) > 0


@pytest.mark.parametrize("extractor", extractors(), ids=lambda extractor: extractor.name)
def test_sniffing_never_fails_whatever_the_bytes(extractor: Extractor) -> None:
    noise = np.random.default_rng(1)
    for length in (0, 1, 3, 11, 64, 500, 4096):
        for name in ("", "x", "x.mrc", "x.unf", "x.emi", "ü\n.tif"):
            assert extractor.sniff(noise.bytes(length), name) in (True, False)


@pytest.mark.parametrize(("extractor", "sample"), cases())
def test_its_samples_are_its_own_and_are_read(extractor: Extractor, sample: str, sample_data: Path, read: Any) -> None:
    path = sample_data / "vendor" / sample
    assert extractor.sniff(head_of(path), path.name)
    found = read(extractor, sample)
    assert found.format in extractor.formats
    assert (found.extractor, found.extractor_version) == (extractor.name, extractor.version)


@pytest.mark.parametrize(("extractor", "sample"), cases())
def test_the_vendors_tree_is_json(extractor: Extractor, sample: str, read: Any) -> None:
    metadata = read(extractor, sample).metadata
    assert json.loads(json.dumps(metadata, allow_nan=False)) == metadata


@pytest.mark.parametrize(("extractor", "sample"), cases())
def test_values_are_in_the_vocabulary_in_si_and_lead_back_to_the_tree(
    extractor: Extractor, sample: str, read: Any
) -> None:
    found = read(extractor, sample)
    for field, value in found.normalised.items():
        assert value.unit == FIELDS[field], field
        assert at(found, value.source), f"{field}: {value.source}"
        assert isinstance(value.value, float) == (field == "magnification" or FIELDS[field] != ""), field


@pytest.mark.parametrize(("extractor", "sample"), cases())
def test_axes_fit_the_shape(extractor: Extractor, sample: str, read: Any) -> None:
    for signal in read(extractor, sample).signals:
        assert tuple(axis.size for axis in signal.axes) == signal.shape
        assert all(np.isfinite([axis.scale, axis.offset]).all() for axis in signal.axes)
        assert all(type(size) is int for size in signal.shape)
        assert signal.title
        assert signal.dtype


@pytest.mark.parametrize(("extractor", "sample"), cases())
def test_every_signal_has_a_frame_to_look_at(extractor: Extractor, sample: str, sample_data: Path, read: Any) -> None:
    path = sample_data / "vendor" / sample
    signals = read(extractor, sample).signals
    assert bool(signals) == (extractor.name not in WITHOUT_PICTURES)
    for number in range(min(3, len(signals))):
        frame = extractor.preview(path, companions_of(path), number)
        assert frame.data.ndim in (1, 2) or (frame.data.ndim == 3 and frame.data.shape[2] in (3, 4))
        assert frame.data.dtype.kind in "biufc"
        assert frame.data.size > 0


@pytest.mark.parametrize(("extractor", "sample"), cases())
def test_reading_changes_nothing(extractor: Extractor, sample: str, sample_data: Path) -> None:
    path = sample_data / "vendor" / sample
    before = [
        (hashlib.sha256(file.read_bytes()).digest(), file.stat().st_mtime_ns) for file in [path, *companions_of(path)]
    ]
    extractor.extract(path, companions_of(path))
    after = [
        (hashlib.sha256(file.read_bytes()).digest(), file.stat().st_mtime_ns) for file in [path, *companions_of(path)]
    ]
    assert after == before


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(Limits(cpu_s=5)) as pool:
        yield pool


@pytest.mark.parametrize(("extractor", "sample"), cases())
def test_a_file_cut_off_anywhere_is_read_or_says_why_not(
    extractor: Extractor, sample: str, sample_data: Path, tmp_path: Path, pool: Pool
) -> None:
    path = sample_data / "vendor" / sample
    part = tmp_path / path.name
    whole = path.read_bytes()
    for share in (0.0, 0.1, 0.5, 0.9):
        part.write_bytes(whole[: int(len(whole) * share)])
        outcome = pool.run(part)
        assert (outcome.extraction is None) == bool(outcome.failed)
        assert all(failure.reason and str(tmp_path) not in failure.reason for failure in outcome.failed)
