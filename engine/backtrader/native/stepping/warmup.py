"""Indicators of a share that comes late: NaN before its first bar, then as on its own bars alone.

A feed that has not begun has no bar at all, and neither have the lines made of it: reading one is an IndexError. A
strategy that looks at many shares must be able to ask about all of them, so those lines say NaN until the first bar.
"""

from array import array
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from backtrader.lineseries import LineSeriesStub

NAN = float("nan")


class Hollow(array):  # type: ignore[type-arg]
    """The buffer of a line that has no value yet: it says NaN, or the time of `now` where it is one of dates."""

    now: Callable[[], float] | None = None

    def __getitem__(self, at: Any) -> Any:
        if len(self) or isinstance(at, slice) or at >= 0:
            return super().__getitem__(at)
        return NAN if self.now is None else self.now()


def hollow(line: Any, now: Callable[[], float] | None = None) -> None:
    """Let a line without a value say NaN, or the time of `now`; one that saves memory stays as it is."""
    if line.mode == line.UnBounded:
        line.array = Hollow("d")
        line.array.now = now


def fill_in(line: Any) -> None:
    """Make the line an ordinary one again, with what it has got."""
    if isinstance(line.array, Hollow):
        line.array = array("d", line.array)


def lines_by_feed(strategy: Any, feeds: Collection[Any]) -> dict[int, list[Any]]:
    """By the `id` of each feed all lines that move with it, its own first."""
    lines = {id(feed): list(feed.lines) for feed in feeds}
    for indicator in indicators(strategy):
        clock = clock_of(indicator, lines)
        if clock is not None:
            lines[clock] += list(indicator.lines)
    return lines


def indicators(owner: Any, done: Collection[int] = ()) -> Iterator[Any]:
    """Indicators and operations on lines of an owner, and those that they are made of, but for the ids `done`."""
    for indicator in owner._lineiterators[owner.IndType]:
        if id(indicator) in done:
            continue
        yield indicator
        if hasattr(indicator, "_lineiterators"):
            yield from indicators(indicator, done)


def step_with_own_bars(strategy: Any, feeds: Collection[Any], done: Collection[int]) -> None:
    """Let an indicator of one feed calculate when that feed has a new bar, and not when another one has.

    backtrader calls all of them at every step; those that keep something between bars would count a bar twice. `done` are
    the ids of those that look for themselves.
    """
    known = {id(feed): feed for feed in feeds}
    for indicator in strategy._lineiterators[strategy.IndType]:
        if id(indicator) in done:
            continue
        feed = known.get(clock_of(indicator, known) or 0)
        if (
            feed is not None
            and hasattr(indicator, "_lineiterators")
            and sources(indicator, known) == {id(feed)}
        ):
            indicator._next = _with_new_bars(indicator._next, feed)


def _with_new_bars(usual: Callable[[], None], feed: Any) -> Callable[[], None]:
    bars, seen = feed.lines[0], 0

    def step() -> None:
        nonlocal seen
        if bars.lencount != seen:
            seen = bars.lencount
            usual()

    return step


def delay(
    strategy: Any, missed: Callable[[int, set[int]], int], feeds: Collection[Any], done: Collection[int]
) -> None:
    """Count the warm-up of an indicator of several feeds from where all of them have begun.

    `missed` gives how many bars of a feed, by its `id`, come before the last of others begins; `done` are the ids of nodes
    of one feed.
    """
    known = {id(feed) for feed in feeds}
    for indicator in indicators(strategy, done):
        parts, clock = sources(indicator, known), clock_of(indicator, known)
        late = missed(clock, parts) if clock is not None and len(parts) > 1 else 0
        if late and hasattr(indicator, "_lineiterators"):
            indicator._clk_update = _later(indicator._clk_update, late)


def _later(usual: Callable[[], int], late: int) -> Callable[[], int]:
    def clk_update() -> int:
        return max(int(usual()) - late, 0)

    return clk_update


def clock_of(node: Any, known: Collection[int] | Mapping[int, Any]) -> int | None:
    """Id of the feed whose bars move a line, an operation or an indicator; None where the strategy does."""
    for _ in range(99):
        if id(node) in known:
            return id(node)
        if hasattr(node, "_lineiterators") and node._ltype != node.IndType:
            return None
        if isinstance(node, LineSeriesStub):
            node = node.lines[0]  # a line that was dressed up as a series: it has a clock, the dress has none
            continue
        parts = (getattr(node, name, None) for name in ("_clock", "_owner"))
        node = next((part for part in parts if part is not None), None)
        if node is None:
            return None
    return None


def sources(node: Any, known: Collection[int], seen: set[int] | None = None) -> set[int]:
    """Ids of the feeds that a line, an operation or an indicator is computed from."""
    seen = set() if seen is None else seen
    if id(node) in known:
        return {id(node)}
    strategy = hasattr(node, "_lineiterators") and node._ltype != node.IndType
    if strategy or not hasattr(node, "__dict__") or id(node) in seen:
        return set()
    seen.add(id(node))
    stub = isinstance(node, LineSeriesStub)
    parts = [*node.lines] if stub else [getattr(node, name, None) for name in ("_owner", "_clock")]
    parts += [*vars(node).get("datas", ()), *vars(node).get("_datas", ())]
    return set().union(*(sources(part, known, seen) for part in parts if part is not None))
