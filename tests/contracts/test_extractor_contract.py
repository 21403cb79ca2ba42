"""What every extractor promises, ours and others': each registered one is held to it with the samples named here."""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lims.extractors.companions import Group, group_companions
from lims.extractors.contract import OF_EXTRACTORS, OF_SAMPLES, Sample
from lims.plugins import BUILT_IN, EXTRACTORS, Extractor, extractors

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
    "bioimaging": (
        "czi/s_1_t_1_c_1_z_1.czi",
        "czi/tiles_z.czi",
        "lif/testdata_2channel_xz.lif",
    ),
    "pointcloud": ("pcd/ascii.pcd", "pcd/ascii_with_underscore.pcd", "pcd/ascii_multi_count.pcd"),
    "pictures": ("image/renishaw_wire.jpg", "ebsd/nordif/nordif/Background acquisition pattern.bmp"),
    "tables": (
        "sensorlog/chiller_log.csv",
        "text/text_preview_test_data.txt",
        "impulse/changed_file_name.csv",
        "protochips/invalid_protochips_file.csv",
    ),
    "text": ("text/text_preview_jeol_ansi.txt", "semcsv/ToastedBreakFastSDD.xml"),
    "unknown": ("jeol/jeol_seq_eds_files.zip",),
    "hdf5": (
        "beamline/synthetic_nxxas_like.h5",
        "nxs/nexus_dls_example_no_axes.nxs",
        "nxs/nexus_test_datakey.nxs",
        "h5oina/patterns.h5oina",
        "ebsd/patterns.h5",
        "zdf/synthetic_like.zdf",
    ),
    "ebsd": ("ebsd/edax_binary.up1", "ebsd/edax_binary.up2", "ebsd/patterns.ebsp", "ebsd/nordif/nordif/Pattern.dat"),
    "merlin": ("mib/Single_9_Frame_CounterDepth_1_Rows_256RAW.mib",),
}
WITHOUT_PICTURES = ("text", "unknown")


def cases() -> Iterator[Any]:
    for extractor in extractors():
        for name in SAMPLES.get(extractor.name, ()):
            for promise in OF_SAMPLES:
                yield pytest.param(extractor, name, promise, id=f"{extractor.name}-{name}-{promise.__name__}")


def sample_at(path: Path) -> Sample:
    groups = group_companions([file.name for file in path.parent.iterdir()])
    group = next((group for group in groups if group.main == path.name), Group(path.name))
    return Sample(path, tuple(path.parent / name for name in group.companions))


def test_every_registered_extractor_has_samples() -> None:
    assert {extractor.name for extractor in extractors()} <= set(SAMPLES)


def test_the_built_ins_are_registered_as_anybody_elses() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert tuple(project["entry-points"][EXTRACTORS].items()) == BUILT_IN


@pytest.mark.parametrize("promise", OF_EXTRACTORS)
@pytest.mark.parametrize("extractor", extractors(), ids=lambda extractor: extractor.name)
def test_an_extractor_keeps_its_promise(extractor: Extractor, promise: Callable[[Extractor], None]) -> None:
    promise(extractor)


@pytest.mark.parametrize(("extractor", "name", "promise"), cases())
def test_a_sample_is_read_as_promised(
    extractor: Extractor, name: str, promise: Callable[[Extractor, Sample], None], sample_data: Path
) -> None:
    promise(extractor, sample_at(sample_data / "vendor" / name))


@pytest.mark.parametrize("extractor", extractors(), ids=lambda extractor: extractor.name)
def test_all_but_the_last_ones_have_pictures(extractor: Extractor, sample_data: Path) -> None:
    has_signals = [
        bool(extractor.extract(one.path, one.companions).signals)
        for one in (sample_at(sample_data / "vendor" / name) for name in SAMPLES[extractor.name])
    ]
    assert set(has_signals) == {extractor.name not in WITHOUT_PICTURES}
