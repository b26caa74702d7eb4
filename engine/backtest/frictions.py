"""The legs of a run once more, freed from the account, with one friction after another: what each of them took."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8
from ...data.panel.panel import Panel
from ..compiled.simulate import simulate
from ..compiled.windows import Layout
from ..config import Config, LimitPolicy, Pairing
from ..results.attribution import SCALE, Ladder

PURSE = 1e32  # base money that no order makes a dent in: sizes depend on the NAV of the run alone


def ladder(legs: NDArray[Any], panel: Panel, config: Config, equity: F8) -> Ladder:
    """Fills of the legs with more and more frictions, each leg sized at `equity` (T,) before its first session."""
    nav = np.maximum(equity[legs["row"] - 1], 0.0)
    free = _free(config)
    real, endless = Layout(_untaxed(panel)), Layout(_endless(panel))
    small, large = _weighed(legs, nav), _weighed(legs, SCALE * nav)

    def fills(table: NDArray[Any], layout: Layout, **update: Any) -> NDArray[Any]:
        return simulate(table, layout.panel, free.model_copy(update=update), layout=layout).fills

    volume = {"participation": config.participation}
    slips = {"slippage_bp": config.slippage_bp, "slippage_ticks": config.slippage_ticks}
    sized = fills(small, real, **volume)
    return Ladder(
        paper=fills(large, endless, limit_policy=LimitPolicy.IGNORE),
        limits=fills(large, endless),
        sized=sized,
        slipped=fills(small, real, **volume, **slips) if any(slips.values()) else sized,
    )


def _weighed(legs: NDArray[Any], nav: F8) -> NDArray[Any]:
    """The legs with the shares of the endless purse that are theirs of `nav`."""
    weighed = legs.copy()
    weighed["weight"] = legs["weight"] * nav / PURSE
    return weighed


def _free(config: Config) -> Config:
    """The portfolio with money for everything: its limits and exits, but no slippage, margin or pairing."""
    return config.model_copy(
        update={
            "capital": PURSE, "pairing": Pairing.INDEPENDENT, "participation": 1.0, "slippage_bp": 0.0,
            "slippage_ticks": 0, "max_gross": 10.0, "maintenance": 0.0, "short_collateral": 0.0,
        }
    )  # fmt: skip


def _untaxed(panel: Panel) -> Panel:
    """The market without costs, borrow and dividend tax."""
    actions = panel.actions.copy()
    actions["cash_net"] = actions["cash"] = panel.fair_cash
    return replace(
        panel, costs=np.zeros_like(panel.costs), borrow=np.zeros_like(panel.borrow), actions=actions
    )


def _endless(panel: Panel) -> Panel:
    """The same with lots of one share, volume for everybody, and every share there to be sold short."""
    ones = np.ones_like(panel.lot_min)
    return replace(
        _untaxed(panel), lot_min=ones, lot_step=ones, shortable=np.ones_like(panel.shortable),
        volume=np.where(panel.volume > 0.0, np.inf, panel.volume), minutes=panel.minutes.for_everybody(),
    )  # fmt: skip
