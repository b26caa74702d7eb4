"""Daily returns of a panel, whole of corporate actions, each code on the clock of its own exchange."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..arrays import F8, I4, Bool
from ..bars.bars import Bars
from ..errors import ConfigError
from ..instruments.codes import derive
from ..instruments.spellings import understood
from .benchmark import total_return_marks
from .panel import TRADING, Panel

MAX_GAP = 20  # sessions; a price that returns after a longer silence is not a daily return


@dataclass(frozen=True)
class Returns:
    """Simple returns (T, N) since each code's last traded close; NaN where it did not trade.

    `growth` (T, N) turns a raw price of row t into one comparable across actions: price × growth. `since` (T, N)
    is the row of that last traded close, -1 where there is none.
    """

    simple: F8
    growth: F8
    since: I4
    gaps: int


def growth_of(panel: Panel) -> F8:
    """Shares and reinvested cash that one share of row 0 has become by each row, (T, N).

    Cash is reinvested at that row's mark: (close × ratio + cash) / previous close is the day's gross return.
    """
    step = np.ones(panel.mark.shape)
    for action in panel.actions:
        t, i = int(action["row"]), int(action["code"])
        price = panel.mark[t, i]
        cash = float(action["cash"])
        step[t, i] *= float(action["ratio"]) + (cash / price if price > 0 and cash else 0.0)
    return np.asarray(np.cumprod(step, axis=0), dtype=np.float64)


def panel_returns(panel: Panel, max_gap: int = MAX_GAP) -> Returns:
    """Returns of every code between its traded closes; those over more than `max_gap` own sessions are dropped."""
    growth = growth_of(panel)
    level = panel.close * growth
    simple = np.full(level.shape, np.nan)
    since = np.full(level.shape, -1, np.int32)
    gaps = 0
    for i in range(len(panel.codes)):
        rows = np.flatnonzero((panel.status[:, i] == TRADING) & np.isfinite(level[:, i]))
        before, now = rows[:-1], rows[1:]
        done = panel.sessions_done[:, panel.exchange_of[i]]
        near = (done[now] - done[before]) <= max_gap
        gaps += int((~near).sum())
        before, now = before[near], now[near]
        simple[now, i] = level[now, i] / level[before, i] - 1.0
        since[now, i] = before
    return Returns(simple, growth, since, gaps)


@dataclass(frozen=True)
class Level:
    """Something to compare with: the rows (T,) on which its market is open, and its level (T,), NaN where unknown."""

    is_open: Bool
    level: F8


def levels_of(
    panel: Panel, returns: Returns, codes: tuple[str, ...], outside: Mapping[str, Bars]
) -> dict[str, Level]:
    """Levels of benchmarks or peers: codes of the panel, or bars `outside` it, such as those of an index."""
    if not codes:
        raise ConfigError("the market and peer models need `benchmark` or `peer`: codes that have bars")
    levels = {}
    for name in codes:
        code = understood(name)
        bars = outside.get(name, outside.get(code))
        if bars is not None:
            is_open = panel.exchange_open[:, panel.exchanges.index(derive(code).exchange)]
            level = _level_outside(panel, bars)
        else:
            k = panel.column(code)
            is_open = panel.exchange_open[:, panel.exchange_of[k]]
            traded = (panel.status[:, k] == TRADING) & np.isfinite(panel.close[:, k])
            level = np.where(traded, panel.close[:, k] * returns.growth[:, k], np.nan)
        levels[code] = Level(is_open, _carried(level, is_open))
    return levels


def factor_returns(panel: Panel, returns: Returns, levels: Mapping[str, Level]) -> F8:
    """Mean return of benchmarks or peers over exactly the days each code's own return spans, (T, N).

    Each code is compared with those on its own calendar (with all of them where there is none), never with
    itself. Where their exchange was open and they have no price the factor is NaN, not a stale zero.
    """
    factor = np.full(returns.simple.shape, np.nan)
    for i, own in enumerate(panel.codes):
        is_open = panel.exchange_open[:, panel.exchange_of[i]]
        others = [other for code, other in levels.items() if code != own]
        alike = [other for other in others if np.array_equal(other.is_open, is_open)]
        chosen = [other.level for other in alike or others]
        now = np.flatnonzero(returns.since[:, i] >= 0)
        before = returns.since[now, i]
        if chosen and len(now):
            factor[now, i] = np.mean([level[now] / level[before] - 1.0 for level in chosen], axis=0)
    return factor


def _level_outside(panel: Panel, bars: Bars) -> F8:
    """Total-return level of bars on the rows on which they have one, (T,); NaN elsewhere."""
    level = np.full(len(panel), np.nan)
    usable = bars.sessions[np.isfinite(bars.close) & (bars.close > 0)]
    rows = np.flatnonzero(np.isin(panel.sessions, usable))
    if len(rows):
        level[rows] = total_return_marks(bars, panel.sessions[rows])
    return level


def _carried(level: F8, is_open: Bool) -> F8:
    """The level carried over sessions on which its market is shut; NaN stays where it should have traded."""
    rows = np.arange(len(level))
    last_open = np.maximum.accumulate(np.where(is_open, rows, -1))
    return np.where(is_open, level, np.where(last_open >= 0, level[np.maximum(last_open, 0)], np.nan))
