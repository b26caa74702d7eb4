"""When portfolios run abreast: where all that they may meet stands in this folder, and machine code is not sooner done."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, Bool
from ..compiled.days import RUNNING, units_of
from ..compiled.windows import Layout, Rules
from ..config import Config, ExitOn, Pairing
from ..legs import OPEN
from ..machine.code import Effort, is_left_to_python
from ..results.metrics import Annual
from .run import Abreast

Table = NDArray[Any]

SECONDS = Effort(unit=1.0, compiling=RUNNING.compiling)
A_LEG, A_LEG_OF_A_LANE = 4e-3, 1e-6  # seconds
ROOM = 96_000_000  # bytes of the books of one batch
MOST_CELLS = 2_000_000  # sessions × codes of a board, some 350 bytes each while it is made


def can_run_abreast(layout: Layout, legs: Table, config: Config, points: Table) -> bool:
    """Whether these legs do all that they do at the open, the rules are those of this folder, and a board of the codes has room."""
    possible = config.exit_on is ExitOn.CLOSE and not config.close_out
    possible &= config.pairing is Pairing.INDEPENDENT and len(legs) > 0
    possible &= not bool((points["hold_minutes"] > 0).any() or (legs["hold_minutes"] > 0).any())
    possible &= len(layout.panel) * len(np.unique(legs["code"])) <= MOST_CELLS
    return possible and not bool((legs["at"] != OPEN).any() or layout.panel.futures[legs["code"]].any())


def is_sooner_abreast(function: Any, layout: Layout, legs: Table, lanes: int) -> bool:
    """Whether so many portfolios are done sooner abreast than one after another, by Python or by the machine code of `function`."""
    seconds = len(legs) * (A_LEG + lanes * A_LEG_OF_A_LANE)
    alone = lanes * RUNNING.unit * units_of(len(layout.panel), len(legs))
    return seconds < alone and is_left_to_python(function, SECONDS, seconds)


def run_abreast(layout: Layout, rules: Rules, legs: Table, points: Table, annual: Annual) -> tuple[F8, Bool]:
    """Metrics of a table of legs at each of the points, (points, 12), and which ones were given up; in batches that have room."""
    hold = max(int(points["hold"].max()), int(legs["hold"].max()))
    ahead = min(2 * hold + 8, len(layout.panel))
    most = max(64, ROOM // (48 * ahead + 8 * len(np.unique(legs["code"])) + 400))
    parts = [points[first : first + most] for first in range(0, len(points), most)]
    found = [Abreast(layout, rules, legs, part).run(annual) for part in parts]
    return np.concatenate([metrics for metrics, _ in found]), np.concatenate([bad for _, bad in found])
