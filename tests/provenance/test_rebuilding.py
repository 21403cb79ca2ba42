"""Real environments, of wheels that the tests make themselves: no network."""

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from wheels import record_hash, wheel

import lims
from lims.errors import Invalid, Unavailable
from lims.provenance import environment, rebuilding
from lims.provenance.environments import Change
from lims.provenance.rebuilding import last_line, rebuild, refused


@pytest.fixture
def wheelhouse(tmp_path):
    for name, version in (("tiny", "1.0"), ("tiny", "2.0"), ("other", "0.3")):
        wheel(tmp_path / "wheels", name, version, f"version = {version!r}\ndef main(): pass\n")
    return tmp_path / "wheels"


def recorded(**packages: str) -> dict[str, Any]:
    """As a run records it, with the hashes that the wheels' code has."""
    return {
        "packages": packages,
        "package_hashes": {name: code(name, version) for name, version in packages.items()},
        "used": list(packages),
        "python": {"version": platform.python_version(), "implementation": platform.python_implementation()},
        "system": environment.describe()["system"],
    }


def code(name: str, version: str) -> str:
    text = f"version = {version!r}\ndef main(): pass\n"
    return environment.code_hash([f"{name}.py,{record_hash(text)},{len(text)}"])


def asked(python: Path, expression: str) -> str:
    done = subprocess.run([python, "-I", "-c", f"print({expression})"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(params=["uv", "pip"])
def installer(request, monkeypatch):
    if request.param == "pip":
        monkeypatch.setattr(rebuilding, "find_uv", lambda: None)
    else:
        assert rebuilding.find_uv() is not None
    return request.param


def test_the_recorded_versions_are_installed_and_nothing_differs(tmp_path, wheelhouse, installer):
    built = rebuild(recorded(tiny="1.0", other="0.3"), tmp_path / "built", wheelhouse=wheelhouse)
    assert built.differences == ()
    assert asked(built.python, "__import__('tiny').version") == "1.0"
    assert asked(built.python, "__import__('importlib.util').util.find_spec('numpy')") == "None"


def test_a_package_that_cannot_be_had_is_named(tmp_path, wheelhouse, installer):
    with pytest.raises(Unavailable, match=r"tiny 9\.9.*used"):
        rebuild(recorded(tiny="9.9", other="0.3"), tmp_path / "built", wheelhouse=wheelhouse)
    with pytest.raises(Unavailable, match=r"absent 1\.0.*used"):
        rebuild(recorded(tiny="1.0", absent="1.0"), tmp_path / "built", wheelhouse=wheelhouse)


def test_a_package_that_was_not_used_is_left_out_where_it_cannot_be_had_and_told(tmp_path, wheelhouse, installer):
    wanted = recorded(tiny="1.0", absent="1.0", other="7")
    built = rebuild({**wanted, "used": ["tiny"]}, tmp_path / "built", wheelhouse=wheelhouse)
    assert built.differences == (
        Change("unused package absent", "1.0", "", False),
        Change("unused package other", "7", "", False),
    )


def test_a_second_time_the_same_environment_is_found_again(tmp_path, wheelhouse):
    first = rebuild(recorded(tiny="1.0"), tmp_path / "built", wheelhouse=wheelhouse)
    made = first.python.parent.parent.stat().st_ctime_ns
    for wheel_file in wheelhouse.iterdir():
        wheel_file.unlink()
    again = rebuild(recorded(tiny="1.0"), tmp_path / "built", wheelhouse=wheelhouse)
    assert again == first
    assert again.python.parent.parent.stat().st_ctime_ns == made


def test_one_that_was_not_finished_is_built_anew(tmp_path, wheelhouse):
    first = rebuild(recorded(tiny="1.0"), tmp_path / "built", wheelhouse=wheelhouse)
    place = first.python.parent.parent
    (place / "done").unlink()
    next(place.glob("lib/*/site-packages/tiny.py")).unlink()
    again = rebuild(recorded(tiny="1.0"), tmp_path / "built", wheelhouse=wheelhouse)
    assert asked(again.python, "__import__('tiny').version") == "1.0"


def test_another_lock_is_another_environment(tmp_path, wheelhouse):
    one, two = (rebuild(recorded(tiny=v), tmp_path / "b", wheelhouse=wheelhouse) for v in ("1.0", "2.0"))
    assert one.python != two.python
    assert [asked(built.python, "__import__('tiny').version") for built in (one, two)] == ["1.0", "2.0"]


def test_other_code_under_the_recorded_version_is_told(tmp_path, wheelhouse):
    wheel(wheelhouse, "tiny", "1.0", "version = 'tampered with'\n")
    built = rebuild(recorded(tiny="1.0"), tmp_path / "built", wheelhouse=wheelhouse)
    (change,) = built.differences
    assert (change.what, change.counts) == ("package tiny", True)
    assert change.before.startswith(f"1.0 (code {code('tiny', '1.0')[:12]}")


def test_our_own_package_is_the_present_one_and_alone(tmp_path, wheelhouse):
    built = rebuild(recorded(**{"tiny": "1.0", "jupyter-lims": "0.0.1"}), tmp_path / "built", wheelhouse=wheelhouse)
    (change,) = built.differences
    assert (change.what, change.before) == ("package jupyter-lims", "0.0.1")
    assert change.after.startswith("the present one")
    assert asked(built.python, "__import__('lims.errors').errors.__file__").endswith("errors.py")
    site = next((built.python.parent.parent / "lib").glob("*/site-packages"))
    assert (site / "lims").resolve() == Path(lims.__file__).parent
    assert asked(built.python, "__import__('importlib.util').util.find_spec('numpy')") == "None"
    found = "[one.name for one in __import__('importlib.metadata').metadata.entry_points(group='lims.extractors')]"
    assert "hdf5" in asked(built.python, found)


def test_our_own_package_is_taken_from_the_wheels_where_it_is(tmp_path, wheelhouse):
    wheel(wheelhouse, "jupyter_lims", "0.0.1", "version = '0.0.1'\ndef main(): pass\n")
    wanted = recorded(tiny="1.0", jupyter_lims="0.0.1")
    built = rebuild(wanted, tmp_path / "built", wheelhouse=wheelhouse)
    assert built.differences == ()
    assert asked(built.python, "__import__('jupyter_lims').version") == "0.0.1"


def test_a_python_that_is_not_there_is_named(tmp_path, wheelhouse):
    wanted = recorded(tiny="1.0")
    with pytest.raises(Unavailable, match=r"Python 3\.99\.1.*uv python install 3\.99"):
        rebuild({**wanted, "python": {"version": "3.99.1"}}, tmp_path, wheelhouse=wheelhouse)
    with pytest.raises(Unavailable, match="no-such-python"):
        rebuild(wanted, tmp_path, wheelhouse=wheelhouse, python="no-such-python")


def test_a_python_that_is_named_is_taken_and_another_version_told(tmp_path, wheelhouse):
    wanted = recorded(tiny="1.0")
    wanted["python"]["version"] = "3.11.0"
    built = rebuild(wanted, tmp_path / "built", wheelhouse=wheelhouse, python=sys.executable)
    kind = platform.python_implementation()
    assert built.differences == (Change("Python", f"{kind} 3.11.0", f"{kind} {platform.python_version()}"),)


@pytest.mark.parametrize("version", ["", "three", "3.11 -c x", None])
def test_what_is_no_environment_of_python_is_refused(tmp_path, version):
    with pytest.raises(Invalid):
        rebuild({"packages": {}, "python": {"version": version}}, tmp_path)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("ERROR: No matching distribution found for Tiny-One==9.9", "tiny-one"),
        ("  × No solution found\n  ╰─▶ Because there is no version of other==9 and you require other==9, we", "other"),
        ("Because other was not found in the provided package\n locations and you require tiny", "other"),
        ("  × Failed to build `other==9`\n", "other"),
        ("ERROR: Failed building wheel for other", "other"),
        ("Because tiny-one==9.9 has no wheels with a matching Python ABI tag", "tiny-one"),
        ("No space left on device", ""),
    ],
)
def test_the_package_is_known_from_what_pip_and_uv_say(said, name):
    assert refused(said, {"tiny-one": "9.9", "other": "9"}) == name


def test_the_last_line_says_why():
    assert last_line("a\n  ╰─▶ no space left.\n\n") == "no space left"
    assert last_line("") == "it did not say why"


@pytest.mark.long
def test_an_environment_from_the_package_index(tmp_path):
    wanted = recorded(six="1.16.0", packaging="24.2")
    wanted["package_hashes"] = {}
    built = rebuild(wanted, tmp_path / "built")
    assert built.differences == ()
    told = json.loads(asked(built.python, "__import__('json').dumps(__import__('six').__version__)"))
    assert told == "1.16.0"
