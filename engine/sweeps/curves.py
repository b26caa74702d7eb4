"""Curves of chosen points of a sweep, one by one on the general path, and what each launch made at them."""

from collections.abc import Iterator, Sequence
from typing import Any

from numpy.typing import NDArray

from ...data.arrays import F8
from ..compiled.days import portfolio_units, run_of
from ..compiled.points import point_of
from ..compiled.simulate import close_out_rows, simulate, wider
from ..compiled.state import new_out, new_state
from ..compiled.windows import SLACK, Layout, to_rules
from ..config import Config
from ..legs import sessions_held
from ..machine.code import by_effort
from ..results.attribution import launch_profits
from ..results.metrics import session_returns
from .chunk import Curve
from .conditions import Conditions

Table = NDArray[Any]


def curves_of(
    layout: Layout, at: Conditions, tables: Sequence[Table], shared: Table | None, points: Table
) -> list[Curve]:
    """The curve of each point: `tables` are their legs; `points` put their rules into a `shared` table, if there is one."""
    runs = [simulate(legs, at.panel, at.config, layout=layout) for legs in tables]
    if shared is not None and (points["scale"] != 1.0).any():
        # weights of a table's own may differ in the last bit from those of the shared one times the scale
        equity = list(equity_curves(layout, shared, at.config, points))
    else:
        equity = [run.equity for run in runs]
    capital = float(at.config.capital)
    return [
        Curve(
            session_returns(curve, capital),
            launch_profits(at.panel, legs, run.fills, len(at.launches)),
            int(sessions_held(legs).max()) if len(legs) else 1,
        )
        for curve, legs, run in zip(equity, tables, runs, strict=True)
    ]


def equity_curves(layout: Layout, legs: Table, config: Config, points: Table) -> Iterator[F8]:
    """Net asset value at each close, (T,), of the legs under the rules of each point."""
    wanted = [point_of(p) for p in points]
    ends, rules, slack = close_out_rows(layout, config), to_rules(config), SLACK
    wait, hold = max(point.wait for point in wanted), max(point.hold for point in wanted)
    longest = wait, hold, max(point.hold_minutes for point in wanted)
    windows = layout.windows(legs, rules, longest, slack)
    state, out = new_state(windows, len(layout.panel.codes)), new_out(len(layout.panel), keep=False)
    run = by_effort(*run_of(windows), len(wanted) * portfolio_units(windows))
    for point in wanted:
        while not run(windows, rules, point, state, out, ends):
            slack = wider(slack)
            windows = layout.windows(legs, rules, longest, slack)
        yield out.equity.copy()
