"""How many fills rest on a limit that a risk warning, if there was one, would have changed."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from launchlab.data.panel.build import build_panel
from launchlab.engine.legs import FILL
from launchlab.engine.results.record import RESTS, fills_on_assumptions

from ...markets.small_bars import bars

# ST moved from 5 to 10 % on 2026-07-06, which is the main board's ordinary limit.
DAYS = ("2026-07-02", "2026-07-03", "2026-07-06")


def told(*fills: tuple[int, str]) -> tuple[str, ...]:
    """What is said of fills (row, code) in a share of each kind; 600004 states that it was under no warning."""
    panel = build_panel(
        [
            bars("600000.SS", DAYS, [10.0] * 3),
            bars("600004.SS", DAYS, [10.0] * 3, st=[0, 0, 0]),
            bars("300750.SZ", DAYS, [10.0] * 3),
            bars("0700.HK", DAYS, [500.0] * 3),
        ]
    )
    made = np.zeros(len(fills), FILL)
    made["row"] = [row for row, _ in fills]
    made["code"] = [panel.codes.index(code) for _, code in fills]
    return fills_on_assumptions(panel, SimpleNamespace(fills=made))


def test_only_fills_whose_limit_a_warning_would_have_changed_are_counted():
    assert told((1, "600000.SS"), (2, "600000.SS"), (1, "0700.HK")) == (
        "1 of 3 fills rest on an assumed status: whether the share was under a risk warning (ST) that day is not known",
    )
    assert told((1, "600004.SS"), (1, "300750.SZ"), (2, "600000.SS")) == ()
    assert told() == ()


def test_a_name_without_days_is_an_assumption_too():
    one = replace(bars("600187.SS", DAYS, [1.40, 1.40, 1.40]), source={"name": "*ST国中"})
    panel = build_panel([one], currency="CNY")
    made = np.zeros(2, FILL)
    made["row"] = [1, 2]
    assert fills_on_assumptions(panel, SimpleNamespace(fills=made)) == (f"1 of 2 fills {RESTS}",)
