"""Long the pure plays, short the sector."""

from dataclasses import dataclass, field
from typing import ClassVar

from .base import about
from .long_short import LongShort


@dataclass(frozen=True, kw_only=True)
class SectorPair(LongShort):
    """Long the pure plays of the day, short the Hang Seng Tech fund (else the most traded one), at every launch."""

    buys_issuer: ClassVar[bool] = False

    longs: tuple[str, ...] = field(
        default=("basket",),
        metadata=about("whom to buy: launcher (else the basket), basket, both, or roles of the ledger"),
    )
    shorts: tuple[str, ...] = field(
        default=("index",),
        metadata=about("whom to sell short: named (else the basket), basket, index, or roles of the ledger"),
    )
