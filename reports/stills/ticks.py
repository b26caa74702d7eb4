"""Where the axes of still pictures have their marks, and what stands there."""

import math
from collections.abc import Sequence
from datetime import date

from ...data.figures import number

STEPS = (1.0, 2.0, 5.0, 10.0)
MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
DAYS = (1, 2, 7, 14)
Mark = tuple[float, str]


def level_marks(low: float, high: float, *, most: int = 5, form: str = "", suffix: str = "") -> list[Mark]:
    """At most about `most` round levels inside [low, high]; `form` and `suffix` as Plotly's tickformat and ticksuffix."""
    if not high > low:
        return [(low, _told(low, 1.0, form) + suffix)]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * one for one in STEPS if power * one >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(k * step, _told(k * step, step, form) + suffix) for k in range(first, last + 1)]


def _told(value: float, step: float, form: str) -> str:
    if form.endswith("%"):
        return number(100 * value, _digits(100 * step)) + " %"
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= unit:
            scale = 1e3 if letter == "k" else unit
            return number(value / scale, _digits(step / scale)) + letter
    return number(value, _digits(step))


def _digits(step: float) -> int:
    return max(0, -math.floor(math.log10(step) + 1e-9))


def day_marks(first: date, last: date, *, most: int = 10) -> list[Mark]:
    """Days as ordinals: the first of every so many months, or every so many days of a short span."""
    days = (last - first).days
    if days <= 14 * most // 2:
        every = next((n for n in DAYS if days <= n * most), DAYS[-1])
        return [
            (float(n), date.fromordinal(n).isoformat()[5:])
            for n in range(first.toordinal(), last.toordinal() + 1, every)
        ]
    every = next((n for n in MONTHS if days <= 30.4 * n * most), MONTHS[-1])
    start = first.year * 12 + first.month - 1
    months = [m for m in range(start, last.year * 12 + last.month) if m % every == 0]
    marks = [(date(m // 12, m % 12 + 1, 1), f"{m // 12}-{m % 12 + 1:02d}") for m in months]
    return [(float(day.toordinal()), text) for day, text in marks if first <= day <= last]


def level_names(names: Sequence[str], *, most: int) -> list[Mark]:
    """Category names at 0, 1, …; only every so many when there are more than `most`."""
    every = max(1, math.ceil(len(names) / max(1, most)))
    return [(float(i), name) for i, name in enumerate(names) if i % every == 0]
