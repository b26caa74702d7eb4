"""Random minutes beside random markets: sealed and opening boards, bars without an open, a turnover or a trade, and holes."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from launchlab.data.minutes.minutes import MINUTE_BAR, Minutes, to_minutes
from launchlab.data.panel.panel import TRADING, Panel
from launchlab.engine.config import Config, MinutePrice

from .random_markets import random_config, random_legs, random_panel

LENGTHS = (1, 5, 15, 60)
FIRST, NOON, AFTERNOON, LAST = 570, 690, 780, 900


def random_bars(rng: np.random.Generator, panel: Panel, t: int, i: int, length: int) -> NDArray[Any]:
    """A session of bars inside the day's range; some of the time the board is sealed, for a while or all day."""
    starts = np.array([*range(FIRST, NOON, length), *range(AFTERNOON, LAST, length)])
    starts = starts[rng.random(len(starts)) > 0.1]
    n = len(starts)
    low, high = float(panel.low[t, i]), float(panel.high[t, i])
    prices = np.round(rng.uniform(low, high, (n, 4)), 2).clip(low, high)
    up, down = float(panel.limit_up[t, i]), float(panel.limit_down[t, i])
    if np.isfinite(up) and rng.random() < 0.5:
        a, b = np.sort(rng.integers(0, n + 1, 2))
        prices[a:b] = up if rng.random() < 0.5 else down
        if b < n:
            prices[b, 0] = prices[max(b - 1, 0), 0]  # the bar in which it opens begins at the limit
    bars = np.zeros(n, MINUTE_BAR)
    bars["start"], bars["stop"] = starts, starts + length
    bars["open"], bars["close"] = prices[:, 0], prices[:, 3]
    bars["high"], bars["low"] = prices.max(axis=1), prices.min(axis=1)
    bars["vwap"] = np.where(rng.random(n) < 0.3, np.nan, (bars["high"] + bars["low"]) / 2.0)
    bars["open"][rng.random(n) < 0.15] = np.nan
    bars["volume"] = rng.choice([0.0, 300.0, 5_000.0, 100_000.0], n)
    return bars


def random_minutes(rng: np.random.Generator, panel: Panel, share: float = 0.7) -> Minutes:
    """Minutes of a share of the sessions in which something was traded; bars of one length for each code."""
    lengths = rng.choice(LENGTHS, len(panel.codes))
    traded = np.argwhere((panel.status == TRADING) & (rng.random(panel.status.shape) < share))
    bars = [(int(t), int(i), random_bars(rng, panel, int(t), int(i), int(lengths[i]))) for t, i in traded]
    return to_minutes(len(panel.codes), bars)


def minute_panel(rng: np.random.Generator, share: float = 0.7) -> Panel:
    panel = random_panel(rng)
    return replace(panel, minutes=random_minutes(rng, panel, share))


def minute_legs(rng: np.random.Generator, panel: Panel, n: int = 25) -> NDArray[Any]:
    """Legs of which two thirds enter inside a session, some before, in the lunch break of, or after its trading; half hold for minutes."""
    legs = random_legs(rng, panel, n)
    inside = rng.random(n) < 2 / 3
    legs["at"] = np.where(inside, rng.integers(560, 905, n), legs["at"])
    legs["at"] = np.where(inside & (rng.random(n) < 0.3), 600, legs["at"])
    legs["hold_minutes"] = rng.choice([0, 0, 0, 1, 7, 30, 120, 240, 700], n)
    return legs


def minute_config(rng: np.random.Generator) -> Config:
    return random_config(rng).model_copy(
        update={
            "minute_price": MinutePrice(rng.choice(["open", "vwap", "worst"])),
            "give_up": rng.choice([None, None, 1.0, 20.0, 120.0]),
        }
    )
