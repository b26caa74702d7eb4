"""What a run knows of later sessions cannot be reached from its strategy; the calendar, which is public, can."""

from collections import deque
from typing import Any

import backtrader as bt
import numpy as np

from launchlab.data.panel.panel import Panel

from ....markets.native_market import CN, cn, flat, free, hk, ours, planned
from ....markets.stock_backtrader import market, walk
from ....markets.stock_backtrader import ours as run

LAST = 123.25  # a price that only the last session has
SELDOM = (str, bytes, int, float, bool, type(None))


def parts(found: Any) -> list[Any]:
    """What hangs on an object: items, attributes, and the class's own where it is one of this program."""
    if isinstance(found, dict):
        return [*found.keys(), *found.values()]
    if isinstance(found, list | tuple | set | frozenset | deque):
        return list(found)
    ours = type(found).__module__.startswith("launchlab.")
    asked = [name for name, value in vars(type(found)).items() if ours and isinstance(value, property)]
    return [*getattr(found, "__dict__", {}).values(), *(getattr(found, name) for name in asked)]


def reachable(start: Any) -> tuple[list[Any], set[float]]:
    """Every object that attributes and items lead to, and the numbers among them and in their arrays."""
    seen: dict[int, Any] = {}
    numbers: set[float] = set()
    waiting = [start]
    while waiting and len(seen) < 50_000:
        one = waiting.pop()
        if isinstance(one, float):
            numbers.add(one)
        if (
            isinstance(one, SELDOM)
            or id(one) in seen
            or isinstance(one, type)
            or type(one).__name__ == "module"
        ):
            continue
        seen[id(one)] = one
        if isinstance(one, np.ndarray):
            numbers |= set(one.ravel().tolist()) if one.dtype.kind == "f" else set()
        elif type(one).__name__ in ("array", "Hollow"):
            numbers |= set(memoryview(one).tolist())
        else:
            waiting += parts(one)
    return list(seen.values()), numbers


def test_no_attribute_of_a_strategy_leads_to_a_later_price_or_launch() -> None:
    found: list[tuple[list[Any], set[float]]] = []

    def look(self: Any) -> None:
        if len(self) == 3:
            found.append(reachable(self))

    ours(planned({}, next=look), free(hk([*flat(8), 10.3]), cn([*flat(9), 10.7])))
    (objects, numbers), = found  # fmt: skip
    assert 10.0 in numbers
    assert not {10.3, 10.7} & numbers
    assert not any(isinstance(one, Panel) for one in objects)
    for name in ("desk", "notices", "launch_numbers", "_rows"):
        assert not any(name in getattr(one, "__dict__", {}) for one in objects), name


def test_later_sessions_are_public_and_later_prices_are_not() -> None:
    seen: list[Any] = []

    def look(self: Any) -> None:
        dates = self.data.datetime
        if len(self) == 2:
            seen.append((str(dates.date(0)), str(dates.date(1)), len(dates.array), self.data.buflen()))
        if len(self) == 5:
            seen.append((str(dates.date(0)), str(dates.date(1)), len(dates.array), self.data.buflen()))

    # 28 June is a Friday, 1 July a holiday in Hong Kong
    ours(planned({}, next=look), free(hk(flat(9))))
    assert seen == [("2024-06-25", "2024-06-26", 9, 9), ("2024-06-28", "2024-07-02", 9, 9)]


def test_a_month_s_last_session_is_known_from_the_calendar() -> None:
    ends: list[str] = []

    def month_end(self: Any) -> None:
        dates = self.data.datetime
        if len(self.data) < self.data.buflen() and dates.date(1).month != dates.date(0).month:
            ends.append(str(dates.date(0)))

    ours(planned({}, next=month_end), free(hk(flat(9))))
    assert ends == ["2024-06-28"]


def test_a_suspension_is_in_no_feed_before_it_is_over() -> None:
    seen: dict[str, tuple[str, int]] = {}

    def look(self: Any) -> None:
        data = self.getdatabyname(CN)
        if len(data) and str(data.datetime.date(0)) not in seen and len(data) < data.buflen():
            seen[str(data.datetime.date(0))] = (str(data.datetime.date(1)), data.buflen())

    series = walk(CN, gaps=(3, 4))
    days = walk(CN).sessions.astype(str).tolist()
    run(type("Looks", (bt.Strategy,), {"next": look, "__module__": __name__}), market(series))
    assert seen[days[2]] == (days[3], 160)
    assert seen[days[5]] == (days[6], 158)


def test_before_its_first_bar_a_share_says_nothing_and_today() -> None:
    seen: list[tuple[float, str, int]] = []

    def look(self: Any) -> None:
        late = self.getdatabyname(CN)
        if not len(late):
            seen.append((late.close[0], str(late.datetime.date(0)), len(late)))

    ours(planned({}, next=look), free(hk(flat(9)), cn(flat(3))))
    assert len(seen) == 6
    assert all(price != price for price, _, _ in seen)
    assert seen[0][1:] == ("2024-06-24", 0)
