import os

from hypothesis import given
from hypothesis import strategies as st

from lims.stores.keys import key_of_name, name_of_key

names = st.binary(min_size=1).filter(lambda raw: b"/" not in raw and b"\0" not in raw).map(os.fsdecode)


@given(names)
def test_every_file_name_has_a_key_that_leads_back(name: str) -> None:
    assert name_of_key(key_of_name(name)) == name


@given(names)
def test_a_key_can_be_written_in_utf8(name: str) -> None:
    assert key_of_name(name).encode("utf-8")


@given(names, names)
def test_two_names_never_share_a_key(one: str, other: str) -> None:
    assert (key_of_name(one) == key_of_name(other)) == (one == other)


def test_a_real_private_use_character_is_not_taken_for_a_byte() -> None:
    name = "x\uefe9.txt"
    assert key_of_name(name) != name
    assert name_of_key(key_of_name(name)) == name
