"""Files that belong together are found by name, however the name is spelled, and read as if it were spelled as ever."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lims.extractors import Limits, Pool
from lims.extractors.companions import Group, group_companions
from lims.extractors.rosetta import extractor
from lims.model import Extraction

SETS = {
    "ripple": ("rpl", "test_ripple_sdim-1_ndim-2_uint8_meta", (".rpl", ".raw")),
    "merlin": ("mib", "002_merlin_test_roi_sig256x128_nav4x2_hot_pixel_52x_39y", (".mib", ".hdr")),
    "tescan": ("tiff", "tescan-pfib_dataZeroed", (".tif", ".hdr")),
    "tia": ("ser_emi", "16_STOimage", (".emi", "_1.ser")),
    "tvips": ("tvips", "test_tvips_2345_split", ("_000.tvips", "_001.tvips", "_002.tvips")),
}
SPELLINGS: dict[str, Callable[[str, int], str]] = {
    "as ever": lambda name, number: name,
    "all in capitals": lambda name, number: name.upper(),
    "companions in capitals": lambda name, number: name if number == 0 else name.upper(),
    "blanks and letters": lambda name, number: f"Prüf ling 3 [a] %20 {name}",
}


def read(folder: Path, main: str) -> Extraction:
    group = next(g for g in group_companions([file.name for file in folder.iterdir()]) if g.main == main)
    return extractor.extract(folder / main, [folder / name for name in group.companions])


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("which", SETS)
def test_a_set_of_files_is_read_under_any_spelling(
    sample_data: Path, tmp_path: Path, which: str, spelling: str
) -> None:
    folder, stem, endings = SETS[which]
    expected = read(sample_data / "vendor" / folder, stem + endings[0])
    names = [SPELLINGS[spelling](stem + ending, number) for number, ending in enumerate(endings)]
    for ending, name in zip(endings, names, strict=True):
        shutil.copyfile(sample_data / "vendor" / folder / (stem + ending), tmp_path / name)
    assert group_companions(names) == [Group(names[0], tuple(sorted(names[1:])))]
    found = read(tmp_path, names[0])
    assert [(one.shape, one.axes) for one in found.signals] == [(one.shape, one.axes) for one in expected.signals]
    values = {name: value.value for name, value in found.normalised.items() if name != "title"}
    assert values == {name: value.value for name, value in expected.normalised.items() if name != "title"}
    assert found.warnings == expected.warnings


def test_a_tree_with_blanks_in_its_name_is_one_dataset(sample_data: Path, tmp_path: Path) -> None:
    tree = tmp_path / "my [map] 3.ZSPY"
    shutil.copytree(sample_data / "vendor/zspy/signal1d_10x10-NestedDirectoryStore.zspy", tree)
    keys = [str(file.relative_to(tmp_path)) for file in tree.rglob("*") if file.is_file()]
    (group,) = group_companions(keys)
    assert group.main == tree.name
    found = extractor.extract(tree, [tmp_path / key for key in group.companions])
    assert [signal.shape for signal in found.signals] == [(10, 10)]


def test_a_merlin_file_larger_than_a_readers_memory_is_mapped(tmp_path: Path) -> None:
    """Three GiB, nearly all of them a hole; a reader may have one."""
    settings = "0.001000,0,0,0," + "0.0E+0," * 8 + "3RX," + "000," * 27
    head = f"MQ1,000001,00384,01,1024,1024,U08,   1x1,01,2021-04-15 14:43:02.396481,{settings}"
    frame = (head + "MQ1A,2021-04-15T13:43:02.396481181Z,1000000ns,6,").encode().ljust(384, b" ")
    path = tmp_path / "big.mib"
    with path.open("wb") as file:
        file.write(frame)
        file.truncate(3072 * (384 + 1024 * 1024))
    with Pool(Limits(data_bytes=1 << 30)) as pool:
        outcome = pool.run(path)
    assert outcome.extraction is not None
    assert [signal.shape for signal in outcome.extraction.signals] == [(3072, 1024, 1024)]
