"""Indicators of a share that is listed late begin with its first bar, as they would on its own bars alone.

All feeds have every row of the panel, so a late share shows NaN before its first price. An exponential average or an
RSI that is fed a NaN stays NaN for ever; its warm-up is therefore counted from the first row that has a price.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def delay(strategy: Any, rows_before: Mapping[int, int]) -> None:
    """Count the warm-up of every indicator from the first priced row of its latest source.

    `rows_before` gives, by `id` of each feed, how many rows precede its first price.
    """
    for indicator in _indicators(strategy):
        late = max((rows_before[feed] for feed in _feeds(indicator, rows_before, set())), default=0)
        if late:
            indicator._clk_update = _later(indicator, late)


def _indicators(owner: Any) -> Iterator[Any]:
    """Indicators of an owner and those that they are made of; plain operations on lines have no warm-up."""
    for one in owner._lineiterators[owner.IndType]:
        if hasattr(one, "_lineiterators"):
            yield one
            yield from _indicators(one)


def _feeds(node: Any, known: Mapping[int, int], seen: set[int]) -> set[int]:
    """Ids of the feeds that a line, an operation or an indicator is computed from."""
    if id(node) in known:
        return {id(node)}
    strategy = hasattr(node, "_lineiterators") and node._ltype != node.IndType
    if strategy or not hasattr(node, "__dict__") or id(node) in seen:
        return set()
    seen.add(id(node))
    parts = [getattr(node, name, None) for name in ("_owner", "_clock")]
    parts += [*vars(node).get("datas", ()), *vars(node).get("_datas", ())]
    return set().union(*(_feeds(part, known, seen) for part in parts if part is not None))


def _later(indicator: Any, late: int) -> Callable[[], int]:
    """`_clk_update` of an indicator whose sources begin `late` rows after the first."""
    usual = indicator._clk_update

    def clk_update() -> int:
        return max(int(usual()) - late, 0)

    return clk_update
