"""The filters of a feed, made anew: what one remembers of an earlier run is not for the next."""

from collections.abc import Sequence
from inspect import isroutine, signature
from typing import Any, NamedTuple

from backtrader.dataseries import SimpleFilterWrapper


class Way(NamedTuple):
    """How a filter is put on a feed: by which of its methods, what, and with which arguments."""

    method: str
    made: Any
    args: Sequence[Any]
    options: dict[str, Any]


def filter_again(feed: Any) -> None:
    """Put the filters of a feed on it anew, without what they remember of an earlier run; those that cannot be made stay."""
    known = list(feed._filters)
    feed._timeframe, feed._compression = (
        feed.p.timeframe,
        feed.p.compression,
    )  # a week's filter compares with these
    feed._filters.clear()
    feed._ffilters.clear()
    for one in known:
        way = way_of(*one)
        if way is not None:
            put_on(feed, way)
            continue
        feed._filters.append(one)
        if hasattr(one[0], "last"):
            feed._ffilters.append(one)


def way_of(made: Any, args: Sequence[Any], options: dict[str, Any]) -> Way | None:
    """How a filter can be made once more; None where only whoever made it can."""
    if isinstance(made, SimpleFilterWrapper):
        return Way("addfilter_simple", made.ffilter, args, options) if isroutine(made.ffilter) else None
    if isroutine(made):
        return Way("addfilter", made, args, options)
    if hasattr(made, "p"):
        return Way("addfilter", type(made), (), made.p._getkwargs())
    return Way("addfilter", type(made), (), {}) if _needs_a_feed_alone(type(made)) else None


def _needs_a_feed_alone(kind: type) -> bool:
    try:
        return len(signature(kind).parameters) == 1
    except ValueError:
        return False


def put_on(feed: Any, way: Way) -> None:
    """Put a filter on a feed."""
    getattr(feed, way.method)(way.made, *way.args, **way.options)
