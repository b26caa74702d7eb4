"""Placebo launches: matched days, shuffled names, honest p-values."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from launchlab.data.errors import ConfigError
from launchlab.data.panel.panel import Panel
from launchlab.data.panel.returns import Returns
from launchlab.engine.legs import empty_legs, sessions_held
from launchlab.engine.luck import placebo
from launchlab.engine.luck.placebo import Placebo, Run, placebo_codes, placebo_days

from ...markets.research_market import days, panel_of, walk

GRID = days("2024-01-02", "2025-12-31")
T = len(GRID)


def legs_at(rows: list[int], code: int = 0, hold: int = 3) -> NDArray[Any]:
    """One long leg per launch at the given rows."""
    legs = empty_legs(len(rows))
    legs["launch"], legs["row"] = np.arange(len(rows)), rows
    legs["code"], legs["side"], legs["hold"], legs["weight"] = code, 1, hold, 0.1
    return legs


def closes(panel: Panel) -> Run:
    """A toy engine: each leg earns its weight times the code's returns over `hold` rows."""
    returns = np.nan_to_num(np.diff(panel.mark, axis=0, prepend=panel.mark[:1]) / panel.mark)

    def run(legs: NDArray[Any]) -> NDArray[np.float64]:
        daily = np.zeros(len(panel))
        for leg in legs:
            held = slice(leg["row"], leg["row"] + leg["hold"])
            daily[held] += leg["side"] * leg["weight"] * returns[held, leg["code"]]
        return daily

    return run


def test_days_are_alike_by_the_deviation_of_the_last_twenty_rows_before_each() -> None:
    """±1 % and from row 30 on ±2 %; a row's own return is not in its figure."""
    simple = np.where(np.arange(60) < 30, 0.01, 0.02) * np.where(np.arange(60) % 2, -1.0, 1.0)
    simple[:5] = np.nan
    returns = Returns(simple[:, None], np.ones((60, 1)), np.zeros((60, 1), np.int32), 0)
    found = placebo._volatility(returns, np.zeros(1, np.int32))
    assert np.isnan(found[:15]).all()  # fewer than ten are known
    assert found[15:31:5] == pytest.approx([0.01, 0.01, 0.01, 0.01], rel=0.01)
    assert found[40] == pytest.approx(np.sqrt((0.01**2 + 0.02**2) / 2))  # ten of either
    assert found[50:] == pytest.approx([0.02] * 10)


def open_rows(panel: Panel, column: int, every: int) -> list[int]:
    own = np.flatnonzero(panel.exchange_open[:, panel.exchange_of[column]])
    return own[40:-40:every].tolist()


def test_a_leg_that_is_held_for_minutes_is_held_for_the_sessions_in_which_they_pass() -> None:
    legs = legs_at([10, 20, 30], hold=3)
    legs["hold_minutes"] = [0, 60, 480]
    assert sessions_held(legs).tolist() == [3, 1, 3]


def test_a_jump_after_every_launch_beats_every_placebo() -> None:
    price = walk(T, 0, volatility=0.01)
    panel = panel_of({"0700.HK": price}, rows=GRID)
    rows = open_rows(panel, 0, 40)
    for row in rows:
        price[row:] *= 1.10
    panel = panel_of({"0700.HK": price}, rows=GRID)
    found = placebo_days(closes(panel), legs_at(rows), panel, draws=199)
    assert found.p == found.resolution == pytest.approx(1 / 200)


def test_launches_on_days_like_any_other_do_not_stand_out() -> None:
    panel = panel_of({"0700.HK": walk(T, 1)}, rows=GRID)
    found = [
        placebo_days(closes(panel), legs_at(open_rows(panel, 0, k)), panel, draws=99, seed=k).p
        for k in range(20, 40)
    ]
    assert min(found) > 0.01
    assert 0.25 < float(np.mean(found)) < 0.75


def test_placebo_days_keep_weekday_listing_and_an_open_exchange() -> None:
    price = walk(T, 2)
    price[:100] = np.nan  # listed from row 100 on
    panel = panel_of({"688158.SS": price}, rows=GRID)
    real = legs_at([row for row in open_rows(panel, 0, 35) if row > 140])
    seen: list[NDArray[Any]] = []

    def watch(legs: NDArray[Any]) -> NDArray[np.float64]:
        seen.append(legs.copy())
        return np.zeros(T)

    placebo_days(watch, real, panel, draws=50)
    weekday = (GRID.astype(int) + 3) % 7
    for moved in seen[:50]:
        assert (np.diff(moved["row"]) >= 0).all()
        assert (moved["row"] > 100).all()
        assert panel.exchange_open[moved["row"], 1].all()
        by_launch = moved[np.argsort(moved["launch"])]
        assert (weekday[by_launch["row"]] == weekday[real["row"]]).all()
        assert (moved["hold"] == 3).all()


def days_drawn(panel: Panel, real: NDArray[Any]) -> NDArray[np.int64]:
    """Every row to which the first launch was moved."""
    seen: list[int] = []

    def watch(legs: NDArray[Any]) -> NDArray[np.float64]:
        seen.append(int(legs["row"][legs["launch"] == 0][0]))
        return np.zeros(T)

    placebo_days(watch, real, panel, draws=200)
    return np.unique([row for row in seen if row != real["row"][0]])


def test_a_placebo_is_not_held_into_a_launch_nor_begun_within_one() -> None:
    panel = panel_of({"0700.HK": walk(T, 2)}, rows=GRID)
    rows = open_rows(panel, 0, 60)
    drawn = days_drawn(panel, legs_at(rows, hold=10))
    nearest = np.abs(drawn[:, None] - np.array(rows)[None, :]).min(axis=1)
    assert nearest.min() > 10


def test_the_weekday_is_given_up_before_the_distance_from_other_launches() -> None:
    """Launches every twelfth session leave one quiet session in twelve: of the right weekday there are too few."""
    panel = panel_of({"0700.HK": walk(T, 2)}, rows=GRID)
    rows = open_rows(panel, 0, 12)
    drawn = days_drawn(panel, legs_at(rows, hold=4))
    weekday = (GRID.astype(int) + 3) % 7
    assert len(set(weekday[drawn])) > 1
    assert np.abs(drawn[:, None] - np.array(rows)[None, :]).min() > 4


def test_the_legs_of_one_launch_move_together() -> None:
    panel = panel_of({"0700.HK": walk(T, 3), "9988.HK": walk(T, 4)}, rows=GRID)
    real = np.concatenate([legs_at([200], 0), legs_at([200], 1)])
    seen: list[NDArray[Any]] = []
    placebo_days(lambda legs: seen.append(legs.copy()) or np.zeros(T), real, panel, draws=30)
    assert all(moved["row"][0] == moved["row"][1] for moved in seen)
    assert len({int(moved["row"][0]) for moved in seen}) > 5


def test_shuffled_names_show_whether_the_names_matter() -> None:
    good, bad = walk(T, 5, volatility=0.005), walk(T, 6, volatility=0.005)
    panel = panel_of({"0700.HK": good, "9988.HK": bad}, rows=GRID)
    rows = open_rows(panel, 0, 20)
    for k, row in enumerate(rows):
        (good if k % 2 else bad)[row:] *= 1.10
    panel = panel_of({"0700.HK": good, "9988.HK": bad}, rows=GRID)
    legs = legs_at(rows)
    legs["code"] = [0 if k % 2 else 1 for k in range(len(rows))]
    assert placebo_codes(closes(panel), legs, panel, draws=199).p < 0.02
    legs["code"] = np.random.default_rng(0).integers(0, 2, len(rows))
    assert placebo_codes(closes(panel), legs, panel, draws=199).p > 0.02


def test_the_p_value_counts_the_strategy_itself() -> None:
    assert Placebo("days", 1.0, np.array([0.0, 2.0, 0.5])).p == pytest.approx(2 / 4)
    assert Placebo("days", 3.0, np.array([0.0, 2.0, 0.5])).p == pytest.approx(1 / 4)


def test_the_same_seed_draws_the_same_placebos() -> None:
    panel = panel_of({"0700.HK": walk(T, 1)}, rows=GRID)
    one, other = (placebo_days(closes(panel), legs_at([100, 200]), panel, draws=50, seed=7) for _ in range(2))
    assert (one.draws == other.draws).all()


def test_a_run_of_many_portfolios_is_sent_in_more_pieces_of_the_same_draws() -> None:
    """So that the placebos of the best of many points keep every processor busy."""
    panel = panel_of({"0700.HK": walk(T, 1)}, rows=GRID)
    legs, pieces = legs_at([100, 200]), []

    class Counting(ThreadPoolExecutor):
        def submit(self, *args: Any, **kwargs: Any) -> Any:
            pieces.append(args)
            return super().submit(*args, **kwargs)

    one, many = closes(panel), closes(panel)
    many.portfolios = 20_000  # type: ignore[attr-defined]
    with Counting(2) as executor:
        alone = placebo_days(one, legs, panel, draws=50, executor=executor)
        assert len(pieces) == 1
        spreaded = placebo_days(many, legs, panel, draws=50, executor=executor)
        assert len(pieces) == 1 + 50 * 2 * 20_000 // placebo.LEG_RUNS
    assert (spreaded.draws == alone.draws).all()


@pytest.mark.parametrize(("count", "draws"), [(0, 100), (2, 5)])
def test_nothing_to_draw_from_is_refused(count: int, draws: int) -> None:
    panel = panel_of({"0700.HK": walk(T, 1)}, rows=GRID)
    with pytest.raises(ConfigError):
        placebo_days(closes(panel), legs_at([100, 200][:count]), panel, draws=draws)


@pytest.mark.parametrize("seed", range(5))
def test_draws_are_those_of_a_generator_that_chooses_one_after_another(seed: int) -> None:
    pools = [np.arange(k) * 3 for k in (1, 7, 2, 1_000, 1, 40)]
    one, all_at_once = np.random.default_rng(seed), np.random.default_rng(seed)
    expected = [[one.choice(pool) for pool in pools] for _ in range(200)]
    assert placebo._drawn(pools, 200, all_at_once).tolist() == expected
    assert one.integers(1 << 40) == all_at_once.integers(1 << 40)


def test_a_moved_leg_waits_for_its_own_exchange_and_keeps_its_row_where_that_has_no_more() -> None:
    panel = panel_of({"0700.HK": walk(T, 2), "688158.SS": walk(T, 3)}, rows=GRID)
    is_open = panel.exchange_open[:, panel.exchange_of]
    shut = int(np.flatnonzero(is_open[:, 0] & ~is_open[:, 1])[0])  # Shanghai's holiday, Hong Kong's session
    next_one = shut + int(np.flatnonzero(is_open[shut:, 1])[0])
    start = int(np.flatnonzero(is_open.all(axis=1))[3])
    legs = np.concatenate([legs_at([start], 0), legs_at([start], 1), legs_at([start + 40], 1)])
    moved = placebo._other_days(legs, [np.array([0, 1]), np.array([2])], panel)(
        np.array([shut, T + 2], np.int32)
    )
    assert moved["row"].tolist() == [shut, next_one, T + 2]
    assert moved["code"].tolist() == [0, 1, 1]
