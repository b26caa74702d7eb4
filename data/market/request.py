"""What is wanted of a market: which launches and bars, over which span, in which currency."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..dated import to_day
from ..errors import ConfigError, did_you_mean
from ..instruments.table import Instruments
from ..ledger.launch import Launches
from ..minutes.stamps import STAMPS
from ..universe.universe import Universe

if TYPE_CHECKING:
    import pandas as pd

    from ..bars.bars import Bars
    from ..calendars.overrides import Additions


LINKS = ("all", "known")
SAMPLE_MINUTES = "sample"


@dataclass(frozen=True)
class MarketRequest:
    """Which launches and bars, over which span; None is the default of each.

    `launches` is a ledger: a file, a data frame, or Launches (None: the shipped one). `prices` are daily bars: a folder,
    zip or store, or data frames by code (None: the simulated sample). `start` and `end` are days such as 2026-01-05
    (None: of the bars), `benchmark` a code, a blend or `none` (None: the first usual one with bars), `instruments` and
    `fx` files over the shipped ones, `ledger_tz` the zone of the ledger's clock times that state none (None: refused).
    `universe` is a file of members over the shipped ones, or `none`. `links`: `all` codes
    of a launch, or only those whose link was `known` before it, and no member of hindsight. `codes` are the shares to trade, in the order
    of the panel's columns (`0700.HK,9988.HK` or a list; None: all that the ledger and the universe concern).
    `calendar` is a file of years and closures over the shipped ones, or `published` for no session beyond those; else, and
    with `from-bars`, sessions after the published ones are the days on which bars were traded. `futures` is a file of the dated margins
    and fees of index futures, whose months are among the prices (None: no futures).
    """

    launches: "str | Path | pd.DataFrame | Launches | None" = None
    prices: "str | Path | Mapping[str, pd.DataFrame | Bars] | None" = None
    start: str | None = None
    end: str | None = None
    currency: str = "HKD"
    benchmark: str | None = None
    bad_bars: str = "refuse"
    instruments: str | Path | Instruments | None = None
    fx: str | Path | None = None
    ledger_tz: str | None = None
    universe: str | Path | Universe | None = None
    links: str = "all"
    codes: str | None = None
    calendar: "str | Path | Additions | None" = None
    minutes: str | Path | None = None
    minute_stamps: str | None = None
    futures: str | Path | None = None

    def __post_init__(self) -> None:
        if self.links not in LINKS:
            raise ConfigError(
                f"`links` {self.links!r} is unknown{did_you_mean(self.links, LINKS)}; use one of {', '.join(LINKS)}"
            )
        if self.minute_stamps not in (None, *STAMPS):
            raise ConfigError(
                f"`minute_stamps` {self.minute_stamps!r} is unknown{did_you_mean(str(self.minute_stamps), STAMPS)}; "
                f"use one of {', '.join(STAMPS)}"
            )
        if self.minute_stamps is not None and self.minutes in (None, SAMPLE_MINUTES):
            raise ConfigError(
                "`minute_stamps` says what the minute bars of a folder are stamped with, and `minutes` names none; leave it out"
            )
        if self.minutes == SAMPLE_MINUTES and self.prices is not None:
            raise ConfigError(
                "`minutes` sample are of the sample market, and these are other `prices`; give a folder of their minute bars"
            )


FIELDS = tuple(one.name for one in fields(MarketRequest))


def market_request(values: Mapping[str, Any]) -> MarketRequest:
    """A request of values by field name, its days checked; None is not given. ConfigError for an unknown name.

    >>> market_request({"start": "2026-01-05", "currency": "cny"}).currency
    'CNY'
    """
    for name in values:
        if name not in FIELDS:
            raise ConfigError(
                f"a market has no {name!r}{did_you_mean(name, FIELDS)}; it has {', '.join(FIELDS)}"
            )
    given = {name: value for name, value in values.items() if value is not None}
    for name in ("start", "end"):
        if name in given:
            given[name] = str(to_day(given[name], name))
    for name in ("currency", "benchmark", "bad_bars", "ledger_tz", "links"):
        if name in given:
            given[name] = str(given[name])
    if "codes" in given:
        given["codes"] = _joined(given["codes"])
    if "currency" in given:
        given["currency"] = given["currency"].upper()
    return MarketRequest(**given)


def _joined(codes: Any) -> str:
    """Codes of a text or a list, joined by commas; ConfigError where there is none, or one is there twice."""
    parts = codes.split(",") if isinstance(codes, str) else codes
    named = [str(part).strip() for part in parts] if isinstance(parts, Iterable) else []
    if not all(named) or not named or len(set(named)) < len(named):
        raise ConfigError(
            f"`codes` must name each share once, such as `codes=0700.HK,9988.HK`, not {codes!r}"
        )
    return ",".join(named)
