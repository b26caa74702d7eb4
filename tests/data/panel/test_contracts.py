"""A future in one continuous file, its dated terms and the bars that are none: by hand."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from launchlab.data.bars.bars import Bars
from launchlab.data.dated import Dated
from launchlab.data.errors import DataError
from launchlab.data.instruments.futures import PRODUCTS, FutureTerms
from launchlab.data.panel.build import PanelOptions, build_panel
from launchlab.data.panel.contracts import SPLICED, Future
from launchlab.data.panel.panel import Panel
from launchlab.data.rules.costs import FIRST_LEVY, FIXED, RATE

from ...markets.small_bars import bars

DAYS = ("2026-02-05", "2026-02-06", "2026-02-09", "2026-02-10", "2026-02-11")
CLOSES = (4600.0, 4620.0, 4640.0, 4500.0, 4510.0)
FUTURE = 1


def dated(*values: float) -> Dated:
    """From 2026, and where a second is given from 10 February on."""
    return Dated(*zip(("2026-01-01", "2026-02-10"), values, strict=False), name="a term")


TERMS = FutureTerms(PRODUCTS["IF"], dated(0.12, 0.15), dated(0.00002, 0.00003), dated(0.0, 5.0))


def panel_of(*months: Bars, terms: FutureTerms = TERMS, days: Sequence[str] = DAYS) -> Panel:
    """Tencent, and a future of these files beside it."""
    options = PanelOptions(futures=(Future(terms, months),))
    return build_panel([bars("0700.HK", days, [500.0] * len(days))], currency="CNY", options=options)


def test_a_continuous_file_is_the_future_itself_and_its_cash_a_roll_that_changes_no_shares() -> None:
    """Sold at 4640 and bought back at 4480, 160 points below: the move of the 10th is 4500 − 4480."""
    panel = panel_of(bars("IF=F", DAYS, CLOSES, cash=[0, 0, 0, 160, 0]))
    assert panel.codes == ("0700.HK", "IF=F")
    assert panel.close[:, FUTURE].tolist() == list(CLOSES)
    (roll,) = panel.actions
    assert (roll["row"], roll["code"], roll["ratio"]) == (3, FUTURE, 1.0)
    assert (roll["cash"], roll["cash_net"]) == (160.0, 160.0)
    assert panel.ref[3, FUTURE] == 4480.0
    assert not [note for note in panel.unknowns if SPLICED in note]


def test_a_continuous_file_that_states_no_roll_says_that_jumps_count() -> None:
    assert [note for note in panel_of(bars("IF=F", DAYS, CLOSES)).unknowns if SPLICED in note]


def test_the_roll_of_months_changes_no_shares() -> None:
    """IF2602 is last traded on the 24th and rolled at the close of the 11th; from the 12th on it is IF2603."""
    days = (*DAYS, "2026-02-12")
    months = (bars("IF2602", DAYS, CLOSES), bars("IF2603", days, [4580.0] * 6))
    panel = panel_of(*months, days=days)
    (roll,) = panel.actions
    assert (roll["row"], roll["code"], roll["ratio"]) == (5, FUTURE, 1.0)
    # 4510 − 4580 points, and fees in whole cents of 4510 and 4580 × 300 at 3 in 100,000 and 5 yuan besides
    fees = (40.59 + 5.0 + 41.22 + 5.0) / 300
    assert (roll["cash"], roll["cash_net"]) == (pytest.approx(-70.0 + fees), pytest.approx(-70.0 - fees))


def test_margin_and_fees_are_those_of_the_day() -> None:
    panel = panel_of(bars("IF=F", DAYS, CLOSES))
    assert panel.margin[:, FUTURE].tolist() == [0.12, 0.12, 0.12, 0.15, 0.15]
    costs = panel.costs[:, int(panel.cost_class[FUTURE])]
    assert costs[:, FIRST_LEVY + RATE].tolist() == [0.00002] * 3 + [0.00003] * 2
    assert costs[:, FIRST_LEVY + FIXED].tolist() == [0.0] * 3 + [5.0] * 2


def test_sessions_before_the_first_terms_have_those_while_nothing_of_the_future_is_traded() -> None:
    later = Dated(("2026-02-09", 0.1), ("2026-02-11", 0.2), name="a term")
    terms = replace(TERMS, margin=later, rate=later, fixed=later)
    panel = panel_of(bars("IF=F", DAYS[2:], CLOSES[2:]), terms=terms)
    assert panel.margin[:, FUTURE].tolist() == [0.1, 0.1, 0.1, 0.1, 0.2]
    costs = panel.costs[:, int(panel.cost_class[FUTURE])]
    assert costs[:, FIRST_LEVY + RATE].tolist() == [0.1, 0.1, 0.1, 0.1, 0.2]


@pytest.mark.parametrize(
    "column",
    [
        {"low": 4605.0},  # above the close of 4600, below the open of 4610
        {"high": 4605.0},  # below the open
        {"low": 0.0},
        {"open": np.nan},
    ],
)
def test_a_bar_whose_high_and_low_do_not_hold_its_prices_is_refused(column: dict[str, float]) -> None:
    values = {"open": 4610.0, "high": 4610.0, "low": 4600.0} | column
    table = {name: [4600.0, value, 4640.0, 4500.0, 4510.0] for name, value in values.items()}
    close = [4600.0, 4600.0, 4640.0, 4500.0, 4510.0]
    with pytest.raises(DataError, match=r"IF=F 2026-02-06: open .* are no bar"):
        panel_of(bars("IF=F", DAYS, close, **table))
