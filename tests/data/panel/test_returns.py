"""Returns of codes and of what they are compared with: by hand, from the first row on."""

import numpy as np
import pytest

from launchlab.data.panel.returns import factor_returns, levels_of, panel_returns

from ...markets.research_market import panel_of

ROWS = np.array(["2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10"], "M8[D]")
NAN = np.nan


def test_a_return_says_from_which_row_it_is_and_minus_one_where_there_is_none() -> None:
    found = panel_returns(panel_of({"0700.HK": np.array([100.0, 110.0, NAN, 121.0])}, rows=ROWS))
    assert found.since[:, 0].tolist() == [-1, 0, -1, 1]
    assert found.simple[:, 0] == pytest.approx([NAN, 0.1, NAN, 0.1], nan_ok=True)


def test_the_factor_is_the_mean_of_the_others_over_the_days_of_each_return() -> None:
    """Of the peers one gains 2 % a session, the other loses 1 %; over the suspension it is two sessions of each."""
    panel = panel_of(
        {
            "0700.HK": np.array([100.0, 110.0, NAN, 121.0]),
            "9988.HK": 50.0 * 1.02 ** np.arange(4),
            "0020.HK": 5.0 * 0.99 ** np.arange(4),
        },
        rows=ROWS,
    )
    returns = panel_returns(panel)
    factor = factor_returns(panel, returns, levels_of(panel, returns, ("9988.HK", "0020.HK"), {}))
    two = (1.02**2 + 0.99**2) / 2 - 1
    assert factor[:, 0] == pytest.approx([NAN, 0.005, NAN, two], nan_ok=True)
    assert factor[1:, 1] == pytest.approx([-0.01] * 3)  # never with itself


def test_a_level_is_carried_over_sessions_on_which_only_its_market_is_shut() -> None:
    """Shanghai had no session from 16 to 23 February 2026; from the eve, at 11, on to the 24th, at 12, Hong Kong is held against nothing."""
    rows = np.array(["2026-02-12", "2026-02-13", "2026-02-16", "2026-02-20", "2026-02-24"], "M8[D]")
    panel = panel_of(
        {
            "0700.HK": np.array([100.0, 101.0, 102.0, 103.0, 104.0]),
            "510300.SS": np.array([10.0, 11.0, NAN, NAN, 12.0]),
        },
        rows=rows,
    )
    returns = panel_returns(panel)
    levels = levels_of(panel, returns, ("510300.SS",), {})
    assert levels["510300.SS"].level.tolist() == [10.0, 11.0, 11.0, 11.0, 12.0]
    factor = factor_returns(panel, returns, levels)[:, 0]
    assert factor == pytest.approx([NAN, 0.1, 0.0, 0.0, 12 / 11 - 1], nan_ok=True)


def test_a_price_that_should_be_there_is_not_carried() -> None:
    panel = panel_of({"0700.HK": np.array([NAN, 101.0, NAN, 103.0])}, rows=ROWS)
    level = levels_of(panel, panel_returns(panel), ("0700.HK",), {})["0700.HK"].level
    assert level == pytest.approx([NAN, 101.0, NAN, 103.0], nan_ok=True)
