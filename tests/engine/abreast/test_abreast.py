"""Portfolios abreast are those of the day loop to the last bit, in markets of every kind, and say which ones they give up."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from launchlab.data.panel.panel import Panel
from launchlab.engine.abreast import choose
from launchlab.engine.abreast.choose import can_run_abreast, is_sooner_abreast, run_abreast
from launchlab.engine.compiled.points import own_points
from launchlab.engine.compiled.windows import Layout, to_rules
from launchlab.engine.config import Config, ExitOn, Pairing
from launchlab.engine.legs import CLOSE, OPEN
from launchlab.engine.machine.code import is_python_only, only
from launchlab.engine.results.metrics import Annual
from launchlab.engine.sweeps.points import METRICS, simulate_points

from ...markets.random_markets import random_config, random_legs, random_panel
from ..sweeps.test_points import random_points

Table = NDArray[Any]
PERIODS = 253.0


def drawn(seed: int, *, deep: bool) -> tuple[Panel, Table, Config, np.random.Generator]:
    """A market, legs that enter and leave at the open, and rules that stand in engine/abreast."""
    rng = np.random.default_rng(seed)
    panel = random_panel(rng, rows=90, deep=deep)
    config = random_config(rng).model_copy(
        update={"exit_on": ExitOn.CLOSE, "pairing": Pairing.INDEPENDENT, "close_out": False}
    )
    legs = random_legs(rng, panel, n=30)
    legs["at"], legs["hold_minutes"] = OPEN, 0
    if deep:
        legs["weight"] = rng.choice([0.02, 0.1, 0.3], len(legs))
    return panel, legs, config, rng


def some_points(rng: np.random.Generator, n: int) -> Table:
    points: Table = random_points(rng, n)
    points["hold_minutes"] = 0
    return points


def abreast(panel: Panel, legs: Table, config: Config, points: Table) -> tuple[Table, Table]:
    layout = Layout(panel)
    assert can_run_abreast(layout, legs, config, points)
    return run_abreast(layout, to_rules(config), legs, points, Annual(PERIODS, panel.years))


def day_loop(panel: Panel, legs: Table, config: Config, points: Table) -> Table:
    return simulate_points(Layout(panel), legs, config, points, periods=PERIODS, path="general")


def assert_points_alike(seed: int) -> Counter[str]:
    """Every point that was not given up; how many there were, and how many of them were given up."""
    panel, legs, config, rng = drawn(seed, deep=seed % 3 > 0)
    points = some_points(rng, 8)
    slow = day_loop(panel, legs, config, points)
    found, bad = abreast(panel, legs, config, points)
    for k, name in enumerate(METRICS):
        np.testing.assert_array_equal(found[~bad, k], slow[~bad, k], err_msg=f"{name}, seed {seed}")
    fills = int(slow[:, METRICS.index("fills")].sum())
    return Counter(points=len(points), given_up=int(bad.sum()), fills=fills)


def test_points_abreast_are_those_of_the_day_loop_to_the_last_bit() -> None:
    seeds = (*range(18), 1_212)  # in the last one a point goes bankrupt
    seen = sum((assert_points_alike(seed) for seed in seeds), Counter[str]())
    assert seen["given_up"] < 0.3 * seen["points"]
    assert seen["fills"] > 10 * seen["points"]


@pytest.mark.slow
def test_points_abreast_are_those_of_the_day_loop_in_many_markets() -> None:
    for seed in range(1_000, 1_600):
        assert_points_alike(seed)


@pytest.mark.parametrize("row", [0, 1])
@pytest.mark.parametrize("seed", [1, 6, 10])
def test_all_legs_may_be_due_at_once_from_the_first_session_on(seed: int, row: int) -> None:
    """Of some a part is held that is to get out, which is one more order than there are legs."""
    panel, legs, config, rng = drawn(seed, deep=True)
    legs["row"] = row
    points = some_points(rng, 6)
    with only("python"):  # which looks at the ends of arrays
        slow = day_loop(panel, legs, config, points)
    found, bad = abreast(panel, legs, config, points)
    np.testing.assert_array_equal(found[~bad, :-1], slow[~bad, :-1])


def test_a_lane_that_is_given_up_is_run_by_the_day_loop() -> None:
    """Margin is called: what is bought and sold is twice the net asset value, and must not be."""
    panel, legs, config, _ = drawn(2, deep=True)
    whole = own_points(80)
    whole["scale"] = 50.0
    config = config.model_copy(update={"max_gross": 2.0, "maintenance": 0.5, "participation": 1.0})
    assert abreast(panel, legs, config, whole)[1].any()
    with only("python"):
        found = simulate_points(Layout(panel), legs, config, whole, periods=PERIODS)
    np.testing.assert_array_equal(found, day_loop(panel, legs, config, whole))


def test_many_lanes_run_in_batches_of_the_same_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    panel, legs, config, rng = drawn(4, deep=True)
    points = some_points(rng, 150)
    whole, bad = abreast(panel, legs, config, points)
    monkeypatch.setattr(choose, "ROOM", 1)
    parted, given_up = abreast(panel, legs, config, points)
    np.testing.assert_array_equal(parted, whole)
    np.testing.assert_array_equal(given_up, bad)


@pytest.mark.parametrize(
    ("what", "value"),
    [("exit_on", ExitOn.TOUCH), ("pairing", Pairing.MATCHED), ("close_out", True)],
)
def test_what_stands_only_in_the_day_loop_is_left_to_it(what: str, value: object) -> None:
    panel, legs, config, _ = drawn(1, deep=True)
    layout, points = Layout(panel), own_points(3)
    assert can_run_abreast(layout, legs, config, points)
    assert not can_run_abreast(layout, legs, config.model_copy(update={what: value}), points)
    for column, other in (("at", CLOSE), ("hold_minutes", 30)):
        odd = legs.copy()
        odd[column][3] = other
        assert not can_run_abreast(layout, odd, config, points)
    points["hold_minutes"][1] = 15
    assert not can_run_abreast(layout, legs, config, points)


def test_a_board_without_room_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    panel, legs, config, _ = drawn(1, deep=True)
    monkeypatch.setattr(choose, "MOST_CELLS", len(panel) * len(np.unique(legs["code"])) - 1)
    assert not can_run_abreast(Layout(panel), legs, config, own_points(3))


def test_one_portfolio_runs_alone_and_eighty_abreast_while_nothing_is_compiled() -> None:
    panel, legs, _, _ = drawn(1, deep=True)
    layout = Layout(panel)
    with only("python"):
        assert not is_sooner_abreast(print, layout, legs, 2)
        assert is_sooner_abreast(print, layout, legs, 80)
    with only("machine"):
        assert is_sooner_abreast(print, layout, legs, 80) is is_python_only()
