"""A benchmark: one code or a blend, as daily returns in the base currency on the panel's rows."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..arrays import F8, Days
from ..bars.actions import action_faults
from ..bars.bars import Bars
from ..bars.ex_dates import supposed_ratios
from ..bars.references import closes_before
from ..calendars import sessions as calendars
from ..errors import ConfigError, DataError
from ..instruments.codes import derive

WEIGHTS_TOLERANCE = 1e-6
MAX_STALE_DAYS = 20
LONGEST_CLOSURE_DAYS = 12  # calendar days between two sessions at most: the Lunar New Year takes eleven


class Benchmark(NamedTuple):
    """Name and simple returns in base currency on the panel's rows, shape (T,).

    NaN before its first close and after its last: what is compared with it is compared on the other rows.
    """

    name: str
    returns: F8

    def __repr__(self) -> str:
        known = int(np.isfinite(self.returns).sum())
        return f"Benchmark: {self.name}, returns on {known:,} of {len(self.returns):,} rows"

    @property
    def span(self) -> tuple[int, int]:
        """First and last row of its returns."""
        rows = np.flatnonzero(np.isfinite(self.returns))
        return int(rows[0]), int(rows[-1])

    @property
    def is_whole(self) -> bool:
        """Whether it covers every row."""
        return bool(np.isfinite(self.returns).all())


def parse_benchmark(text: str) -> tuple[tuple[float, str], ...]:
    """Weights and codes of a benchmark; a lone code has weight 1, several need weights that add up to 100 %.

    >>> parse_benchmark("60% 3033.HK + 40% 510300.SS")
    ((0.6, '3033.HK'), (0.4, '510300.SS'))
    >>> parse_benchmark("3033.HK")
    ((1.0, '3033.HK'),)
    """
    parts = [part.strip() for part in text.split("+")]
    if len(parts) == 1 and re.fullmatch(r"\^?[\w.#:-]+", parts[0]):
        return ((1.0, parts[0].upper()),)
    members = []
    for part in parts:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%\s*(\^?[\w.#:-]+)", part)
        if match is None:
            raise ConfigError(
                f"benchmark {text!r}: {part!r} is not understood; write a code, or a blend such as "
                "'60% 3033.HK + 40% 510300.SS'"
            )
        members.append((float(match[1]) / 100.0, match[2].upper()))
    total = math.fsum(weight for weight, _ in members)
    if abs(total - 1.0) > WEIGHTS_TOLERANCE:
        raise ConfigError(f"benchmark {text!r}: the weights add up to {total * 100:g} %; make them 100 %")
    if len({code for _, code in members}) < len(members):
        raise ConfigError(f"benchmark {text!r} names a code twice; add its weights")
    return tuple(members)


def benchmark_returns(
    spec: tuple[tuple[float, str], ...],
    bars: Mapping[str, Bars],
    fx: Mapping[str, F8],
    sessions: Days,
) -> F8:
    """Daily returns of the blend in base currency, shape (T,) on the panel's `sessions`; the first is 0.0.

    `fx[code]` (T,) is base money for one unit of the code's currency. Weights are restored every row. On a holiday of
    the code's exchange its last close stands, so only the currency moves: nothing is known before its session. Cash
    dividends and share ratios are reinvested on their ex-date, known from the bars' actions or their references. Rows
    before the first close of a code are NaN, and so are those after its last where that is more than
    LONGEST_CLOSURE_DAYS before the end. DataError where fewer than two rows are left, or where a code has no close for
    more than MAX_STALE_DAYS in between.
    """
    returns, known = np.zeros(len(sessions)), np.ones(len(sessions), bool)
    for weight, code in spec:
        if code not in bars:
            raise DataError(f"the benchmark {code} has no bars; add {code}.csv to the prices or fetch it")
        rows = _covered(bars[code], sessions)
        level = np.full(len(sessions), np.nan)
        if len(sessions[rows]):
            level[rows] = total_return_marks(bars[code], sessions[rows]) * fx[code][rows]
        returns[1:] += weight * (level[1:] / level[:-1] - 1.0)
        known &= np.isfinite(level)
    if known.sum() < 2:
        raise DataError(
            f"{' and '.join(code for _, code in spec)} has fewer than two closes from {sessions[0]} to "
            f"{sessions[-1]}; a benchmark needs some: fetch its bars or choose another"
        )
    returns[np.flatnonzero(known)[0]] = 0.0
    return np.where(known, returns, np.nan)


def _covered(bars: Bars, sessions: Days) -> slice:
    """Rows from the first close of a code to its last, or to the end where no session of its own can be missing."""
    closes = bars.sessions[np.isfinite(bars.close) & (bars.close > 0)]
    if not len(closes):
        return slice(0, 0)
    first, last = (
        np.searchsorted(sessions, closes.min()),
        int(np.searchsorted(sessions, closes.max(), "right")),
    )
    ended = (sessions[-1] - closes.max()).astype(np.int64) > LONGEST_CLOSURE_DAYS
    return slice(int(first), last if ended else len(sessions))


def total_return_marks(bars: Bars, sessions: Days) -> F8:
    """Last close known at each row, with dividends and splits reinvested, shape (T,); forward filled only.

    The level is scaled so that it equals the close of the first bar.
    """
    whole = bars = bars.tidy()
    usable = np.isfinite(bars.close) & (bars.close > 0)
    bars = bars.take(usable)
    at = np.searchsorted(bars.sessions, sessions, side="right") - 1
    if not len(bars) or not len(sessions) or at[0] < 0:
        first = bars.sessions[0] if len(bars) else "never"
        raise DataError(
            f"{bars.code} starts {first}, after the first row; a benchmark must have a close on or before it: "
            "start later, or fetch earlier bars"
        )
    age = (sessions - bars.sessions[at]).astype(np.int64)
    if age.max() > MAX_STALE_DAYS:
        t = int(age.argmax())
        raise DataError(
            f"{bars.code} has no close between {bars.sessions[at[t]]} and {sessions[t]}; "
            "a benchmark may not stand still that long: fetch the missing bars or choose another"
        )
    for fault in action_faults(whole, sessions):
        raise DataError(f"the benchmark has an action that cannot be taken: {fault}")
    stated = _stated_ratios(whole.between(bars.sessions[at[0]], sessions[-1]))
    return np.asarray((bars.close * _reinvestment(bars, stated))[at])


def _stated_ratios(bars: Bars) -> list[tuple[np.datetime64, float]]:
    """Ex-dates that only show as a reference unlike the previous close, and its ratio, as the panel takes them."""
    if np.isnan(bars.pre_close).all():
        return []
    instrument = derive(bars.code)
    if not instrument.tradable:
        return []
    own = _own_sessions(instrument.exchange, bars)
    before = closes_before(bars, own)
    return [(bars.sessions[j], ratio) for j, ratio in supposed_ratios(bars, before, instrument)[0]]


def _own_sessions(exchange: str, bars: Bars) -> Days:
    """The exchange's sessions over the span of the bars; after the published ones, those of the bars."""
    end = calendars.calendar(exchange).published
    later = bars.sessions[bars.sessions > end]
    if len(later) == len(bars):
        return later
    return np.append(calendars.sessions(exchange, bars.sessions[0], min(bars.sessions[-1], end)), later)


def _reinvestment(bars: Bars, stated: Sequence[tuple[np.datetime64, float]]) -> F8:
    """Shares held at each bar by one who had one share at the first and put every payment back at the ex-date's close."""
    growth = np.ones(len(bars))
    for action in bars.actions:
        i = int(np.searchsorted(bars.sessions, action["session"]))
        if 0 < i < len(bars):
            ratio, rights = action["ratio"] + action["rights"], action["rights"] * action["rights_price"]
            growth[i] *= ratio + (action["cash"] - rights) / bars.close[i]
    for session, ratio in stated:
        i = int(np.searchsorted(bars.sessions, session))
        if 0 < i < len(bars):
            growth[i] *= ratio
    return np.asarray(np.cumprod(growth))
