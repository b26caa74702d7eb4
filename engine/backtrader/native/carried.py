"""What a script made of its own feeds, made again of the market's: weeks and filters, names, and parts that were handed a feed."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

from ....data.errors import ConfigError
from .stepping.filters import Way, put_on, way_of


class Renewed:
    """The feeds of a script beside those that came in their place, in the order of both; more of either have no other."""

    def __init__(self, old: Sequence[Any], codes: int) -> None:
        self.plain = [feed for feed in old if not feed._clone]
        self.made = [feed for feed in old if feed._clone]
        mixed = any(feed._clone for feed in old[: len(self.plain)])
        if self.made and (mixed or len(self.plain) != codes):
            raise ConfigError(
                f"a feed is made of {called(self.made[0].p.dataname)} and has its place after those of the market: add all feeds "
                f"before those that are made of them, and run on as many codes as the script has feeds ({len(self.plain)}, "
                f"here {codes})"
            )
        self.filters = {id(feed): list(_filters(feed)) for feed in old}
        self.pairs: dict[int, Any] = {}

    def take(self, cerebro: Any, feeds: Iterable[Any]) -> None:
        """Give a Cerebro the feeds of a market in the place of its own, with what was made of these."""
        names = Names()
        cerebro.datas.clear()
        cerebro.feeds.clear()
        cerebro.datasbyname = names
        cerebro._dataid = count(1)
        fresh = list(feeds)
        for old, new in zip(self.plain, fresh, strict=False):
            self._filter(old, new)
            names.other[old._name] = new._name
            self.pairs[id(old)] = new
        for new in fresh:
            cerebro.adddata(new, name=new._name)
        for old in self.made:
            new = self.pairs[id(old.p.dataname)].clone()
            self._filter(old, new)
            self.pairs[id(old)] = cerebro.adddata(new, name=old._name)
        self._hand_over(cerebro)

    def _filter(self, old: Any, new: Any) -> None:
        for way in self.filters[id(old)]:
            put_on(new, way)

    def _hand_over(self, cerebro: Any) -> None:
        """Observers, analyzers, indicators, sizers, signals and strategies that were handed a feed get the one in its place."""
        for parts in (cerebro.observers, cerebro.analyzers, cerebro.indicators, cerebro.signals):
            parts[:] = [self._again(part) for part in parts]
        cerebro.strats[:] = [self._again(one) if isinstance(one, list) else one for one in cerebro.strats]
        cerebro.sizers.update({key: self._again(part) for key, part in cerebro.sizers.items()})

    def _again(self, value: Any) -> Any:
        if id(value) in self.pairs:
            return self.pairs[id(value)]
        if type(value) in (list, tuple):
            return type(value)(self._again(part) for part in value)
        if type(value) is dict:
            return {key: self._again(part) for key, part in value.items()}
        return value


def _filters(feed: Any) -> Iterator[Way]:
    for made, args, options in feed._filters:
        way = way_of(made, args, options)
        if way is None:
            raise ConfigError(
                f"{called(feed)} has a filter, {type(made).__name__}, that only the script can make again; put it on after "
                "`plug`, on the feed of the market"
            )
        yield way


class Names(OrderedDict[str, Any]):
    """The feeds by their codes; one that is asked for by its name in the script is found as well."""

    def __init__(self) -> None:
        super().__init__()
        self.other: dict[Any, str] = {}

    def __missing__(self, name: Any) -> Any:
        if name in self.other:
            return self[self.other[name]]
        raise KeyError(name)


def called(feed: Any) -> str:
    """What a script calls a feed, as far as it says so by a word."""
    for name in (feed._name, getattr(feed.p, "dataname", None)):
        if name is not None and isinstance(name, str | int) and name != "":
            return str(name)
    return "a feed"
