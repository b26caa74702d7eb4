"""The former place of strategies/base.py, kept for one release."""

from .base import (
    LEG,
    Intent,
    TradeRules,
    about,
    check_roles,
    codes_with_roles,
    later_rows,
    parameters,
)

__all__ = [
    "LEG",
    "Intent",
    "TradeRules",
    "about",
    "check_roles",
    "codes_with_roles",
    "later_rows",
    "parameters",
]
