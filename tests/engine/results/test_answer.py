"""The paragraph that opens a run: counted, computed and phrased by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from launchlab.engine.results.answer import CHANCE, DRAWS, LEVEL, SEED, answer, mean_interval

FIGURES = {"currency": "HKD", "simulated": False, "unknowns": ("one", "two")}


def tables(captured: list[float], shorts: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Launches with a filled long leg each, and one that was never traded."""
    names = [f"l{k}" for k in range(len(captured))]
    launches = pd.DataFrame({"launch": names, "captured": captured})
    launches["filled_legs"], launches["paper"] = 1, launches["captured"] + 0.03
    launches["missed_gap"], launches["missed_limits"] = 0.02, 0.01
    launches["long_profit"], launches["short_profit"] = 1_000.0, shorts
    fates = pd.DataFrame({"launch": [*names, "lost"], "side": [*["long"] * len(names), ""]})
    fates["fate"] = [*["traded"] * len(names), "not traded"]
    fates["reason"] = [*[""] * len(names), "no bars"]
    return launches, fates


def test_a_run_is_told_in_plain_words() -> None:
    """Mean of −1, 0, 1, 2 and 3 % is 1 %; their whole moves are 3 points more."""
    said = answer(*tables([-0.01, 0.0, 0.01, 0.02, 0.03], -40.0), FIGURES)
    low, high = mean_interval(np.array([-0.01, 0.0, 0.01, 0.02, 0.03]))[1:]
    span = f"{100 * low:.2f} % to {100 * high:.2f} %".replace("-", "−")
    assert said == (
        "5 of 6 launches could be traded. A traded launch paid 1.00 % of equity on average after all costs "
        f"({span} with 95 % confidence, bootstrap over launches). The long side made 5,000 HKD; the short side made "
        "−200 HKD. Of a whole move of 4.00 % of equity, the gap before the first price took 2.00 %, price limits and "
        f"suspensions 1.00 % (mean of all launches with an order). {CHANCE} 2 things are assumed, because they are not known."
    )


def test_few_launches_have_no_interval_and_one_side_may_be_missing() -> None:
    said = answer(*tables([0.01, 0.02]), FIGURES | {"unknowns": (), "simulated": True})
    assert "paid 1.50 % of equity on average after all costs; 2 are too few to say how surely." in said
    assert "The long side made 2,000 HKD; there was no short side." in said
    assert said.endswith("The prices are simulated: nothing here happened on a market.")
    launches, fates = tables([0.01, 0.02])
    fates["side"] = ["long", "long", "short"]
    assert "there was no short side (1 no bars)." in answer(launches, fates, FIGURES)


def test_links_that_were_not_public_are_told_with_what_they_earned_and_none_as_none() -> None:
    hindsight = {
        "hindsight_positions": 0,
        "positions": 3,
        "vanishes": 0.0,
        "known_profit": 500.0,
        "profit": 500.0,
    }
    none = "No position rests on a link that was not public before its launch."
    assert none in answer(*tables([0.01, 0.02]), FIGURES | {"hindsight": hindsight})
    other_sizes = hindsight | {"vanishes": 400.0, "known_profit": 100.0}
    said = answer(*tables([0.01, 0.02]), FIGURES | {"hindsight": other_sizes})
    assert none not in said
    assert "0 of 3 positions rest on links that were not public" in said
    assert "would have made 100 HKD instead of 500, 400 HKD less." in said
    two = hindsight | {"hindsight_positions": 2}
    assert "instead of 500, the same." in answer(*tables([0.01, 0.02]), FIGURES | {"hindsight": two})


def test_of_the_reasons_of_a_side_that_was_not_had_the_three_most_frequent_are_told() -> None:
    launches, fates = tables([0.01, 0.02])
    why = ["no bars", "no role", "no role", "limit up", "below a lot"]
    shorts = pd.DataFrame({"launch": "l0", "side": "short", "fate": "not traded", "reason": why})
    said = answer(launches, pd.concat([fates, shorts], ignore_index=True), FIGURES)
    assert "there was no short side (2 no role, 1 below a lot, 1 limit up)." in said


def test_a_run_without_trades_opens_with_why() -> None:
    launches, fates = tables([])
    said = answer(launches, fates, FIGURES, "nothing was traded: the launch was not filled: 1 no role")
    assert said.startswith("Nothing was traded: the launch was not filled: 1 no role. ")
    assert CHANCE not in said


def test_what_to_change_is_told_without_the_marks_of_parameters() -> None:
    said = answer(*tables([]), FIGURES, "nothing was traded: 3 before the span (take an earlier `start`)")
    assert said.startswith("Nothing was traded: 3 before the span (take an earlier start). ")


def test_an_interval_covers_the_mean_of_normal_samples_about_as_often_as_it_says() -> None:
    """Bootstrap intervals of 30 values cover a little less than 95 %; 200 samples have a standard error of 1.6 points."""
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        _, low, high = mean_interval(rng.normal(0.01, 0.05, 30))
        hits += low <= 0.01 <= high
    assert 0.88 <= hits / 200 <= 0.99


@pytest.mark.parametrize("values", [[], [0.01, 0.02, 0.03, 0.04], [0.01] * 9])
def test_nothing_is_claimed_of_too_few_values_or_the_same_ones(values: list[float]) -> None:
    assert math.isnan(mean_interval(np.array(values)).low)


def test_the_same_launches_give_the_same_interval_and_order_does_not_reverse_it() -> None:
    values = np.array([0.05, -0.02, 0.01, 0.11, -0.04, 0.02, 0.0])
    one = mean_interval(values)
    assert one == mean_interval(values.copy())
    assert one.low < one.mean < one.high


def test_orders_that_answer_no_launch_are_not_counted_as_launches_lost() -> None:
    columns = ["launch", "filled_legs", "captured", "paper", "missed_gap", "missed_limits"]
    launches = pd.DataFrame(columns=columns)
    fates = pd.DataFrame({"launch": ["a", "b"], "fate": ["not traded"] * 2, "side": ["", ""]})
    said = answer(launches, fates, {"currency": "HKD", "simulated": False, "unknowns": []})
    assert said == "The orders of the strategy answer no launch, so nothing is said of launches."


@pytest.mark.parametrize("count", [5, 12, 53, 400])
def test_an_interval_is_that_of_scipy(count: int) -> None:
    from scipy.stats import bootstrap

    values = np.random.default_rng(count).standard_t(3, count) * 0.03
    theirs = bootstrap(
        (values,), np.mean, n_resamples=DRAWS, confidence_level=LEVEL, method="BCa",
        random_state=np.random.default_rng(SEED),
    ).confidence_interval  # fmt: skip
    assert mean_interval(values)[1:] == pytest.approx((theirs.low, theirs.high), rel=1e-9)
