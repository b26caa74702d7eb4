"""Indicators that backtrader can calculate for all bars at once, shown to the strategy bar by bar.

Stepping an indicator costs several calls a bar; its loop over all bars costs hardly more than the sums. What is calculated
at once is kept where a strategy does not reach (`sealed`), and with each bar every line gets one value longer: nobody sees
a later one. Only classes whose two ways of calculating give the same bits are taken, all others step.
"""

from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from itertools import chain
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from backtrader.linebuffer import PseudoArray
from backtrader.lineiterator import LineIterator
from backtrader.lineroot import LineRoot
from backtrader.lineseries import LineSeries

from .....data.arrays import F8
from .sealed import kept_for, seal
from .warmup import clock_of

WAYS = frozenset(
    ("prenext", "nextstart", "next", "preonce", "oncestart", "once", "_next", "_once", "_clk_update", "forward", "home",
     "advance", "buflen", "__len__", "__getitem__")
)  # fmt: skip
DECLARED = frozenset(("__init__", "lines", "params", "plotinfo", "plotlines", "_plotinit", "_plotlabel"))
DESCRIPTORS = (staticmethod, classmethod, property)
PAIRS = (("prenext", "preonce"), ("nextstart", "oncestart"), ("next", "once"))
# They look ahead or follow another clock, or have other bits at once than bar by bar.
OTHERS = frozenset(("_LineForward", "SingleCoupler", "MultiCoupler", "CmpEx", "_TALibIndicator"))

Bars = tuple[F8, "array[float]"]


class Root(NamedTuple):
    """A node that steps by itself, with all lines that step with it; `top` where the strategy itself makes it step."""

    node: Any
    lines: list[Any]
    top: bool


class Shown:
    """Where it is sealed what the lines of some nodes will say."""


def show_at_once(strategy: Any, feeds: Sequence[Any], bars_of: Callable[[Any], Bars]) -> set[int]:
    """Calculate what is made of one feed alone, for each of the feeds, before they have bars; the ids of its nodes.

    `bars_of` a feed are its bars, columns as its lines of numbers, and their times. Feeds and lines are empty afterwards.
    """
    found: dict[int, list[Root]] = {id(feed): [] for feed in feeds}
    for feed, root in _roots(strategy, found, top=True):
        found[feed].append(root)
    return {
        id(root.node)
        for feed in feeds
        if found[id(feed)]
        for root in _shown(feed, found[id(feed)], bars_of(feed))
    }


def _shown(feed: Any, roots: Sequence[Root], bars: Bars) -> list[Root]:
    count = len(bars[1])
    if not count:
        return []
    known, done = set(map(id, feed.lines)), []
    feed.fill(*bars)
    for root in roots:
        if _calculated(root, known, count):
            known |= set(map(id, root.lines))
            done.append((root, [line.array for line in root.lines]))
    feed.empty()
    for root, _ in done:
        _empty(root.lines)
    _hand_out([one for one in done if one[0].top], feed.lines[0])
    for one in done:
        if not one[0].top:
            _hand_out([one], feed.lines[0])
    return [root for root, _ in done]


def _roots(owner: Any, feeds: Mapping[int, Any], *, top: bool) -> Iterator[tuple[int, Root]]:
    """Nodes that are backtrader's with all their parts, by their feed and in the order in which they step."""
    for node in owner._lineiterators[owner.IndType]:
        parts = list(_parts(node))
        feed = clock_of(node, feeds) if all(map(_is_backtraders, parts)) else None
        if feed is not None:
            yield feed, Root(node, [line for part in parts for line in _lines(part)], top)
        elif isinstance(node, LineIterator):
            yield from _roots(node, feeds, top=False)


def _parts(node: Any) -> Iterator[Any]:
    """An indicator or operation with those that it is made of, in the order in which they step."""
    if isinstance(node, LineIterator):
        for part in node._lineiterators[node.IndType]:
            yield from _parts(part)
    yield node


def _lines(node: Any) -> Sequence[Any]:
    return list(node.lines) if isinstance(node, LineIterator) else [node]


def _is_backtraders(node: Any) -> bool:
    kind: Any = type(node)
    if not _has_two_ways(kind) or WAYS & vars(node).keys():
        return False
    params = node.p._getkwargs() if isinstance(node, LineIterator) else {}
    return not any(map(_is_somebodys, (*vars(node).values(), *params.values())))


@cache
def _has_two_ways(kind: Any) -> bool:
    """Whether backtrader itself calculates a class both bar by bar and for all bars, and not by a walk through them."""
    ways = [getattr(kind, name, None) for name in WAYS]
    own = all(way is None or str(way.__module__).startswith("backtrader.") for way in ways)
    both = all(_is_own(kind, all_bars) for bar, all_bars in PAIRS if _is_own(kind, bar))
    walks = kind.once.__name__ == "once_via_next"
    declared = all(map(_only_declares, kind.__mro__))
    return (
        own and both and not walks and declared and OTHERS.isdisjoint(base.__name__ for base in kind.__mro__)
    )


def _only_declares(base: type) -> bool:
    """Whether a class is backtrader's, or one of somebody's own that does nothing but say what it is made of."""
    if str(base.__module__).partition(".")[0] in ("backtrader", "builtins"):
        return True
    own = {name for name, value in vars(base).items() if callable(value) or isinstance(value, DESCRIPTORS)}
    return own <= DECLARED


def _is_somebodys(value: Any) -> bool:
    """Whether a value is a function that backtrader has been given: it may care how it is called."""
    if isinstance(value, partial):
        return any(map(_is_somebodys, (value.func, *value.args)))
    return isinstance(value, FunctionType | MethodType) and not str(value.__module__).startswith(
        "backtrader."
    )


def _is_own(kind: Any, way: str) -> bool:
    """Whether a class says itself what it does in one of its ways."""
    return getattr(kind, way) not in (getattr(LineIterator, way), getattr(LineRoot, way, None))


def _calculated(root: Root, known: Collection[int], bars: int) -> bool:
    """Calculate a root for all bars; false where it reads or writes what is not here, or cannot do it."""
    if any(map(_has_begun, root.lines)) or not _is_closed(root, set(known)):
        return False
    with suppress(Exception):  # as it steps, it fails at its bar
        root.node._once()
        if all(len(line.array) == bars for line in root.lines):
            return True
    _empty(root.lines)
    return False


def _is_closed(root: Root, known: set[int]) -> bool:
    """Whether each part reads only what is known or has stepped before it, and writes only lines of its root."""
    own = set(map(id, root.lines))
    for part in _parts(root.node):
        written = {id(target) for line in _lines(part) for target in line.bindings}
        if not written <= own or not {id(line) for line in _read_by(part)} <= known:
            return False
        known |= written | set(map(id, _lines(part)))
    return True


def _read_by(node: Any) -> Iterator[Any]:
    own = vars(node)
    for part in chain(own.get("datas", ()), own.get("_datas", ())):
        if not isinstance(part, PseudoArray):
            yield from part.lines if isinstance(part, LineSeries) else (part,)


def _has_begun(line: Any) -> bool:
    return bool(line.mode != line.UnBounded or line.lencount or len(line.array) or line.extension)


def _empty(lines: Sequence[Any]) -> None:
    for line in lines:
        line.reset()


def _nothing() -> None:
    """The step of a node whose lines another one has moved."""


def _hand_out(done: Sequence[tuple[Root, Sequence["array[float]"]]], counter: Any) -> None:
    """Let the first node move the lines of all, where the feed that `counter` belongs to has a new bar."""
    if not done:
        return
    lines = [line for root, _ in done for line in root.lines]
    shown, first, grow = Shown(), lines[0], []
    seal(shown, [values for _, own in done for values in own])

    def step() -> None:
        bars = counter.lencount
        if bars == first.lencount:
            return
        t = bars - 1
        if not t:
            grow.extend(
                [(line, line.array.append) for line in lines]
            )  # from now on the lines keep their lists
        for (line, append), values in zip(grow, kept_for(shown), strict=True):
            append(values[t])
            line._idx = t
            line.lencount = bars

    for root, _ in done:
        root.node._next = _nothing
    done[0][0].node._next = step
