"""The smallest market there is, on which compiled code is loaded before it is timed."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.instruments.table import Instrument
from ...data.minutes.minutes import MINUTE_BAR, to_minutes
from ...data.panel.panel import ACTION, TRADING, Panel
from ...data.rules.costs import COST_WIDTH
from ..legs import empty_legs
from .windows import Layout

TEN = 10 * 60  # the minute of a bar


def tiny(*, minutes: bool = False) -> tuple[Layout, NDArray[Any]]:
    """Three sessions of one code at a price of one, and a leg that buys it on the second; in a minute bar of it where asked."""
    shape = (3, 1)
    ones = np.ones(shape, order="F")
    whole = np.ones(shape, np.int32, order="F")
    no = np.zeros(shape, np.bool_, order="F")
    panel = Panel(
        sessions=np.array(["2026-01-05", "2026-01-06", "2026-01-07"], "M8[D]"),
        codes=("0001.HK",), currency="HKD", instruments=(Instrument("0001.HK"),),
        status=np.full(shape, TRADING, np.int8, order="F"),
        open=ones, high=ones.copy(), low=ones.copy(), close=ones.copy(), mark=ones.copy(), ref=ones.copy(),
        volume=ones * 1e9, limit_up=ones * np.inf, limit_down=ones * 0.0,
        lot_min=whole, lot_step=whole.copy(), max_order=whole * 10**9,
        t_plus_one=no, shortable=no.copy(), borrow=ones * 0.0,
        tick_table=np.zeros(shape, np.int8, order="F"), tick_bounds=np.array([[np.inf]]), tick_sizes=np.array([[0.01]]),
        cost_class=np.zeros(1, np.int16), costs=np.zeros((3, 1, COST_WIDTH)),
        currencies=("HKD",), currency_of=np.zeros(1, np.int8), fx=np.ones((3, 1)),
        exchanges=("XHKG",), exchange_of=np.zeros(1, np.int8), exchange_open=np.ones((3, 1), np.bool_),
        sessions_done=np.arange(1, 4, dtype=np.int32).reshape(3, 1), actions=np.zeros(0, ACTION),
    )  # fmt: skip
    legs = empty_legs(1)
    legs["side"], legs["row"], legs["hold"], legs["weight"] = 1, 1, 1, 0.1
    if minutes:
        bar = np.zeros(1, MINUTE_BAR)
        bar["start"], bar["stop"], bar["volume"] = TEN, TEN + 1, 1e6
        bar["open"] = bar["high"] = bar["low"] = bar["close"] = 1.0
        panel, legs["at"] = replace(panel, minutes=to_minutes(1, [(1, 0, bar)])), TEN
    return Layout(panel), legs
