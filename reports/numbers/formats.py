"""Numbers and names as people read them: true minus signs, thin grouping, an en dash for nothing."""

import math
import unicodedata
from collections.abc import Mapping
from typing import Any

NOTHING = "–"
MINUS = "−"


def visible(text: object) -> str:
    """A name on one line, without control characters or marks that reverse the reading order."""
    kept = (
        " " if letter in "\t\n\r\u2028\u2029" else letter
        for letter in str(text)
        if unicodedata.category(letter) not in ("Cc", "Cf", "Cs") or letter in "\t\n\r\u2028\u2029"
    )
    return " ".join("".join(kept).split())


def told(value: Any) -> str:
    """A parameter's value in words: lists without brackets, numbers without noise."""
    if isinstance(value, list | tuple):
        return " ".join(told(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else visible(value)


def sentence(entry: Any) -> str:
    """A warning as one line; a record is told as its values, in order."""
    if isinstance(entry, Mapping):
        return ": ".join(told(value) for value in entry.values() if value not in (None, ""))
    return told(entry)


def missing(value: Any) -> bool:
    """Whether a cell holds no number."""
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def number(value: Any, digits: int = 0) -> str:
    """`1,234.5` with a true minus sign; nothing for a missing value."""
    if missing(value):
        return NOTHING
    text = f"{float(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def percent(value: Any, digits: int = 2) -> str:
    """A fraction as a percentage: 0.0123 is `1.23 %`."""
    return NOTHING if missing(value) else f"{number(100 * float(value), digits)} %"


def ratio(value: Any) -> str:
    """A ratio with two digits."""
    return number(value, 2)


def money(value: Any) -> str:
    """Whole units of the base currency."""
    return number(value, 0)


def exact(value: Any) -> str:
    """The number as Python prints it, for machines; empty when there is none."""
    plain = getattr(value, "item", lambda: value)()
    return "" if missing(plain) else repr(plain)
