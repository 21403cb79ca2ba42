"""Normalised values in a terminal."""

from lims.model import OtherValue, Value


def quantity(value: Value | OtherValue) -> str:
    said = f"{value.value:.6g}" if isinstance(value.value, float) else str(value.value)
    return f"{said} {value.unit}".strip()


def aside(value: Value) -> str:
    """What a person should know beside the value, "" where there is nothing."""
    said = {"person": f"corrected by {value.source}", "facility": f"by {value.source}", "file": ""}[value.origin]
    otherwise = "; ".join(f"elsewhere {quantity(one)} [{one.source}]" for one in value.others)
    return "; ".join(part for part in (said, value.note if said or not value.is_trusted else "", otherwise) if part)
