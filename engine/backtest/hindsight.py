"""How much of a run rests on what nobody had said in public before the launch: the same run without it.

A link of a code to a launch that the ledger cannot date before it, and a member of the universe that only today's
knowledge supports, are left out; the strategy is asked again, and its orders are executed under the same rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.errors import LaunchlabError
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from ..compiled.simulate import simulated_equity
from ..config import Config
from ..results.run import Run

Legs = Callable[[Launches, Panel], NDArray[Any]]
Wanted = dict[tuple[int, int, int], list[list[float]]]

UNSAID = 1e-9  # share of the capital below which two profits are the same


def hindsight(
    legs_of: Legs, launches: Launches, panel: Panel, legs: NDArray[Any], run: Run, config: Config
) -> Mapping[str, float | int] | None:
    """Profit of the run and of the one with known links alone, base money, and how many positions rest on others.

    `legs_of` is the strategy: its legs on another ledger and panel. None where nothing of the ledger and the universe was
    hindsight, where nothing was traded, and for a strategy that cannot do without it. `vanishes` is the part of the profit
    that is gone with known links. `hindsight_positions` would not be there, `changed_positions` would have another size or
    other terms (a basket that is one name shorter), `other_positions` would be there besides (a basket in the place of a name).
    """
    known, seen = launches.known_links(), replace(panel, universe=panel.universe.known())
    if not len(run.fills) or (known.rows == launches.rows and len(seen.universe) == len(panel.universe)):
        return None
    try:
        others = legs_of(known, seen)
    except LaunchlabError:
        return None
    profit = float(run.equity[-1] - config.capital)
    same = np.array_equal(_plain(legs), _plain(others))
    without = profit if same else float(simulated_equity(others, seen, config)[-1] - config.capital)
    vanishes = profit - without
    return {
        "profit": profit,
        "known_profit": without,
        "vanishes": 0.0 if abs(vanishes) <= UNSAID * config.capital else vanishes,
        "positions": len(legs),
        **_positions(_wanted(legs), _wanted(others)),
    }


def _plain(legs: NDArray[Any]) -> NDArray[np.float64]:
    return np.column_stack([np.nan_to_num(legs[name].astype(np.float64)) for name in legs.dtype.names or ()])


def _wanted(legs: NDArray[Any]) -> Wanted:
    """By launch, code and side all that the legs say."""
    found: Wanted = {}
    for leg, said in zip(legs, _plain(legs), strict=True):
        found.setdefault((int(leg["launch"]), int(leg["code"]), int(leg["side"])), []).append(said.tolist())
    return found


def _positions(wanted: Wanted, others: Wanted) -> dict[str, int]:
    both = wanted.keys() & others.keys()
    return {
        "hindsight_positions": len(wanted.keys() - others.keys()),
        "changed_positions": sum(wanted[key] != others[key] for key in both),
        "other_positions": len(others.keys() - wanted.keys()),
    }
