"""The laws to the minute: both engines agree inside sessions, and nothing later than a bar bears on a fill in it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from launchlab.data.minutes.minutes import NO_MINUTES
from launchlab.data.panel.panel import TRADING
from launchlab.engine.backtest.backtest import execute
from launchlab.engine.backtrader.broker import run_backtrader
from launchlab.engine.compiled.simulate import simulate
from launchlab.engine.config import ExitOn, LimitPolicy
from launchlab.engine.legs import CLOSE, Reason, moment
from launchlab.engine.luck.placebo import ThroughEngine
from launchlab.engine.orders.book import stepped
from launchlab.engine.results.metrics import session_returns
from launchlab.engine.results.run import Run

from ..markets.minute_market import minute_config, minute_legs, minute_panel
from .test_parity import assert_same

SEEDS = st.integers(0, 2**32 - 1)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


@settings(max_examples=60, phases=PHASES)
@given(SEEDS)
def test_compiled_equals_backtrader_inside_sessions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = minute_panel(rng)
    legs, config = minute_legs(rng, panel), minute_config(rng)
    assert_same(run_backtrader(legs, panel, config), simulate(legs, panel, config))


@pytest.mark.slow
@settings(max_examples=1_000, phases=PHASES)
@given(SEEDS)
def test_compiled_equals_backtrader_inside_many_sessions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = minute_panel(rng)
    legs, config = minute_legs(rng, panel, n=40), minute_config(rng)
    assert_same(run_backtrader(legs, panel, config), simulate(legs, panel, config))


def test_the_random_minutes_reach_every_outcome() -> None:
    seen: set[tuple[bool, int]] = set()
    parts = same_day = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        panel = minute_panel(rng)
        run = simulate(minute_legs(rng, panel, n=40), panel, minute_config(rng))
        for records in (run.fills, run.blocks):
            seen |= {
                (bool(at > CLOSE), int(why)) for at, why in zip(records["at"], records["reason"], strict=True)
            }
        inside = run.fills[run.fills["at"] > CLOSE]
        parts += len(inside) - len(np.unique(inside[["row", "leg"]]))
        began = inside[inside["reason"] == Reason.ENTRY]
        over = inside[inside["reason"] == Reason.HOLD]
        same_day += len(np.intersect1d(began[["row", "leg"]], over[["row", "leg"]]))
    wanted = (
        "LIMIT_UP",
        "LIMIT_DOWN",
        "VOLUME",
        "NO_CASH",
        "MARGIN",
        "BELOW_LOT",
        "NOT_SHORTABLE",
        "UNPAIRED",
    )
    leaving = ("HOLD", "STOP", "TARGET", "TRAIL", "T_PLUS_ONE")
    for name in ("ENTRY", *leaving, *wanted):
        assert (True, int(Reason[name])) in seen, name
    assert (False, int(Reason.SEALED)) in seen  # those that fell back to the close
    assert parts > 100  # orders that went on in later bars
    assert same_day > 20  # legs that were over in the session in which they began


def _until(run: Run, row: int, minute: int) -> list[tuple[float, ...]]:
    f = run.fills
    kept = f[(f["row"] < row) | ((f["row"] == row) & (moment(f["at"]) < minute))]
    return [tuple(float(value) for value in fill) for fill in kept]


@settings(max_examples=40, phases=PHASES)
@given(SEEDS)
def test_bars_that_start_later_change_no_fill_before_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    touch = bool(rng.random() < 0.5)
    # prices touched inside daily bars, and boards that opened later in one, are known by the day only
    panel = minute_panel(rng, share=1.0 if touch else 0.7)
    legs = minute_legs(rng, panel)
    asked = {
        "exit_on": ExitOn.TOUCH if touch else ExitOn.CLOSE,
        "limit_policy": LimitPolicy(rng.choice(["strict", "ignore"])),
    }
    config = minute_config(rng).model_copy(update=asked)
    for engine in ("compiled", "backtrader"):
        before = execute(legs, panel, config, engine)
        inside = before.fills[before.fills["at"] > CLOSE]
        if not len(inside):
            continue
        fill = inside[int(rng.integers(len(inside)))]
        row, minute = int(fill["row"]), int(fill["at"]) + 1
        other = panel.minutes.with_other_prices(
            row, minute, rng.choice([0.5, 0.9, 1.1, 2.0], len(panel.codes))
        )
        later = {"high": row, "low": row, "close": row, "mark": row, "open": row + 1, "volume": row + 1}
        values = {name: getattr(panel, name).copy(order="F") for name in later}
        for name, first in later.items():
            values[name][first:] *= 1.25
        changed = replace(panel, minutes=other, **values)
        after = execute(legs, changed, config, engine)
        assert _until(before, row, minute) == _until(after, row, minute)


@settings(max_examples=20, phases=PHASES)
@given(SEEDS)
def test_the_book_before_a_session_is_that_of_the_run(seed: int) -> None:
    """What `launchlab orders` holds when it plans the last session."""
    rng = np.random.default_rng(seed)
    panel = minute_panel(rng)
    legs = minute_legs(rng, panel)
    config = minute_config(rng).model_copy(update={"close_out": False})
    desk, run = stepped(legs, panel, config), simulate(legs, panel, config)
    before = run.fills[run.fills["row"] < len(panel) - 1]
    assert [fill[:3] for fill in desk.fills] == [fill[:3] for fill in before.tolist()]
    np.testing.assert_allclose(
        [fill[6:8] for fill in desk.fills], [fill[6:8] for fill in before.tolist()], rtol=1e-9
    )


@settings(max_examples=20, phases=PHASES)
@given(SEEDS)
def test_placebos_are_held_against_legs_at_auctions(seed: int) -> None:
    """Other days have no minute bars, so the real legs do without theirs."""
    rng = np.random.default_rng(seed)
    panel = minute_panel(rng)
    legs, config = minute_legs(rng, panel), minute_config(rng)
    without = simulate(legs, replace(panel, minutes=NO_MINUTES), config).equity
    np.testing.assert_allclose(
        ThroughEngine(panel, config)(legs), session_returns(without, config.capital), atol=1e-12
    )


@settings(max_examples=20, phases=PHASES)
@given(SEEDS)
def test_an_order_without_minutes_is_one_at_the_close(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = replace(minute_panel(rng), minutes=NO_MINUTES)
    legs, config = minute_legs(rng, panel), minute_config(rng)
    closing = legs.copy()
    closing["at"] = np.minimum(legs["at"], CLOSE)
    calm = config.model_copy(
        update={"exit_on": ExitOn.CLOSE}
    )  # a peak inside the day of an entry is another matter
    assert_same(simulate(legs, panel, calm), simulate(closing, panel, calm))


@settings(max_examples=40, phases=PHASES)
@given(SEEDS)
def test_no_fill_inside_a_session_is_more_than_its_share_of_the_bar_or_beyond_the_days_prices(
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    panel = minute_panel(rng)
    legs, config = minute_legs(rng, panel), minute_config(rng)
    f = simulate(legs, panel, config).fills
    inside = f[f["at"] > CLOSE]
    for row, code, at in {(int(one["row"]), int(one["code"]), int(one["at"])) for one in inside}:
        bars = panel.minutes.of(row, code)
        bar = bars[bars["start"] == at]
        mine = inside[(inside["row"] == row) & (inside["code"] == code) & (inside["at"] == at)]
        assert len(bar) == 1
        assert panel.status[row, code] == TRADING
        assert np.abs(mine["shares"]).sum() <= config.participation * bar["volume"][0] + 1e-6
        if config.limit_policy is LimitPolicy.IGNORE:
            continue
        assert (mine["price"] <= panel.limit_up[row, code] + 1e-6).all()
        assert (mine["price"] >= panel.limit_down[row, code] - 1e-6).all()
