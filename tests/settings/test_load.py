"""facility.toml: what it says becomes settings, and what is wrong in it is named with what to do."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lims.errors import Invalid, NoFacility
from lims.model import Rhythm
from lims.settings import Settings, load_settings
from lims.settings.template import facility_toml

HEAD = '[facility]\nname = "Demo"\n'
TITAN = '[stores.raw]\nurl = "raw"\n[instruments.titan]\nname = "Titan TEM"\n'

MAIL = HEAD + '[mail]\nhost = "smtp"\n'
BETTER = HEAD + TITAN + 'store = "raw"\n[[instruments.titan.corrections]]\nnote = "gold"\n'
CORRECTION = "instruments.titan.corrections.0"


def loaded(folder: Path, text: str) -> Settings:
    (folder / "facility.toml").write_text(text, encoding="utf-8")
    return load_settings(folder)


def test_a_folder_without_the_file_is_no_facility(tmp_path: Path) -> None:
    with pytest.raises(NoFacility, match=r"lims init"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("text", "which", "says"),
    [
        ('[facility]\nname = "A"\ntimezon = "UTC"\n', "facility.timezon", "there is no such key"),
        (HEAD + "[harvset]\n", "harvset", "there is no such key"),
        (HEAD + TITAN + 'store = "raw"\nprefx = "x/"\n', "instruments.titan.prefx", "there is no such key"),
        ('folder = "elsewhere"\n' + HEAD, "folder", "there is no such key"),
        ("[facility]\nname = 3\n", "facility.name", "valid string"),
        (HEAD + '[harvest]\nsettle_s = "long"\n', "harvest.settle_s", "valid number"),
        (HEAD + "[harvest]\nworkers = 0\n", "harvest.workers", "greater than or equal to 1"),
        (HEAD + '[harvest]\nengine = "dask"\n', "harvest", "needs scheduler or workers in [harvest.dask]"),
        (HEAD + '[harvest]\nengine = "dask"\ndask = {scheduler = "tls://a:1", workers = 2}\n', "harvest", "one of"),
        (HEAD + '[harvest.dask]\nscheduler = "localhost"\n', "harvest.dask.scheduler", "match pattern"),
        (HEAD + "[mail]\nhost = 'smtp'\n", "mail.from", "it is required"),
        (MAIL + 'from = "lims"\n', "mail.from", "no e-mail address"),
        (MAIL + 'from = "a@b.c\\nBcc: x@y.z"\n', "mail.from", "no e-mail address"),
        (MAIL + 'from = "a@b.c"\nuser = "lims"\nstarttls = false\n', "mail", "never sent without TLS"),
        (MAIL + 'from = "a@b.c"\npassword = "x"\n', "mail.password", "there is no such key"),
        (HEAD + '[alerts]\nwebhooks = ["https://hooks.example.org"]\n', "alerts.webhooks", "no host"),
        (HEAD + '[alerts]\nwebhooks = ["*"]\n', "alerts.webhooks", "no host"),
        (HEAD + "[alerts]\ndigest_s = -1\n", "alerts.digest_s", "greater than or equal to 0"),
        (HEAD + '[alerts]\naddress = "javascript:x"\n', "alerts.address", "match pattern"),
        ("stores = 3\n" + HEAD, "stores", "dictionary"),
        (HEAD + "[stores]\nraw = 3\n", "stores.raw", "dictionary"),
        (HEAD + TITAN + 'store = "raw"\nprefix = "/Titan/"\n', "instruments.titan.prefix", "from the store's root"),
        (HEAD + TITAN + 'store = "raw"\nprefix = "../Titan"\n', "instruments.titan.prefix", "no folder of a store"),
        (HEAD + TITAN + 'store = "raw"\nclock_offset_s = nan\n', "instruments.titan.clock_offset_s", "finite"),
        (HEAD + "[stores.raw]\nwritable = true\n", "stores.raw.url", "required"),
        ("[stores.raw]\nurl = 'raw'\n", "facility", "required"),
        (BETTER + 'field = "camera_lenght"\nfactor = 2\n', CORRECTION + ".field", "there are: camera_length"),
        (BETTER + 'field = "operator"\nfactor = 2\n', CORRECTION, "it is text"[3:]),
        (BETTER + 'field = "operator"\nvalue = 2\n', CORRECTION, "must be text"),
        (BETTER + 'field = "camera_length"\nvalue = "2 m"\n', CORRECTION, "must be a number"),
        (BETTER + 'field = "camera_length"\nvalue = inf\n', CORRECTION, "must be finite"),
        (BETTER + 'field = "camera_length"\n', CORRECTION, "say one of"),
        (BETTER + 'field = "camera_length"\nfactor = 2\ntrusted = false\n', CORRECTION, "say one of"),
        (BETTER.replace('"gold"', '""') + 'field = "camera_length"\nfactor = 2\n', CORRECTION + ".note", "character"),
        (BETTER.replace("note", "nte") + 'field = "camera_length"\nfactor = 2\n', CORRECTION + ".nte", "no such key"),
        (
            BETTER + 'field = "camera_length"\nfactor = 2\nfrom = 2020-01-01\nuntil = 2019-01-01\n', CORRECTION,
            "until (2019-01-01) is not after from (2020-01-01)",
        ),
        (HEAD + '[harvest]\nignore = ["!"]\n', "harvest.ignore", "'!' is no pattern"),
        (HEAD + TITAN + 'store = "raw"\nignore = ["[z-a]"]\n', "instruments.titan.ignore", "as in a .gitignore"),
        ('[facility]\nname = "A"\ntimezone = "Mars/Base"\n', "facility.timezone", "write one like Europe/Berlin"),
    ],
)
def test_a_mistake_is_named_by_file_and_key(tmp_path: Path, text: str, which: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        loaded(tmp_path, text)
    assert refused.value.message.startswith(f"{tmp_path / 'facility.toml'}: {which}: ")
    assert says in refused.value.message
    assert refused.value.hint == "Correct it and try again."


@pytest.mark.parametrize("content", [b"[facility\n", b'[facility]\nname = "Gr\xf6\xdfe"\n'])
def test_what_is_no_toml_is_named_by_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "facility.toml").write_bytes(content)
    with pytest.raises(Invalid, match=r"facility\.toml is not valid TOML"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    "table", ['store = "nas"\n', '[[instruments.titan.sources]]\nstore = "nas"\nprefix = "Titan_EDS/"\n']
)
def test_an_instrument_in_a_store_that_is_not_there_is_told_which_there_are(tmp_path: Path, table: str) -> None:
    with pytest.raises(Invalid) as refused:
        loaded(tmp_path, HEAD + TITAN + table)
    assert "instrument 'titan' names the store 'nas'" in refused.value.message
    assert refused.value.hint == "Add [stores.nas] or use one of: derived, imported, raw."


@pytest.mark.parametrize("name", ["derived", "imported"])
def test_what_the_lims_writes_has_a_home_unless_the_site_names_another(tmp_path: Path, name: str) -> None:
    own = loaded(tmp_path, HEAD).stores[name]
    assert (own.url, own.writable) == (name, True)
    elsewhere = loaded(tmp_path, HEAD + f'[stores.{name}]\nurl = "file:///srv/elsewhere"\nwritable = true\n')
    assert elsewhere.stores[name].url == "file:///srv/elsewhere"


def test_an_instrument_has_the_facilitys_zone_unless_it_names_its_own(tmp_path: Path) -> None:
    text = '[facility]\nname = "A"\ntimezone = "Europe/Berlin"\n' + TITAN
    assert [one.timezone for one in loaded(tmp_path, text).instrument_list()] == ["Europe/Berlin"]
    (titan,) = loaded(tmp_path, text + 'timezone = "America/New_York"\n').instrument_list()
    assert titan.timezone == "America/New_York"


def test_patterns_of_facility_instrument_and_source_add_up_in_this_order(tmp_path: Path) -> None:
    source = '[[instruments.titan.sources]]\nstore = "raw"\nprefix = "EDS/"\nignore = ["!c"]\n'
    text = HEAD + TITAN + 'store = "raw"\nignore = ["b"]\n' + source + '[harvest]\nignore = ["a", "c"]\n'
    (titan,) = loaded(tmp_path, text).instrument_list()
    assert [one.ignore for one in titan.sources] == [("a", "c", "b"), ("a", "c", "b", "!c")]


def test_the_short_form_of_a_source_is_one_more_beside_the_long_ones(tmp_path: Path) -> None:
    more = '[[instruments.titan.sources]]\nstore = "raw"\nprefix = "Titan_EDS/"\nclock_offset_s = 40.0\n'
    window = "from = 2018-11-13T00:00:00Z\nuntil = 2019-01-01T00:00:00Z\n"
    text = HEAD + TITAN + 'store = "raw"\nprefix = "Titan_TEM/"\n' + more + window
    (titan,) = loaded(tmp_path, text).instrument_list()
    assert [(one.prefix, one.clock_offset_s) for one in titan.sources] == [("Titan_TEM/", 0.0), ("Titan_EDS/", 40.0)]
    assert (titan.sources[1].valid_from, titan.sources[1].valid_to) == (
        datetime(2018, 11, 13, tzinfo=UTC),
        datetime(2019, 1, 1, tzinfo=UTC),
    )


def test_the_file_of_a_new_facility_loads_also_under_a_name_that_needs_escapes(tmp_path: Path) -> None:
    settings = loaded(tmp_path, facility_toml('Größe "5" \\ 中', "Europe/Berlin", ["m.keller"]))
    assert settings.facility.name == 'Größe "5" \\ 中'
    assert settings.access.staff == ("m.keller",)


def test_every_example_in_a_new_facilitys_file_is_true(tmp_path: Path) -> None:
    """A person takes away the # before a table or a value: it is accepted, and values are the defaults."""
    text = re.sub(r"(?m)^# (?=\[|\w+ = )", "", facility_toml("A", "Europe/Berlin", []))
    settings = loaded(tmp_path, text)
    assert set(settings.stores) == {"raw", "derived", "imported"}
    assert [one.id for one in settings.instrument_list()] == ["titan"]
    assert len(settings.instrument_list()[0].sources) == 2
    default = Settings.model_fields["harvest"].default
    assert settings.harvest.activities.over(Rhythm()) == Rhythm()
    assert settings.harvest.model_copy(update={"activities": default.activities}) == default
    assert settings.imports == Settings.model_fields["imports"].default


def test_from_and_until_without_a_zone_are_the_instruments(tmp_path: Path) -> None:
    source = '[[instruments.titan.sources]]\nstore = "raw"\nprefix = "T/"\nfrom = 2018-01-01T00:00:00\n'
    settings = loaded(tmp_path, HEAD + TITAN + 'timezone = "America/New_York"\n' + source)
    (instrument,) = settings.instrument_list()
    assert instrument.sources[0].valid_from == datetime(2018, 1, 1, 5, tzinfo=UTC)
