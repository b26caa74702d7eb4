"""Every indicator of backtrader, and what is made of them, has stock backtrader's values on a share's own bars.

The share comes twelve sessions late, is suspended in between, and stands beside one of Hong Kong; stock has it alone.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import backtrader as bt
import numpy as np
import pytest

import launchlab as ll
from launchlab.backtrader import plug
from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtrader.native.stepping import loop

from ....markets.stock_backtrader import CN, HK, market, ours, theirs, walk

# Bases that are no indicator by themselves: stock backtrader cannot calculate them either.
BASES = {
    "BaseApplyN", "MovingAverageBase", "OLS_BetaN", "OLS_Slope_InterceptN", "OLS_TransformationN", "OperationN",
    "Oscillator", "OscillatorMixIn", "PeriodN", "ReduceN", "CointN", "ApplyN",
    "FindFirstIndex", "FindLastIndex", "ExponentialSmoothingDynamic",
}  # fmt: skip
# Where stock's two ways of calculating differ, ours is the one that goes bar by bar.
BAR_BY_BAR = {"DemarkPivotPoint", "Envelope", "Ichimoku"}

OF_TWO = {"CrossDown", "CrossOver", "CrossUp", "NonZeroDifference"}

CLASSES = {
    name: one
    for name, one in sorted(vars(bt.indicators).items())
    if isinstance(one, type) and issubclass(one, bt.Indicator) and name == one.__name__
    and one is not bt.Indicator and not one.aliased and name not in BASES
}  # fmt: skip

Made = Callable[[type, Any], Any]
COMPOSED: dict[str, Made] = {
    "an average of it": lambda kind, data: bt.ind.EMA(kind(data), period=5),
    "of twice the close": lambda kind, data: kind(data.close * 2.0),
    "of a difference": lambda kind, data: kind(bt.ind.EMA(data, period=3) - bt.ind.EMA(data, period=6)),
    "of yesterday's close": lambda kind, data: kind(data.close(-1)),
    "of the higher one": lambda kind, data: kind(bt.Max(data.open, data.close)),
    "of either": lambda kind, data: kind(bt.If(data.close > data.open, data.close, data.open)),
}
NOT_COMPOSABLE = (
    AttributeError,
    IndexError,
    TypeError,
    ValueError,
)  # of stock, where a class needs whole bars


@cache
def alone() -> Panel:
    return market(walk(CN, late=12, gaps=(40, 41, 42, 90)))


@cache
def mixed() -> Panel:
    return market(walk(HK), walk(CN, late=12, gaps=(40, 41, 42, 90)))


def with_indicator(make: Made, kind: type) -> type:
    def begin(self: Any) -> None:
        self.made = make(kind, self.getdatabyname(CN))

    return type("Shown", (bt.Strategy,), {"__init__": begin, "__module__": __name__})


def values(strategy: Any) -> Iterator[Any]:
    """Each line of the indicator over the bars of the share."""
    bars = len(strategy.getdatabyname(CN))
    for k in range(strategy.made.size()):
        yield np.array(strategy.made.lines[k].array)[:bars]


def compare(cls: type, stock: Any) -> None:
    for panel in (alone(), mixed()):
        for mine, right in zip(values(ours(cls, panel)), values(stock), strict=True):
            np.testing.assert_allclose(mine, right, rtol=1e-9, atol=1e-9, equal_nan=True)


def test_there_are_indicators_to_compare() -> None:
    assert len(CLASSES) > 70


@pytest.mark.parametrize("name", CLASSES)
def test_an_indicator_has_the_values_that_it_has_on_the_share_s_own_bars(name: str) -> None:
    def made(kind: type, data: Any) -> Any:
        if name in OF_TWO:
            return kind(data, bt.ind.SMA(data, period=5))
        return kind(data, period=20) if name == "DV2" else kind(data)  # its own 252 are more than there are

    cls = with_indicator(made, CLASSES[name])
    compare(cls, theirs(cls, alone(), runonce=name not in BAR_BY_BAR))


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSES)
def test_so_has_what_is_made_of_it_and_what_it_is_made_of(name: str) -> None:
    for make in COMPOSED.values():
        cls = with_indicator(make, CLASSES[name])
        try:
            right = theirs(cls, alone(), runonce=name not in BAR_BY_BAR)
        except NOT_COMPOSABLE:
            continue
        compare(cls, right)


@pytest.mark.parametrize(
    "make", [COMPOSED["of a difference"], COMPOSED["of either"]], ids=["difference", "either"]
)
@pytest.mark.parametrize("name", ["EMA", "RSI", "LaguerreFilter"])
def test_what_is_made_of_lines_begins_with_the_share(name: str, make: Made) -> None:
    cls = with_indicator(make, getattr(bt.ind, name))
    compare(cls, theirs(cls, alone()))
    assert np.isfinite(ours(cls, mixed()).made[0])


def test_an_average_over_two_shares_begins_with_the_later_one() -> None:
    """An EMA of five begins with the plain mean of the first five differences, whoever's sessions it counts."""
    panel = market(walk(HK, seed=2), walk(CN, late=12))
    one, other = panel.column(HK), panel.column(CN)
    begun = np.flatnonzero(np.isfinite(panel.close[:, other]))[0]
    rows = np.flatnonzero(np.isfinite(panel.close[:, one]))
    # as in stock backtrader a value of the first share's bar follows the other until the first has its next one
    until = np.append(rows[1:], len(panel)) - 1
    apart = (panel.mark[rows, one] - panel.mark[until, other])[rows >= begun]
    expected = [apart[:5].mean()]
    for value in apart[5:]:
        expected.append(expected[-1] + (value - expected[-1]) / 3.0)

    def begin(self: Any) -> None:
        self.made = bt.ind.EMA(self.getdatabyname(HK).close - self.getdatabyname(CN).close, period=5)

    cls = type("Apart", (bt.Strategy,), {"__init__": begin, "__module__": __name__})
    line = np.array(ours(cls, panel).made.lines[0].array)[: len(rows)]
    np.testing.assert_allclose(line[np.isfinite(line)], expected, rtol=1e-9)


def test_psar_of_a_late_share_is_a_number() -> None:
    cls = with_indicator(lambda kind, data: kind(data), bt.ind.PSAR)
    assert np.isfinite(ours(cls, mixed()).made[0])


@pytest.mark.parametrize("name", ["CrossOver", "MACDHisto", "Stochastic", "Ichimoku"])
def test_a_quicker_step_changes_no_bit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(kind: type, data: Any) -> Any:
        return kind(data, bt.ind.SMA(data, period=5)) if name in OF_TWO else kind(data)

    cls = with_indicator(made, CLASSES[name])
    quick = list(values(ours(cls, mixed())))
    monkeypatch.setattr(loop, "show_at_once", lambda *words: set())
    monkeypatch.setattr(loop, "quicken", lambda *words: None)
    for mine, right in zip(quick, values(ours(cls, mixed())), strict=True):
        assert mine.tobytes() == right.tobytes()


def as_made(name: str) -> Made:
    def made(kind: type, data: Any) -> Any:
        if name in OF_TWO:
            return kind(data, bt.ind.SMA(data, period=5))
        return kind(data, period=20) if name == "DV2" else kind(data)  # its own 252 are more than there are

    return made


def all_lines(strategy: Any) -> list[bytes]:
    """Every line of what was made, with those that it is made of."""

    def below(node: Any) -> Iterator[Any]:
        yield from node.lines if hasattr(node, "lines") else (node,)
        for part in getattr(node, "_lineiterators", {}).get(0, ()):
            yield from below(part)

    return [np.array(line.array).tobytes() for line in below(strategy.made)]


@pytest.mark.parametrize("name", CLASSES)
def test_calculated_at_once_it_has_the_bits_that_it_has_step_by_step(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    makes = [
        as_made(name),
        *(COMPOSED[how] for how in ("an average of it", "of a difference", "of either", "of the higher one")),
    ]
    for make in makes:
        cls = with_indicator(make, CLASSES[name])
        with monkeypatch.context() as slow:
            slow.setattr(loop, "show_at_once", lambda *words: set())
            try:
                right = all_lines(ours(cls, mixed()))
            except NOT_COMPOSABLE:
                continue
        assert all_lines(ours(cls, mixed())) == right


class Declared(bt.Indicator):  # type: ignore[misc]
    """Says what it is made of and no more."""

    lines = ("gap",)

    def __init__(self) -> None:
        self.lines.gap = self.data.close - bt.ind.SMA(self.data.close, period=4)


class Stepping(bt.Indicator):  # type: ignore[misc]
    """Steps by itself, over an average that need not."""

    lines = ("twice",)

    def __init__(self) -> None:
        self.average = bt.ind.SMA(self.data, period=4)

    def next(self) -> None:
        self.lines.twice[0] = 2.0 * self.average[0]


class Span(bt.ind.OperationN):  # type: ignore[misc]
    """A function of its own for each window, which backtrader calls with a list in one way and an array in the other."""

    lines = ("span",)
    params = (("period", 4),)

    def func(self, window: Any) -> float:
        return float(isinstance(window, list)) + max(window) - min(window)


def applied(data: Any) -> Any:
    return bt.ind.ApplyN(data, period=4, func=lambda window: float(isinstance(window, list)) + window[0])


@pytest.mark.parametrize(
    ("kind", "taken"),
    [(Declared, 1), (Stepping, 1), (bt.ind.MACD, 1), (bt.ind.PSAR, 0), (Span, 0), (applied, 0)],
)
def test_what_can_be_calculated_at_once_is(kind: type, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[int] = []
    usual = loop.show_at_once

    def counted(*words: Any) -> set[int]:
        done = usual(*words)
        found.append(len(done))
        return done

    monkeypatch.setattr(loop, "show_at_once", counted)
    cls = with_indicator(lambda kind, data: kind(data), kind)
    quick = all_lines(ours(cls, mixed()))
    assert found == [taken]
    monkeypatch.setattr(loop, "show_at_once", lambda *words: set())
    assert quick == all_lines(ours(cls, mixed()))


def test_no_later_value_of_what_was_calculated_at_once_can_be_seen() -> None:
    seen: list[tuple[int, int]] = []

    def begin(self: Any) -> None:
        self.made = bt.ind.MACD(self.getdatabyname(CN))

    def look(self: Any) -> None:
        for line in (*self.made.lines, *self.made.getindicators()[0].lines):
            seen.append((len(line.array), len(self.getdatabyname(CN))))
            with pytest.raises(IndexError):
                assert line[1]

    ours(type("Looks", (bt.Strategy,), {"__init__": begin, "next": look, "__module__": __name__}), mixed())
    assert len(seen) > 100
    assert all(held == bars for held, bars in seen)


def test_what_cannot_be_divided_fails_at_its_own_bar() -> None:
    steps: list[int] = []

    def begin(self: Any) -> None:
        self.made = self.getdatabyname(HK).close / (
            self.getdatabyname(HK).close - 0.0 * self.getdatabyname(HK).open - worst
        )

    panel = market(walk(HK))
    worst = float(panel.close[40, 0])

    def count(self: Any) -> None:
        steps.append(len(self))

    cls = type("Divides", (bt.Strategy,), {"__init__": begin, "next": count, "__module__": __name__})
    with pytest.raises(ZeroDivisionError):
        ours(cls, panel)
    first = int(np.flatnonzero(panel.close[:, 0] == worst)[0])
    assert len(steps) == first


class Counting(bt.Indicator):  # type: ignore[misc]
    """Counts its steps, which is a way of its own to step."""

    lines = ("steps",)
    counted = 0

    def _next(self) -> None:
        self.counted += 1
        super()._next()

    def next(self) -> None:
        self.lines.steps[0] = self.counted


def test_an_indicator_that_steps_in_a_way_of_its_own_keeps_it() -> None:
    cls = with_indicator(lambda kind, data: bt.ind.SMA(kind(data), period=3), Counting)
    (average,) = values(ours(cls, mixed()))
    bars = np.arange(3, len(average) + 1)
    np.testing.assert_allclose(average[2:], bars - 1.0, rtol=1e-12)


def test_every_indicator_of_a_script_has_the_bits_that_backtrader_s_own_loop_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def begin(self: Any) -> None:
        self.every = [as_made(name)(CLASSES[name], data) for data in self.datas for name in CLASSES]

    cls = type("Every", (bt.Strategy,), {"__init__": begin, "__module__": __name__})

    def ran() -> list[bytes]:
        made = bt.Cerebro(stdstats=False)
        plug(made, ll.Market(Launches(), mixed()))
        made.addstrategy(cls)
        (strategy,) = made.run()
        return [np.array(line.array).tobytes() for one in strategy.every for line in one.lines]

    by_sessions = ran()
    monkeypatch.setattr(loop, "_is_simple", lambda cerebro: False)
    assert len(by_sessions) > 200
    assert by_sessions == ran()
