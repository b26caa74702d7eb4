"""What is wanted of a market: which launches and bars, over which span, in which currency."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from ..errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class MarketRequest:
    """Which launches and bars, over which span; None is the default of each.

    `launches` is a ledger's file (None: the shipped one), `prices` a folder, zip or store of daily bars (None: the
    simulated sample), `start` and `end` days such as 2026-01-05 (None: of the bars), `benchmark` a code, a blend or
    `none` (None: the first usual one with bars), `instruments` and `fx` files over the shipped ones.
    """

    launches: str | None = None
    prices: str | None = None
    start: str | None = None
    end: str | None = None
    currency: str = "HKD"
    benchmark: str | None = None
    bad_bars: str = "refuse"
    instruments: str | None = None
    fx: str | None = None


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
    texts = {name: str(value) for name, value in values.items() if value is not None}
    for name in ("start", "end"):
        if name in texts:
            texts[name] = day(texts[name], name)
    if "currency" in texts:
        texts["currency"] = texts["currency"].upper()
    return MarketRequest(**texts)


def day(text: Any, what: str) -> str:
    """A day as 2026-02-12, or one sentence that names the parameter `what`."""
    try:
        return str(date.fromisoformat(str(text)))
    except ValueError:
        raise ConfigError(f"`{what}` {str(text)!r} is not a day; write it as 2026-02-12") from None
