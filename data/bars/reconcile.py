"""Two sources for one code: where they agree, where not, and which one wins."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ..errors import DataError
from ..instruments.table import Instrument
from ..rules.ticks import tick_size, tick_table
from .bars import PRICES, Bars

# Which provider is believed first, by exchange, and so in which order they are asked. A user's own files come before all.
# On the mainland: those with the exchange's own reference prices first (Tushare, which bans nobody who has a token;
# baostock, with status and ST flag as well, which shuts out whole networks; Eastmoney, whose paths change; Sina, without
# references), and Yahoo last, whose prices are 32-bit floats. In Hong Kong: Yahoo, which alone lists actions by ex-date.
MAINLAND = ("files", "tushare", "baostock", "eastmoney", "sina", "yahoo")
PREFERENCE: Mapping[str, tuple[str, ...]] = {
    "XSHG": MAINLAND,
    "XSHE": MAINLAND,
    "XBSE": MAINLAND,
    "XHKG": ("files", "yahoo", "eastmoney", "sina", "tushare"),
}


@dataclass(frozen=True)
class Difference:
    """One price of one session on which two sources differ by more than a tick."""

    session: str
    field: str
    first: float
    second: float


@dataclass(frozen=True)
class Agreement:
    """How far two sources of one code agree; counts are of sessions, `volume_ratio` is a median (NaN when unknown)."""

    code: str
    first: str
    second: str
    common: int
    only_first: int
    only_second: int
    equal_closes: int
    equal_bars: int
    volume_ratio: float
    differences: tuple[Difference, ...]
    winner: str
    rule: str

    def to_json(self) -> dict[str, object]:
        return asdict(self)

    def __str__(self) -> str:
        """How they agree, in one line."""
        if not self.common:
            return f"no session in common with {self.second}"
        told = f"{self.equal_closes} of {self.common} closes as in {self.second}"
        return told if not self.differences else f"{told}, first apart on {self.differences[0].session}"


def price_differences(
    first: Bars, second: Bars, instrument: Instrument | None = None
) -> tuple[Difference, ...]:
    """Prices apart by more than one tick (0.1 % when there is no `instrument`), on the sessions that both have."""
    a, b = _common(first, second)
    if not len(a):
        return ()
    if instrument is not None and instrument.tradable:
        apart = 1.01 * tick_size(a.close, tick_table(instrument, a.sessions))
    else:
        apart = np.abs(a.close) * 1e-3
    differences: list[Difference] = []
    for name in PRICES:
        mine, theirs = getattr(a, name), getattr(b, name)
        differences += [
            Difference(str(a.sessions[k]), name, float(mine[k]), float(theirs[k]))
            for k in np.flatnonzero(np.abs(mine - theirs) > apart)
        ]
    return tuple(sorted(differences, key=lambda gap: gap.session))


def volume_ratio(first: Bars, second: Bars) -> float:
    """Median of first volume over second; 1.0 when no session has both."""
    a, b = _common(first, second)
    both = (a.volume > 0) & (b.volume > 0)
    return float(np.median(a.volume[both] / b.volume[both])) if both.any() else 1.0


def reconcile(
    first: Bars,
    second: Bars,
    instrument: Instrument,
    *,
    preference: Sequence[str] | None = None,
) -> Agreement:
    """The agreement of two sources, and the winner by `preference` (default: PREFERENCE of the exchange).

    The winner's bars are used whole: sessions are never mixed, so a series keeps one way of rounding and of adjusting.
    """
    if first.code != second.code:
        raise DataError(
            f"{first.code} and {second.code} are two codes; reconcile two sources of the same one"
        )
    names = (str(first.source.get("provider", "first")), str(second.source.get("provider", "second")))
    order = tuple(preference or PREFERENCE.get(instrument.exchange, ()))
    ranks = [order.index(name) if name in order else len(order) for name in names]
    winner = names[1] if ranks[1] < ranks[0] else names[0]
    a, b = _common(first, second)
    gaps = price_differences(first, second, instrument)
    off = {gap.session for gap in gaps}
    off_close = {gap.session for gap in gaps if gap.field == "close"}
    return Agreement(
        code=first.code,
        first=names[0],
        second=names[1],
        common=len(a),
        only_first=len(first) - len(a),
        only_second=len(second) - len(b),
        equal_closes=len(a) - len(off_close),
        equal_bars=len(a) - len(off),
        volume_ratio=volume_ratio(first, second),
        differences=gaps,
        winner=winner,
        rule=f"{instrument.exchange}: {' > '.join(order) or 'the first given'}",
    )


def _common(first: Bars, second: Bars) -> tuple[Bars, Bars]:
    """Both sources on their common sessions, in order."""
    first, second = first.tidy(), second.tidy()
    _, i, j = np.intersect1d(first.sessions, second.sessions, assume_unique=True, return_indices=True)
    return first.take(i), second.take(j)
