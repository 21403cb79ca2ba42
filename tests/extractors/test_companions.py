import pytest

from lims.extractors.companions import Group, awaited, group_companions, is_junk, locks_of


def test_an_emi_is_the_main_file_of_all_its_ser_files() -> None:
    keys = ["s/scan_001_2.ser", "s/scan_001.emi", "s/scan_001_1.ser", "s/scan_002_1.ser"]
    assert group_companions(keys) == [
        Group("s/scan_001.emi", ("s/scan_001_1.ser", "s/scan_001_2.ser")),
        Group("s/scan_002_1.ser"),
    ]


def test_a_header_belongs_to_the_mib_or_tif_of_its_name_and_stands_alone_without() -> None:
    groups = group_companions(["a.mib", "a.hdr", "b.tif", "b.hdr", "c.hdr"])
    assert groups == [Group("a.mib", ("a.hdr",)), Group("b.tif", ("b.hdr",)), Group("c.hdr")]


def test_raw_belongs_to_its_rpl_whatever_the_case_of_the_names() -> None:
    assert group_companions(["Map.RAW", "map.rpl", "other.raw"]) == [Group("map.rpl", ("Map.RAW",)), Group("other.raw")]


def test_a_zspy_tree_is_one_dataset_with_its_hidden_files() -> None:
    keys = ["d/x.zspy/.zattrs", "d/x.zspy/Experiments/__unnamed__/data/0.0", "d/y.dm3"]
    assert group_companions(keys) == [Group("d/x.zspy", tuple(keys[:2])), Group("d/y.dm3")]


def test_tvips_parts_belong_to_the_first() -> None:
    assert group_companions(["m_001.tvips", "m_000.tvips"]) == [Group("m_000.tvips", ("m_001.tvips",))]


def test_direct_electron_info_and_coordinates_belong_to_the_movie() -> None:
    keys = ["r/Custom_info.txt", "r/Custom_movie.mrc", "r/Custom_scan_coordinates.csv", "r/notes.txt"]
    assert group_companions(keys) == [Group("r/Custom_movie.mrc", (keys[0], keys[2])), Group("r/notes.txt")]


def test_files_of_a_jeol_analysis_belong_to_its_asw_unless_two_could_own_them() -> None:
    files = ("p/Sample/00_View/v_0.img", "p/Sample/00_View/v_1.map", "p/Sample/00_View/v_6.pts")
    assert group_companions(["p/a.ASW", *files]) == [Group("p/a.ASW", files)]
    assert len(group_companions(["p/a.ASW", "p/b.ASW", *files])) == 5


def test_an_empad_raw_belongs_to_the_one_xml_beside_it() -> None:
    assert group_companions(["e/scan_x4_y4.raw", "e/run.xml"]) == [Group("e/run.xml", ("e/scan_x4_y4.raw",))]


def test_two_files_that_name_each_other_are_both_kept() -> None:
    groups = group_companions(["a.hdr", "a.hdr.mib", "a.mib"])
    assert sorted([group.main, *group.companions] for group in groups) == [["a.hdr.mib"], ["a.mib", "a.hdr"]]


def test_leftovers_of_systems_and_editors_are_junk_and_data_is_not() -> None:
    junk = ["a/Thumbs.db", "test_ignore.db", ".DS_Store", "a/.git/config", "~$report.docx", "x.dm3.part", "f.tif~"]
    data = ["a/image.dm3", "a.b/c.tif", "x.zspy/.zgroup", "database.txt", "ü & <odd> 'name'.emi"]
    assert [key for key in junk if not is_junk(key)] == []
    assert [key for key in data if is_junk(key)] == []
    assert group_companions(junk) == []


def test_the_planes_of_an_oif_belong_to_it_and_the_pixels_of_an_xlif_to_its_words() -> None:
    planes = ("r/A.oif.files/s_C001.pty", "r/A.oif.files/s_C001.tif")
    keys = ["r/A.oif", *planes, "r/B.lof", "r/b.xlif", "r/C.lof"]
    assert group_companions(keys) == [Group("r/A.oif", planes), Group("r/C.lof"), Group("r/b.xlif", ("r/B.lof",))]


def test_dectris_data_and_the_description_of_the_scan_belong_to_the_master() -> None:
    names = ["a/s_master.h5", "a/s.h5", "a/s_data_000001.h5", "a/s_data_000002.h5", "a/t_data_000001.h5", "a/other.h5"]
    groups = {group.main: group.companions for group in group_companions(names)}
    assert groups == {
        "a/s_master.h5": ("a/s.h5", "a/s_data_000001.h5", "a/s_data_000002.h5"),
        "a/t_data_000001.h5": (),
        "a/other.h5": (),
    }


def test_nordifs_settings_and_pictures_belong_to_its_patterns() -> None:
    names = ["n/Pattern.dat", "n/Setting.txt", "n/Background acquisition pattern.bmp", "n/Calibration (1,2).bmp"]
    others = ["n/notes.txt", "n/photo.bmp", "m/Setting.txt", "m/Area.bmp"]
    groups = {group.main: group.companions for group in group_companions([*names, *others])}
    assert groups.pop("n/Pattern.dat") == tuple(sorted(names[1:]))
    assert groups == dict.fromkeys(others, ())


def test_a_merlin_header_belongs_to_the_first_part_of_its_numbered_files() -> None:
    names = ["a/run.hdr", "a/run_000002.mib", "a/run_000001.mib", "a/runner.mib", "b/run.hdr"]
    groups = {group.main: group.companions for group in group_companions(names)}
    assert groups.pop("a/run_000001.mib") == ("a/run.hdr",)
    assert set(groups) == {"a/run_000002.mib", "a/runner.mib", "b/run.hdr"}


@pytest.mark.parametrize(
    ("keys", "lacking"),
    [
        (["d/A.EMI"], ".ser"),
        (["d/a.emi", "d/a_1.ser"], ""),
        (["d/a.tif", "d/a.hdr"], ""),
        (["d/a.hdr"], ".mib or .tif or .tiff"),
        (["d/a.xml", "d/scan_x4_y4.raw"], ""),
        (["d/a.tif", "d/a.tif.mdoc"], ""),
        (["d/a.mrc"], ""),
        (["d/a.dm3"], ""),
        (["d/a.zspy", "d/a.zspy/.zgroup"], ""),
    ],
)
def test_what_a_part_is_written_together_with_is_awaited(keys: list[str], lacking: str) -> None:
    assert awaited(keys) == lacking


def test_an_mdoc_is_awaited_where_serialem_writes() -> None:
    assert awaited(["d/a.mrc"], {"d"}) == ".mdoc"
    assert awaited(["d/a.mrc", "d/a.mrc.mdoc"], {"d"}) == ""
    assert awaited(["e/a.mrc"], {"d"}) == ""


def test_a_lock_lies_beside_its_file_and_is_itself_no_data() -> None:
    """A Word document's owner file loses two letters of a longer name."""
    locks = set(locks_of("d/report.docx"))
    names = ("report.docx.lock", "~$report.docx", "~$port.docx", ".~lock.report.docx#", ".report.docx.swp")
    assert {f"d/{name}" for name in names} <= locks
    assert all(is_junk(lock) for lock in locks)
