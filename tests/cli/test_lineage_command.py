"""`lims lineage`, `settle-run` and `export`: their documents, and what they say to people."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from lims.facility.local import LocalFacility
from lims.provenance.content import byte_hash, content_hash
from tests.cli.conftest import Lims
from tests.facilities import write_facility
from tests.facility.running.people import write_image


@dataclass(frozen=True)
class Made:
    """Of Eve a transform, of that a figure; beside it a section of Eve. seen: read beside what was declared."""

    folder: Path
    eve: str
    transform: str
    figure: str
    section: str
    runs: tuple[str, str]
    doubt: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    place = tmp_path_factory.mktemp("lineage")
    folder = write_facility(place / "facility")
    for number, name in enumerate(("eve.tif", "other.tif")):
        write_image(folder / "store/Titan_TEM" / name, number)
    with LocalFacility(folder) as facility:
        facility.harvest(all=True)
        raw = folder / "store/Titan_TEM"
        eve, other = (facility.locate(str(raw / name)).id for name in ("eve.tif", "other.tif"))
        runs, ids = [], []
        parent = eve
        for number, (name, relation) in enumerate((("fft.png", "FFT"), ("figure.png", "figure of"))):
            about = {"packages": {"numpy": f"2.{number}"}}
            run = facility.begin_run(f"{relation}.py", environment=about, kind="script")
            facility.record_read(run.id, parent)
            path = write_image(place / name, number + 5)
            hashes = {"content_hash": content_hash(path)}
            saved = facility.save_derived(path, name, parents=[parent], relation=relation, run=run.id, **hashes)
            facility.finish_run(run.id, "done")
            parent = saved.id
            runs.append(run.id)
            ids.append(saved.id)
        section = facility.import_derived(
            write_image(place / "section.png", 20), parents=[eve], relation="crop", params={"width": 8, "height": 8}
        )
        doubt = facility.relate(section.id, other, "beside").id
    return Made(folder, eve, ids[0], ids[1], section.id, (runs[0], runs[1]), doubt)


@pytest.fixture
def here(lims: Lims, made: Made) -> Lims:
    return lambda *words: lims("--facility", str(made.folder), *words)


def test_the_document_of_a_lineage_has_the_promised_fields(here: Lims, made: Made) -> None:
    told = here("lineage", made.figure, "--ancestors", "--json")
    assert told.code == 0
    nodes, edges = told.document["nodes"], told.document["edges"]
    assert [(one["id"], one["kind"], one["name"]) for one in nodes] == [
        (made.figure, "dataset", "figure.png"),
        (made.transform, "dataset", "fft.png"),
        (made.eve, "dataset", "eve.tif"),
    ]
    assert all(len(one["sha256"]) == 64 for one in nodes)
    assert {"from", "to", "relation", "params", "source", "run", "sentence", "doubt"} <= edges[0].keys()
    told_edges = {(one["from"], one["to"]): (one["relation"], one["source"], one["run"]) for one in edges}
    assert told_edges == {
        (made.eve, made.transform): ("FFT", "declared", made.runs[0]),
        (made.transform, made.figure): ("figure of", "declared", made.runs[1]),
    }


def test_people_are_told_each_step_and_how_it_is_known(here: Lims, made: Made) -> None:
    told = here("lineage", made.eve, "--descendants")
    assert told.code == 0
    assert told.out.splitlines()[0].split() == ["from", "by", "to", "known", "because", "run"]
    assert "imported" in told.out
    assert "declared" in told.out


def test_what_both_come_from_and_the_way_between_are_told_in_sentences(here: Lims, made: Made) -> None:
    told = here("lineage", made.figure, "--common", made.section)
    assert told.code == 0
    assert f"Both come from eve.tif ({made.eve})." in told.out
    assert "fft.png is the FFT of eve.tif" in told.out
    assert "section.png is the section of eve.tif of 8 × 8 px" in told.out
    assert here("lineage", made.figure, "--common", made.section, "--json").document["nearest"] == [made.eve]
    way = here("lineage", made.eve, "--path-to", made.figure, "--json").document
    assert {one["id"] for one in way["nodes"]} == {made.eve, made.transform, made.figure}


def test_what_rests_on_an_instrument_or_a_package_is_listed(here: Lims, made: Made) -> None:
    def names(*words: str) -> set[str]:
        told = here("lineage", *words, "--json")
        assert told.code == 0
        return {one["name"] for one in told.document["nodes"]}

    assert names("--instrument", "titan") >= {"fft.png", "figure.png", "section.png"}
    assert not names("--instrument", "titan", "--before", "2020-01-01") & {"fft.png", "figure.png"}
    assert names("--package", "numpy==2.1") == {"figure.png"}
    assert names("--package", "numpy==2.0") == {"fft.png", "figure.png"}
    assert names("--package", "scipy") == set()


def test_which_run_made_a_picture_is_found_though_it_was_saved_otherwise(
    here: Lims, made: Made, tmp_path: Path
) -> None:
    same = write_image(tmp_path / "mine.png", 6)
    (maker,) = here("lineage", "--made", str(same), "--json").document
    assert (maker["dataset"], maker["same_bytes"], maker["runs"]) == (made.figure, True, [made.runs[1]])
    again = tmp_path / "again.png"
    Image.open(same).save(again, compress_level=0)
    assert byte_hash(again) != byte_hash(same)
    told = here("lineage", "--made", str(again))
    assert told.code == 0
    assert "the same content" in told.out
    assert made.runs[1] in told.out
    odd = write_image(tmp_path / "odd.png", 77)
    assert "Nothing in the facility is what odd.png is." in here("lineage", "--made", str(odd)).out
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    told = here("lineage", "--made", str(broken))
    assert (told.code, told.err) == (0, ""), "bytes it has all the same"


def test_what_changed_between_two_runs_is_told(here: Lims, made: Made) -> None:
    told = here("lineage", made.runs[0], "--changed", made.runs[1])
    assert told.code == 0
    assert "package numpy" in told.out
    assert here("lineage", made.runs[0], "--changed", made.runs[1], "--json").document["same"] is False
    assert "Nothing is different." in here("lineage", made.runs[0], "--changed", made.runs[0]).out


def test_a_graph_is_written_for_graphviz_and_as_prov(here: Lims, made: Made, tmp_path: Path) -> None:
    dot = here("lineage", made.figure, "--dot").out
    assert dot.startswith("digraph")
    assert made.figure in dot
    prov = here("lineage", made.figure, "--prov").document
    assert {"entity", "activity"} <= prov.keys()
    assert here("export", made.figure, "--format", "prov", "--to", str(tmp_path / "a.json")).code == 0
    assert {"entity", "activity"} <= json.loads((tmp_path / "a.json").read_text()).keys()


def test_a_result_with_its_lineage_becomes_a_crate_with_its_files(here: Lims, made: Made, tmp_path: Path) -> None:
    words = ["--format", "ro-crate", "--to", str(tmp_path / "crate"), "--licence", "CC-BY-4.0"]
    told = here("export", made.figure, *words)
    assert told.code == 0, told.err
    about = json.loads((tmp_path / "crate/ro-crate-metadata.json").read_text())
    files = {path.name for path in (tmp_path / "crate").rglob("*") if path.is_file()}
    assert {"eve.tif", "fft.png", "figure.png"} <= files
    types = [one["@type"] for one in about["@graph"]]
    assert types.count("CreateAction") == 2


def test_an_edge_that_is_wrong_is_rejected_and_no_longer_followed(here: Lims, made: Made) -> None:
    run = here("lineage", made.section, "--json").document
    assert "other.tif" in {one["name"] for one in run["nodes"]}
    assert "Nothing is in doubt about" in here("settle-run", made.runs[0]).out
    told = here("settle-run", made.runs[0], made.doubt, "--reject")
    assert told.code == 0, told.err
    assert "1 settled: rejected." in told.out
    assert "other.tif" not in {one["name"] for one in here("lineage", made.section, "--json").document["nodes"]}


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["lineage"], 2, "Of what?"),
        (["lineage", "dat-zzzzzzzzzz"], 1, "dat-zzzzzzzzzz"),
        (["lineage", "nonsense"], 2, "nonsense"),
        (["lineage", "--instrument", "no-such"], 1, "no-such"),
        (["lineage", "--instrument", "titan", "--after", "whenever"], 2, "whenever"),
        (["lineage", "{figure}", "--changed", "run-zzzzzzzzzz"], 1, "No run"),
        (["lineage", "--made", "no-such.png"], 2, "no-such.png"),
        (["export", "{figure}", "--format", "gif", "--to", "x"], 2, "gif"),
        (["export", "dat-zzzzzzzzzz", "--format", "dot", "--to", "x"], 1, "dat-zzzzzzzzzz"),
    ],
)
def test_what_is_wrong_is_a_sentence(here: Lims, made: Made, words: list[str], code: int, text: str) -> None:
    told = here(*(word.format(figure=made.figure) for word in words))
    assert text in told.err
    assert told.code == code
