"""References unlike the close before: which are taken for a corporate action, in the panel and in a benchmark."""

import numpy as np
import pytest

from launchlab.data.panel.benchmark import total_return_marks
from launchlab.data.panel.build import build_panel
from launchlab.data.panel.panel import Panel

from ...markets.small_bars import bars

MARCH = ("2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10")


def referenced(closes, reference: float, code: str = "0700.HK", days=MARCH, **columns):
    pre_close = np.array([np.nan, np.nan, reference, np.nan])
    return bars(code, days, closes, pre_close=pre_close, **columns)


def ratios(panel: Panel) -> list[float]:
    return [float(action["ratio"]) for action in panel.actions]


@pytest.mark.parametrize(
    ("closes", "reference", "ratio"),
    [
        ((500.0, 500.0, 495.0, 495.0), 490.0, 500 / 490),  # a dividend's fall needs no evidence
        ((500.0, 500.0, 255.0, 255.0), 250.0, 2.0),  # the opening price bears a bonus issue out
        ((500.0, 500.0, 495.0, 495.0), 400.0, None),  # and speaks against a wrong figure
        ((500.0, 500.0, 510.0, 510.0), 505.0, None),  # no payment raises a price
    ],
)
def test_a_stated_reference_is_taken_for_an_action_only_with_evidence(closes, reference, ratio):
    held = referenced(closes, reference)
    panel = build_panel([held])
    assert ratios(panel) == ([] if ratio is None else [pytest.approx(ratio)])
    grown = total_return_marks(held, np.array(MARCH, "M8[D]"))[-1]
    assert grown == pytest.approx(closes[-1] * (ratio or 1.0))


def test_a_fall_during_a_suspension_waits_for_the_trade_that_bears_it_out():
    # 500 to 370 is ten old shares for 13.5 new ones; the share stays suspended on its ex-date
    status = [1, 1, 0, 1]
    traded = referenced((500.0, 500.0, np.nan, 372.0), 370.0, status=status)
    never = referenced((500.0, 500.0, np.nan, np.nan), 370.0, status=[1, 1, 0, 0])
    assert ratios(build_panel([traded])) == [pytest.approx(500 / 370)]
    assert ratios(build_panel([never])) == []


# Shanghai's close was an average of its last minute until 2018-08-17; the auction of 2018-08-20 ended that.
BEFORE = ("2018-08-15", "2018-08-16", "2018-08-17", "2018-08-20")
AFTER = ("2018-08-20", "2018-08-21", "2018-08-22", "2018-08-23")


@pytest.mark.parametrize(
    ("code", "days", "reference", "taken"),
    [
        ("600519.SS", BEFORE, 9.97, False),
        ("600519.SS", BEFORE, 9.85, True),
        ("600519.SS", AFTER, 9.97, True),
        ("000001.SZ", BEFORE, 9.97, True),
        ("510300.SS", AFTER, 9.97, False),
    ],
)
def test_before_shanghai_had_a_closing_auction_a_small_difference_is_no_dividend(
    code, days, reference, taken
):
    held = referenced((10.0, 10.0, 9.95, 9.95), reference, code, days)
    panel = build_panel([held])
    assert ratios(panel) == ([pytest.approx(10.0 / reference)] if taken else [])
    told = [note for note in panel.unknowns if "without a closing auction" in note]
    assert len(told) == (0 if taken else 1)
    assert any(one["fault"].startswith("pre_close") for one in panel.warnings) == taken
