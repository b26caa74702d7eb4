"""Under what a point trades: the ledger on its clock, the market with its costs, and the rules of the portfolio.

A grid names what it changes of them as `config.slippage_bp` or `brokerage.cn_min`; all other names are the strategy's.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...data.ledger.launch import Launches
from ...data.panel.charges import priced
from ...data.panel.panel import Panel
from ...data.rules.brokerage import Brokerage, brokerage_from
from ..config import Config, config_from
from .grid import BROKERAGE, CONFIG

CLOCK = ("config.reaction_minutes", "config.dates_known")  # what a strategy may see of the portfolio's rules


class Conditions(NamedTuple):
    """What all points have in common that differ in parameters of their strategy only."""

    launches: Launches
    panel: Panel
    config: Config


def is_condition(name: str) -> bool:
    """Whether a parameter of a grid is one of the portfolio or the broker, and no business of the strategy."""
    return name.startswith((CONFIG, BROKERAGE))


def seen_by_strategy(name: str) -> bool:
    """Whether legs may depend on a parameter: on the clock and on costs, on nothing else of the portfolio."""
    return not name.startswith(CONFIG) or name in CLOCK


def of_strategy(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that the strategy is built with."""
    return {name: value for name, value in values.items() if not is_condition(name)}


def changed_config(base: Config, values: Mapping[str, Any]) -> Config:
    """The portfolio's rules with a point's values; a ConfigError says what is wrong with one."""
    changes = _under(CONFIG, values)
    return config_from(base.model_dump() | changes) if changes else base


def changed_brokerage(base: Brokerage, values: Mapping[str, Any]) -> Brokerage:
    """What the broker charges with a point's values; a ConfigError says what is wrong with one."""
    changes = _under(BROKERAGE, values)
    return brokerage_from(base.model_dump() | changes) if changes else base


def changed(base: Conditions, brokerage: Brokerage, values: Mapping[str, Any]) -> Conditions:
    """The conditions of a point, `base` where none is asked for; `brokerage` is what the panel of `base` charges."""
    config, launches = changed_config(base.config, values), base.launches
    if any(name in values for name in CLOCK):
        launches = launches.timed(reaction_minutes=config.reaction_minutes, dates_known=config.dates_known)
    charges = changed_brokerage(brokerage, values)
    return Conditions(launches, base.panel if charges is brokerage else priced(base.panel, charges), config)


def _under(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}
