"""Two engines, one answer: the first order on which two results of the same plan differ."""

import numpy as np

from ..results.result import Result

EQUITY_TOLERANCE = 1e-9


class EnginesDiffer(Exception):
    """The engines disagree: a bug of ours, never the user's fault."""


def confirm(first: Result, second: Result) -> None:
    """Raise EnginesDiffer naming the first fill, blocked order or session that is not the same in both."""
    difference = first_difference(first, second)
    if difference:
        names = f"{first.summary.engine} and {second.summary.engine}"
        raise EnginesDiffer(f"{names} differ: {difference}")


def first_difference(first: Result, second: Result) -> str | None:
    """A sentence about the first difference, None when there is none; money to 1e-9 relative, all else exactly."""
    for name in ("fills", "blocks", "equity", "positions"):
        a, b = getattr(first, name), getattr(second, name)
        for k in range(min(len(a), len(b))):
            for column in a.columns:
                if not _same(a[column].iat[k], b[column].iat[k]):
                    where = " ".join(str(a[key].iat[k]) for key in ("session", "code", "launch") if key in a)
                    return f"{name} row {k + 1} ({where}): {column} {a[column].iat[k]} and {b[column].iat[k]}"
        if len(a) != len(b):
            longer = a if len(a) > len(b) else b
            where = " ".join(map(str, longer.iloc[min(len(a), len(b))].tolist()[:5]))
            return f"{name}: {len(a)} and {len(b)} rows; the first without a counterpart is {where}"
    return None


def _same(a: object, b: object) -> bool:
    if isinstance(a, float | np.floating) and isinstance(b, float | np.floating):
        return bool(np.isclose(a, b, rtol=EQUITY_TOLERANCE, atol=EQUITY_TOLERANCE, equal_nan=True))
    return bool(a == b)
