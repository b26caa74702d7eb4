"""What a command tells of its market on stderr before it begins."""

from typing import TYPE_CHECKING

from .echo import echo
from .options import warn

if TYPE_CHECKING:
    from ..data.market.market import Market


def say(market: "Market", *, labelled: bool = False) -> None:
    """Tell what was left out, and that prices are simulated unless stdout says so itself (`labelled`)."""
    for sentence in market.warnings:
        warn(sentence)
    if market.panel.simulated and not labelled:
        echo("launchlab: SIMULATED prices: nothing here happened on a market", err=True)
