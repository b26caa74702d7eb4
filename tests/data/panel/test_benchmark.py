"""Benchmarks: blends are read exactly, and a holiday never shows tomorrow's price."""

import numpy as np
import pytest

from launchlab.data.bars.bars import CORPORATE_ACTION, Bars, bars_from_columns
from launchlab.data.errors import ConfigError, DataError
from launchlab.data.panel.benchmark import benchmark_returns, parse_benchmark, total_return_marks

ROWS = np.array(["2026-02-11", "2026-02-12", "2026-02-13", "2026-02-16"], "M8[D]")
ONE = np.ones(4)


def bars(code, days, closes, **columns) -> Bars:
    close = np.array(closes, float)
    given = dict.fromkeys(("open", "high", "low", "close"), close) | columns
    return bars_from_columns(
        code, given | {"date": np.array(days, "M8[D]"), "volume": np.full(len(close), 1e6)}
    )


def test_blends_and_lone_codes_are_parsed():
    assert parse_benchmark("60% 3033.HK + 40% 510300.SS") == ((0.6, "3033.HK"), (0.4, "510300.SS"))
    assert parse_benchmark(" ^HSI ") == ((1.0, "^HSI"),)
    assert parse_benchmark("12.5% 3033.hk+87.5% 510300.SS") == ((0.125, "3033.HK"), (0.875, "510300.SS"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("60% 3033.HK + 30% 510300.SS", "add up to 90 %"),
        ("3033.HK + 510300.SS", "'3033.HK' is not understood"),
        ("60 3033.HK", "is not understood"),
        ("50% 3033.HK + 50% 3033.hk", "names a code twice"),
        ("", "is not understood"),
    ],
)
def test_a_benchmark_that_makes_no_sense_is_refused(text, said):
    with pytest.raises(ConfigError, match=said):
        parse_benchmark(text)


def test_a_blend_weighs_the_returns_of_each_row():
    found = benchmark_returns(
        ((0.6, "3033.HK"), (0.4, "510300.SS")),
        {
            "3033.HK": bars("3033.HK", ROWS, (5.0, 5.5, 5.5, 4.4)),
            "510300.SS": bars("510300.SS", ROWS, (4.0, 4.0, 5.0, 5.0)),
        },
        {"3033.HK": ONE, "510300.SS": ONE},
        ROWS,
    )
    # 0.6 x 10 %, 0.4 x 25 %, 0.6 x -20 %
    assert found.tolist() == pytest.approx([0.0, 0.06, 0.10, -0.12])


def test_on_a_holiday_only_the_currency_moves_and_the_next_session_catches_up():
    days = np.array(["2026-02-11", "2026-02-16"], "M8[D]")
    found = benchmark_returns(
        ((1.0, "510300.SS"),),
        {"510300.SS": bars("510300.SS", days, (4.0, 5.0))},
        {"510300.SS": np.array([1.1, 1.1, 1.21, 1.21])},
        ROWS,
    )
    assert found.tolist() == pytest.approx([0.0, 0.0, 0.1, 0.25])


def test_changing_a_price_changes_no_return_before_its_session():
    before = {"3033.HK": bars("3033.HK", ROWS, (5.0, 5.5, 5.5, 4.4))}
    after = {"3033.HK": bars("3033.HK", ROWS, (5.0, 5.5, 9.9, 1.1))}
    spec = ((1.0, "3033.HK"),)
    one, other = (benchmark_returns(spec, each, {"3033.HK": ONE}, ROWS) for each in (before, after))
    assert one[:2].tolist() == other[:2].tolist()
    assert one[2] != other[2]


def test_dividends_and_splits_are_reinvested_on_their_ex_date():
    actions = np.zeros(2, CORPORATE_ACTION)
    actions["session"] = ROWS[1:3]
    actions["ratio"], actions["cash"] = (1.0, 2.0), (0.5, 0.0)
    plain = bars("3033.HK", ROWS, (5.0, 4.5, 2.25, 2.25))
    paid = Bars(**{**vars(plain), "actions": actions})
    found = benchmark_returns(((1.0, "3033.HK"),), {"3033.HK": paid}, {"3033.HK": ONE}, ROWS)
    assert found.tolist() == pytest.approx([0.0, 0.0, 0.0, 0.0])


def test_a_close_of_nothing_is_no_close():
    held = bars("3033.HK", ROWS, (5.0, 0.0, 5.5, 6.6))
    assert total_return_marks(held, ROWS).tolist() == pytest.approx([5.0, 5.0, 5.5, 6.6])
    assert returns_of(held, ROWS) == pytest.approx([0.0, 0.0, 0.1, 0.2])


def returns_of(held: Bars, rows) -> list[float]:
    spec, fx = ((1.0, held.code),), {held.code: np.ones(len(rows))}
    return benchmark_returns(spec, {held.code: held}, fx, np.asarray(rows, "M8[D]")).tolist()


def test_a_benchmark_that_starts_late_says_nothing_before_its_first_close():
    found = returns_of(bars("3033.HK", ROWS[1:], (5.0, 5.5, 6.6)), ROWS)
    assert np.isnan(found[0])
    assert found[1:] == pytest.approx([0.0, 0.1, 0.2])


def test_a_benchmark_that_ends_early_says_nothing_after_its_last_close():
    """The last close is of 02-16; from 02-28 on, twelve days after, a session of its own must have been missed."""
    held = bars("3033.HK", ROWS, (5.0, 5.5, 5.5, 4.4))
    found = returns_of(held, [*ROWS, "2026-03-01", "2026-03-02"])
    assert found[:4] == pytest.approx([0.0, 0.1, 0.0, -0.2])
    assert np.isnan(found[4:]).all()
    assert returns_of(held, [*ROWS, "2026-02-27", "2026-02-28"])[4:] == [0.0, 0.0]


def test_a_blend_is_told_where_all_its_members_have_closes():
    found = benchmark_returns(
        ((0.5, "3033.HK"), (0.5, "510300.SS")),
        {
            "3033.HK": bars("3033.HK", ROWS[1:], (5.0, 5.5, 5.5)),
            "510300.SS": bars("510300.SS", ROWS, (4.0,) * 4),
        },
        {"3033.HK": ONE, "510300.SS": ONE},
        ROWS,
    )
    assert np.isnan(found[0])
    assert found[1:].tolist() == pytest.approx([0.0, 0.05, 0.0])


def test_a_benchmark_without_closes_or_long_still_in_between_is_refused():
    before = bars("3033.HK", ["2025-01-02", "2025-01-03"], (5.0, 5.0))
    with pytest.raises(DataError, match="fewer than two closes from 2026-02-11 to 2026-02-16"):
        returns_of(before, ROWS)
    rows = np.arange("2026-02-11", "2026-04-01", dtype="M8[D]")
    with pytest.raises(DataError, match="may not stand still"):
        returns_of(bars("3033.HK", [*ROWS, rows[-1]], (5.0,) * 5), rows)
    with pytest.raises(DataError, match=r"add 3033\.HK\.csv"):
        benchmark_returns(((1.0, "3033.HK"),), {}, {}, ROWS)


@pytest.mark.parametrize("columns", [{"ratio": [1, 1, np.inf, 1]}, {"cash": [0, 0, 30, 0]}], ids=str)
def test_an_action_that_cannot_have_been_stops_a_benchmark_too(columns):
    named = {name: np.array(values, float) for name, values in columns.items()}
    held = bars("3033.HK", ROWS, [5.0, 5.1, 5.0, 5.05], **named)
    with pytest.raises(DataError, match=r"3033\.HK 2026-02-13 error: action: "):
        benchmark_returns(((1.0, "3033.HK"),), {"3033.HK": held}, {"3033.HK": ONE}, ROWS)


@pytest.mark.parametrize("days", [(), ("2026-02-12", "2026-02-13")], ids=["never", "later"])
def test_a_benchmark_without_a_close_at_the_start_is_refused(days):
    late = bars("3033.HK", days, [5.0] * len(days))
    started = days[0] if days else "never"
    with pytest.raises(DataError, match=f"3033.HK starts {started}, after the first row"):
        total_return_marks(late, ROWS)
