"""What the broker charges, as settings of one's own."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from ..errors import ConfigError
from ..settings import Settings
from .costs import Usual

USUAL = Usual()


class Brokerage(Settings):
    """What the broker charges. Rates are fractions of the value traded; minimums are per order, local currency.

    Hong Kong brokerage has been negotiable since 2003-04-01, so none is charged unless it is given.
    """

    hk_rate: float = Field(
        default=USUAL.hk_rate, ge=0, le=0.05, allow_inf_nan=False, description="Hong Kong commission rate"
    )
    hk_min: float = Field(
        default=USUAL.hk_min,
        ge=0,
        le=1_000,
        allow_inf_nan=False,
        description="Hong Kong minimum, HKD an order",
    )
    cn_rate: float = Field(
        default=USUAL.cn_rate, ge=0, le=0.003, allow_inf_nan=False, description="mainland commission rate"
    )
    cn_min: float = Field(
        default=USUAL.cn_min,
        ge=0,
        le=1_000,
        allow_inf_nan=False,
        description="mainland minimum, CNY an order",
    )
    regulatory_inside: bool = Field(
        default=USUAL.regulatory_inside,
        description="the mainland commission already includes handling and regulatory fees",
    )
    connect: bool = Field(
        default=USUAL.connect, description="northbound Stock Connect: add HKSCC's transfer fee"
    )


def brokerage_from(values: Mapping[str, Any]) -> Brokerage:
    """A Brokerage, or one sentence that says whose option is wrong."""
    try:
        return Brokerage(**values)
    except ConfigError as error:
        raise ConfigError(f"brokerage: {error}") from None
