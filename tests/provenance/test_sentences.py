from typing import Any

import pytest

from lims.provenance.sentences import harmless, told, value_text


def quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit}


SECTION = {
    **{name: quantity(value, "px") for name, value in {"x0": 128, "y0": 64, "width": 512, "height": 512}.items()},
    **{name: quantity(value, "m") for name, value in {"width_m": 1.02e-8, "height_m": 1.02e-8}.items()},
}
SPOT = {"spot": "C", "spacing": quantity(0.192, "nm"), "mask": quantity(6.0, "px")}


@pytest.mark.parametrize(
    ("relation", "params", "names", "sentence"),
    [
        ("FFT", {"window": "hann"}, ("Eve", "Eve_FFTpartial"), "Eve_FFTpartial is the FFT of Eve"),
        ("fft", {}, ("Eve", ""), "the FFT of Eve"),
        (
            "inverse FFT",
            {**SPOT, "vector": "[220]"},
            ("Eve_FFT", "Eve_iFFT_C"),
            "Eve_iFFT_C is the inverse FFT of the [220] vector of Eve_FFT",
        ),
        ("inverse FFT of spot A", SPOT, ("F", "G"), "G is the inverse FFT of spot C (0.192 nm) of F"),
        (
            "iFFT",
            {"vector_x": quantity(4.9, "1/nm"), "vector_y": quantity(-0.25, "1/nm")},
            ("F", "G"),
            "G is the inverse FFT of the vector 4.9 1/nm, -0.25 1/nm of F",
        ),
        ("inverse FFT", {}, ("F", "G"), "G is the inverse FFT of F"),
        (
            "crop",
            SECTION,
            ("Eve", "Eve_crop"),
            "Eve_crop is the section of Eve of 512 × 512 px (10.2 × 10.2 nm) at x = 128 px, y = 64 px",
        ),
        (
            "crop 512 × 512 at (128, 64)",
            {"x0": 128, "y0": 64, "width": 512, "height": 256},
            ("Eve", "Eve_crop"),
            "Eve_crop is the section of Eve of 512 × 256 px at x = 128 px, y = 64 px",
        ),
        ("crop", {"width": "wide", "x0": None}, ("Eve", "C"), "C is the section of Eve"),
        ("figure of", {"dpi": 100}, ("Eve_FFT", "Eve.png"), "Eve.png is a figure of Eve_FFT"),
        (
            "denoise",
            {"window": "hann", "mask": quantity(6, "px")},
            ("Eve", "Out"),
            "Out was made from Eve by denoise (window: hann, mask: 6 px)",
        ),
        ("", {}, ("Eve", "Out"), "Out was made from Eve"),
        ("copy", {}, ("Eve", ""), "made from Eve by copy"),
        ("fftshift", {}, ("Eve", "Out"), "Out was made from Eve by fftshift"),
    ],
)
def test_a_relation_is_told_as_a_person_would(relation, params, names, sentence):
    assert told(relation, params, *names) == sentence


@pytest.mark.parametrize(
    ("metres", "text"),
    [
        ((1.02e-8, 5.1e-9), "10.2 × 5.1 nm"),
        ((2.5e-6, 2.5e-7), "2.5 × 0.25 µm"),
        ((1e-6, 1e-6), "1 × 1 µm"),
        ((9.9999e-7, 9.9999e-7), "1 × 1 µm"),
        ((3e-10, 3e-10), "300 × 300 pm"),
        ((2e-3, 1e-3), "2 × 1 mm"),
        ((3.0, 1.0), "3 × 1 m"),
        ((0.0, 0.0), "0 × 0 pm"),
    ],
)
def test_lengths_have_a_prefix_that_suits(metres, text):
    params = {"width": 2, "height": 2, "width_m": metres[0], "height_m": quantity(metres[1], "m")}
    assert f"({text})" in told("crop", params, "a")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (quantity(0.1 + 0.2, "nm"), "0.3 nm"),
        (quantity(7, ""), "7"),
        ("hann", "hann"),
        ([2, 3], "[2, 3]"),
        (True, "true"),
        (None, "null"),
        (float("nan"), "nan"),
        ({"value": 1}, '{"value": 1}'),
    ],
    ids=str,
)
def test_a_value_is_written_as_people_do(value, text):
    assert value_text(value) == text


@pytest.mark.parametrize("hostile", ["\u202e", "\u2066", "\x1b[31m", "\x00", "\u200b", "\ud800", "\x9b"], ids=ascii)
def test_what_is_not_seen_is_shown_wherever_it_comes_from(hostile):
    sentences = (
        told(f"rel{hostile}", {f"p{hostile}": quantity(1, hostile)}, f"in{hostile}", f"out{hostile}"),
        told("inverse fft", {"vector": f"[2{hostile}]"}, f"in{hostile}", f"out{hostile}"),
        told("inverse fft", {"spot": hostile, "spacing": hostile}, "in"),
        told("crop", {"width": quantity(float("inf"), hostile)}, hostile, hostile),
        told("other", {"deep": {"a": [hostile]}}, "in"),
    )
    for sentence in sentences:
        assert hostile not in sentence
        assert sentence.isprintable()


def test_a_name_with_line_ends_or_of_any_length_is_one_short_line():
    assert harmless("a\r\nb\tc\u2028d") == "a  b c d"
    assert len(harmless("x" * 10_000)) == 200
