import re

import pytest

from lims.errors import Invalid
from lims.model import kind_of, new_id, record_id_of
from lims.model.ids import ALPHABET, PREFIXES


@pytest.mark.parametrize("kind", PREFIXES)
def test_an_id_tells_its_kind(kind):
    assert kind_of(new_id(kind)) == kind


def test_no_two_kinds_share_a_prefix():
    assert len(set(PREFIXES.values())) == len(PREFIXES)


def test_ids_have_ten_letters_that_survive_being_read_aloud():
    made = [new_id("dataset") for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(re.fullmatch(rf"dat-[{ALPHABET}]{{10}}", one) for one in made)
    # Crockford base 32: i, l, o and u are left out, as in the published alphabet.
    assert sorted(ALPHABET) == sorted(set("0123456789abcdefghijklmnopqrstuvwxyz") - set("ilou"))


def test_a_sessions_record_is_found_without_asking():
    session = new_id("session")
    assert record_id_of(session) == "rec-" + session.removeprefix("ses-")
    assert kind_of(record_id_of(session)) == "record"


@pytest.mark.parametrize("text", ["", "dataset-0123456789", "Eve.dm3", "-0123456789", "DAT-0123456789"])
def test_what_is_no_id_is_refused_with_what_one_looks_like(text):
    with pytest.raises(Invalid, match="rec-4k7m2q9x0t") as refused:
        kind_of(text)
    assert repr(text) in refused.value.message
