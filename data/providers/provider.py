"""What every source of bars is to the store.

The protocol is small on purpose. Another kind of answer (bars of a minute, facts about a security) is a protocol of
its own with one method, which a source has or has not; whoever wants it asks with `isinstance`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from ..bars.bars import Bars
from ..errors import ConfigError, did_you_mean
from ..instruments.facts import Facts
from ..instruments.table import Instrument
from ..minutes.read import MinuteRows

# What a source may state of an exchange's securities, and what that is.
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "bars": "open, high, low, close and volume of each session, raw",
        "turnover": "money traded, which proves units and raw prices",
        "references": "the price from which the exchange counts limits, ex-right on ex-dates",
        "suspensions": "sessions on which trading was halted",
        "st": "sessions under a risk warning (ST), and delisting periods",
        "dividends": "cash by ex-date",
        "splits": "splits, bonus issues, consolidations by ex-date",
        "rights": "rights issues by ex-date",
    }
)
Gives = Mapping[str, frozenset[str]]


@runtime_checkable
class Provider(Protocol):
    """A source of raw daily bars with corporate actions.

    `bars` returns at least one bar within the days asked (both included), with `source["provider"]` (its name) and
    `source["version"]`. No answer, an empty one and a refusal are FetchError, after the provider's own retries; a
    SourceError where no other code would fare better. `gives` says by exchange which of FIELDS it states; an exchange
    that is not there is not asked of it. `parallel` is how many codes may be asked for at once, from threads; `close`
    ends a session with the server.
    """

    @property
    def name(self) -> str: ...

    @property
    def parallel(self) -> int: ...

    @property
    def gives(self) -> Gives: ...

    def bars(self, instrument: Instrument, start: date, end: date) -> Bars: ...

    def close(self) -> None: ...


@runtime_checkable
class FactSource(Protocol):
    """A source that states facts of a security beside its bars: listing day, issue price, names, board lot.

    What it does not know is None or empty; errors are those of `bars`.
    """

    def facts(self, instrument: Instrument) -> Facts: ...


@runtime_checkable
class MinuteSource(Protocol):
    """A source that has bars of minutes beside the daily ones.

    `minute_lengths` says by exchange which lengths it has. `minutes` returns the raw bars of `length` minutes of the
    sessions from `start` to `end` (both included), volume in shares, with `source["provider"]`, `source["version"]` and
    `source["stamps"]` (`start` or `end`: what its bars are stamped with); none is a FetchError. Days that it does not go
    back to are a FetchError that says how far it does. Errors are else those of `bars`.
    """

    @property
    def minute_lengths(self) -> Mapping[str, tuple[int, ...]]: ...

    def minutes(self, instrument: Instrument, start: date, end: date, length: int) -> MinuteRows: ...


def gives(by_exchange: Mapping[str, str]) -> Gives:
    """What a source states, by exchange: names of FIELDS in a row, such as `bars turnover`; others are ConfigErrors."""
    for words in by_exchange.values():
        for word in words.split():
            if word not in FIELDS:
                raise ConfigError(f"{word!r} is nothing that a source gives{did_you_mean(word, FIELDS)}")
    return MappingProxyType({name: frozenset(words.split()) for name, words in by_exchange.items()})


def without_actions(name: str, instrument: Instrument) -> str:
    """What is said of the bars of a share or fund whose dividends and splits a source does not state; '' for an index."""
    if not instrument.tradable:
        return ""
    what = "funds" if instrument.mainland else "Hong Kong"
    return f"{name} has no dividends and splits of {what}: take another source where they matter"


def untold(days: Sequence[str], among: str) -> list[str]:
    """What is said of days on which a source's factor moves and none of its actions does; nothing where there are none.

    Of a share it is a rights issue, most often; of a fund a split. The first three days are named.
    """
    named = ", ".join(days[:3]) + (f" and {len(days) - 3} more days" if len(days) > 3 else "")
    return (
        [f"an action on {named} has no row among the {among}: it shows in the reference alone"]
        if days
        else []
    )
