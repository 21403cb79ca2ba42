"""What one cell is: text as a file has it, or what a spreadsheet's own types say."""

import math
import re
from datetime import date, datetime, time, timedelta
from typing import Any

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
COMMA_NUMBER = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?")
MISSING = frozenset({"", "-", "--", "---", "n/a", "na", "nan", "null", "none", "inf", "-inf", "#n/a", "#div/0!", "?"})
DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[- ][A-Za-z]{3}[- ]\d{2,4}")
CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[AaPp][Mm])?")
BOTH = re.compile(rf"({DATE.pattern})[T ,]+({CLOCK.pattern})\s*(Z|UTC|[-+]\d{{2}}:?\d{{2}})?")


def kind_of(cell: Any) -> str:  # noqa: PLR0911 (one return per kind of cell)
    """One of "number", "comma" (a number with a decimal comma), "datetime", "date", "clock", "text", "" for none."""
    match cell:
        case None:
            return ""
        case bool():
            return "text"
        case int() | float():
            return "number" if math.isfinite(cell) else ""
        case datetime():
            return "datetime"
        case date():
            return "date"
        case time() | timedelta():
            return "clock"
    words = str(cell).strip()
    if words.lower() in MISSING:
        return ""
    if NUMBER.fullmatch(words):
        return "number"
    if COMMA_NUMBER.fullmatch(words):
        return "comma"
    return next((name for name, form in FORMS if form.fullmatch(words)), "text")


FORMS = (("datetime", BOTH), ("date", DATE), ("clock", CLOCK))
NUMBERS = ("number", "comma")
TIMES = ("datetime", "date", "clock")


def number_in(cell: Any) -> float:
    """NaN where there is none."""
    if isinstance(cell, bool) or cell is None:
        return math.nan
    if isinstance(cell, int | float):
        return float(cell)
    try:
        return float(str(cell).strip().replace(",", "."))
    except ValueError:
        return math.nan
