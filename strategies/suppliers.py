"""Long the compute suppliers of the launcher."""

from dataclasses import dataclass, field

from .base import about
from .buy_launch import BuyLaunch


@dataclass(frozen=True, kw_only=True)
class Suppliers(BuyLaunch):
    """Buy the suppliers of computing, chips and services; `gross` is shared equally among them."""

    roles: tuple[str, ...] = field(default=("supplier",), metadata=about("roles to buy"))
