"""Figures as people read them, on pages, on the terminal and in sentences: true minus signs, a dash for nothing.

Files for machines hold what Python prints.
"""

import math
from typing import Any

NOTHING = "–"
MINUS = "−"


def missing(value: Any) -> bool:
    """Whether a cell holds no number."""
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def number(value: Any, digits: int = 0) -> str:
    """`1,234.5` with a true minus sign; a dash for a missing value."""
    if missing(value):
        return NOTHING
    text = f"{float(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def percent(value: Any, digits: int = 2) -> str:
    """A fraction as a percentage: 0.0123 is `1.23 %`."""
    return NOTHING if missing(value) else f"{number(100 * float(value), digits)} %"


def points(value: Any) -> str:
    """Percent that are percent already, with their sign: `+1.23 %`."""
    text = number(value, 2)
    return text if missing(value) else f"{'+' if value > 0 else ''}{text} %"


def ratio(value: Any) -> str:
    """A ratio with two digits."""
    return number(value, 2)


def times(value: Any) -> str:
    """A multiple: `10.34 ×`."""
    return NOTHING if missing(value) else f"{number(value, 2)} ×"


def money(value: Any) -> str:
    """Whole units of the base currency."""
    return number(value, 0)
