import gzip
from pathlib import Path

import httpx
import pytest

from lims.jupyter.server.assets import Assets
from tests.jupyter.lab import Lab


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_the_address_changes_with_the_content_and_with_nothing_else(tmp_path: Path) -> None:
    file = write(tmp_path, "a/one.js", "1")
    before = Assets({"own": [tmp_path]}).version
    file.touch()
    assert Assets({"own": [tmp_path]}).version == before
    file.write_text("2")
    assert Assets({"own": [tmp_path]}).version != before


def test_what_was_made_in_memory_counts_as_content(tmp_path: Path) -> None:
    write(tmp_path, "one.js", "1")
    plain, more = Assets({"own": [tmp_path]}), Assets({"own": [tmp_path]})
    more.made["own/bundle.js"] = b"2"
    assert plain.version != more.version
    assert more.read("own/bundle.js").data == b"2"


def test_an_earlier_folder_wins_and_maps_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "first/one.css", "first")
    write(tmp_path, "second/one.css", "second")
    write(tmp_path, "second/one.css.map", "map")
    assets = Assets({"voila": [tmp_path / "first", tmp_path / "second"]})
    assert list(assets.files) == ["voila/one.css"]
    assert assets.read("voila/one.css").data == b"first"


@pytest.mark.parametrize("address", ["../secret", "own/../../secret", "own/", "/etc/passwd", ""])
def test_nothing_outside_the_index_can_be_read(tmp_path: Path, address: str) -> None:
    write(tmp_path, "secret", "s")
    write(tmp_path, "static/one.js", "1")
    with pytest.raises(KeyError):
        Assets({"own": [tmp_path / "static"]}).read(address)


def test_text_is_compressed_and_pictures_are_not(tmp_path: Path) -> None:
    write(tmp_path, "one.js", "1" * 1000)
    write(tmp_path, "one.woff2", "1" * 1000)
    assets = Assets({"own": [tmp_path]})
    packed = assets.read("own/one.js").gzipped
    assert packed is not None
    assert gzip.decompress(packed) == b"1" * 1000
    assert assets.read("own/one.woff2").gzipped is None


def watch_address(lab: Lab) -> str:
    page = lab.get("lims/dashboards/says").text
    return page.partition('defer src="/user/kim/')[2].partition('"')[0]


def test_a_static_file_is_kept_for_ever_at_its_address(lab: Lab) -> None:
    response = lab.get(watch_address(lab))
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Content-Type"] == "application/javascript"


def test_a_page_from_before_an_update_still_gets_its_files(lab: Lab) -> None:
    address = watch_address(lab)
    version = address.split("/-/")[1].split("/")[0]
    response = lab.get(address.replace(version, "0123456789abcdef"))
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-cache"


def test_static_files_are_for_who_is_signed_in(lab: Lab) -> None:
    address = lab.url + watch_address(lab)
    assert httpx.get(address, trust_env=False).status_code == 403
    assert lab.get(watch_address(lab)).status_code == 200
