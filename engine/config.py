"""How a portfolio is run: money, fills, margin. Frozen, checked at the door, readable from TOML."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from ..data.addresses import refuse_address
from ..data.doors import is_there, read_bytes
from ..data.errors import ConfigError
from ..data.settings import Settings


class LimitPolicy(StrEnum):
    """What happens to an order at the open on the locked side of a price limit."""

    STRICT = "strict"  # no buy if open >= limit_up, no sell if open <= limit_down
    OPENED = "opened"  # as strict, but it fills at the limit if the board opened later that day
    IGNORE = "ignore"  # the paper portfolio: limits do not exist


class Pairing(StrEnum):
    """How the short legs of a launch relate to its long legs."""

    INDEPENDENT = "independent"
    MATCHED = "matched"  # shorts are sized to the long value really filled


class ExitOn(StrEnum):
    """When stop, target and trail are judged."""

    CLOSE = "close"  # on the close, traded at the next open
    TOUCH = "touch"  # inside the bar; a gap trades at the open; stop before target


class MinutePrice(StrEnum):
    """At which price of a minute bar an order is filled that meets it from its start on."""

    OPEN = "open"
    VWAP = "vwap"  # turnover over volume; the worst price where the turnover is not known
    WORST = "worst"  # the high for a buyer, the low for a seller


MINUTE_FIELDS = ("minute_price", "give_up")


class Config(Settings):
    """One portfolio's rules. Money in the panel's base currency; fractions as 0.05 for 5 %."""

    capital: float = Field(
        10_000_000.0, gt=0, le=1e15, allow_inf_nan=False, description="starting cash, in the base currency"
    )
    limit_policy: LimitPolicy = LimitPolicy.STRICT
    pairing: Pairing = Pairing.INDEPENDENT
    exit_on: ExitOn = ExitOn.CLOSE
    participation: float = Field(
        0.10, gt=0, le=1, description="largest share of a session's volume, per code"
    )
    slippage_bp: float = Field(0.0, ge=0, le=1_000, description="basis points against the trader")
    slippage_ticks: int = Field(0, ge=0, le=100, description="ticks against the trader")
    reaction_minutes: float = Field(15.0, ge=0, le=1_440, description="from the news to the order")
    dates_known: Literal["end", "start"] = Field(
        "end", description="date-only launches: known at the day's start or end"
    )
    minute_price: MinutePrice = Field(
        MinutePrice.OPEN, description="price of a minute bar: open, vwap or worst for the trader"
    )
    give_up: float | None = Field(
        None, ge=1, le=1_440, description="minutes of a session to keep trading in; none: to its end"
    )
    max_gross: float = Field(2.0, gt=0, le=10, description="largest (long + short) / NAV after an entry")
    maintenance: float = Field(
        0.25, ge=0, lt=1, description="smallest NAV / (long + short) before forced reduction"
    )
    short_collateral: float = Field(1.05, ge=0, le=5, description="cash kept for each unit of short value")
    close_out: bool = Field(False, description="sell everything at the last close")

    @model_validator(mode="after")
    def _margins_agree(self) -> "Config":
        if self.maintenance * self.max_gross > 1:
            raise ConfigError(
                "maintenance must be at most 1 / max_gross, or every full portfolio is called at once"
            )
        return self

    def told(self) -> dict[str, Any]:
        """The options as JSON values; those of minutes only where they are not the usual ones."""
        usual = {name: Config.model_fields[name].default for name in MINUTE_FIELDS}
        left_out = {name for name, value in usual.items() if getattr(self, name) == value}
        return self.model_dump(mode="json", exclude=left_out)


def config_from(values: dict[str, Any]) -> Config:
    """A Config, or one sentence that names the wrong option and what it should be."""
    return Config(**values)


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; a missing or malformed file is one sentence."""
    refuse_address(path, ConfigError)
    if not is_there(path):
        raise ConfigError(f"{path}: there is no such file")
    try:
        return tomllib.loads(read_bytes(path, error=ConfigError).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
