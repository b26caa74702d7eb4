"""Reaction times: each is the run it stands for, a saved run gives the same, and the curve says how much it rests on."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import launchlab as ll
from launchlab.data.errors import ConfigError
from launchlab.engine.backtest.reaction import COLUMNS, Reaction

from ..markets.cli_fixture import faults, launchlab

DELAYS = (1, 15, 90)
SETTINGS = {"entry": "now", "hold_minutes": 45}


@pytest.fixture(scope="module")
def market() -> ll.Market:
    return ll.load_market(start="2026-02-02", end="2026-03-31", minutes="sample")


@pytest.fixture(scope="module")
def found(market: ll.Market) -> Reaction:
    return ll.reaction("buy-launch", market, ll.Config(slippage_bp=5), settings=SETTINGS, delays=DELAYS[::-1])


def test_each_reaction_time_is_the_run_it_stands_for(market: ll.Market, found: Reaction) -> None:
    assert found.minutes == DELAYS
    for k, minutes in enumerate(DELAYS):
        config = ll.Config(slippage_bp=5, reaction_minutes=minutes)
        options = ll.RunOptions(engine="compiled")
        run = ll.backtest("buy-launch", market, config, settings=SETTINGS, options=options)
        own = run.launches.set_index("launch")["captured"]
        ours = dict(zip(found.launches, found.captured[k], strict=True))
        assert found.total_return[k] == pytest.approx(run.summary.metrics["total_return"], abs=1e-12)
        assert {name: ours.get(name, 0.0) for name in own.index} == pytest.approx(dict(own), abs=1e-12)
        assert found.traded[k].sum() == run.summary.metrics["traded_launches"]


def test_the_table_tells_the_cost_beside_the_shortest_time(found: Reaction) -> None:
    table = found.table
    assert tuple(table.columns) == COLUMNS
    mean = found.captured.mean(axis=1)
    assert table["captured"].tolist() == mean.tolist()
    assert table["cost"].tolist() == pytest.approx((mean[0] - mean).tolist())
    assert table["cost"][0] == table["cost_low"][0] == table["cost_high"][0] == 0.0
    inside = (table["cost_low"] <= table["cost"]) & (table["cost"] <= table["cost_high"])
    assert inside.all()


def test_the_launches_that_it_moves_are_those_sent_at_another_moment(
    market: ll.Market, found: Reaction
) -> None:
    auctions = ll.reaction("buy-launch", market, settings={"hold": 3}, delays=(20, 21))
    assert auctions.moved == ()
    assert auctions.captured[0].tolist() == auctions.captured[1].tolist()
    assert 0 < len(found.moved) < len(found.launches)
    assert f"That rests on {len(found.moved)} launches" in found.said()


def test_a_difference_that_chance_explains_is_said() -> None:
    rng = np.random.default_rng(3)
    captured = rng.normal(0.0, 0.02, (2, 40))
    names = tuple(f"L{k}" for k in range(40))
    same = Reaction((1, 60), names, captured, np.ones((2, 40)), np.zeros(2), names, simulated=False)
    assert "Chance explains a difference of this size" in same.said()
    lost = Reaction(
        (1, 60), names, np.stack([captured[0], captured[0] - 0.03]), np.ones((2, 40)), np.zeros(2), names, simulated=False
    )  # fmt: skip
    assert "Chance" not in lost.said()
    assert "loses 3.00 %" in lost.said()


@pytest.mark.parametrize("delays", [(5,), (1, -1), (1, 1441), (1, 2.5)])
def test_times_that_are_none_are_refused(market: ll.Market, delays: tuple) -> None:
    with pytest.raises(ConfigError, match="reaction times are"):
        ll.reaction("buy-launch", market, settings=SETTINGS, delays=delays)


RUN = ("backtest", "--engine", "compiled", "--no-tearsheet", "--start", "2026-02-02", "--end", "2026-03-31")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reaction") / "now"
    asked = (
        "--strategy",
        "buy-launch",
        "--minutes",
        "sample",
        "--set",
        "entry=now",
        "--set",
        "hold_minutes=45",
    )
    assert launchlab(*RUN, *asked, "--slippage-bp", "5", "--out", str(folder)).exit_code == 0
    return folder


def test_a_saved_run_gives_the_same_and_its_own_time_among_them(saved: Path, found: Reaction) -> None:
    again = ll.reaction_of(saved, delays=(1, 90))
    assert again.minutes == DELAYS
    assert again.captured.tolist() == found.captured.tolist()
    assert not any("have changed since" in warning for warning in again.warnings)


def test_inputs_that_changed_since_are_said(saved: Path, tmp_path: Path) -> None:
    told = json.loads((saved / "summary.json").read_text())
    told["metrics"]["total_return"] += 0.01
    (tmp_path / "summary.json").write_text(json.dumps(told))
    assert any(
        "have changed since" in warning for warning in ll.reaction_of(tmp_path, delays=(1, 90)).warnings
    )


def test_the_command_writes_the_page_and_the_figures(saved: Path, tmp_path: Path) -> None:
    done = launchlab("report", "reaction", str(saved), "--delays", "1,15,90", "--out", str(tmp_path / "page"))
    assert done.exit_code == 0, done.output
    assert "From 1 to 90 minutes the mean launch loses" in done.stdout
    page = (tmp_path / "page" / "index.html").read_text(encoding="utf-8")
    assert "SIMULATED DATA" in page
    assert "What each minute costs" in page
    rows = pd.read_csv(tmp_path / "page" / "reaction.csv")
    assert rows["minutes"].tolist() == [1, 15, 90]
    as_json = launchlab(
        "report", "reaction", str(saved), "--delays", "1,15", "--json", "--out", str(tmp_path / "page")
    )
    told = json.loads(as_json.stdout)
    assert [row["minutes"] for row in told["reaction"]] == [1, 15]
    assert told["simulated"] is True


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("reaction",), "reaction times are those of one run"),
        (("reaction", "{run}", "--delays", "1,five"), "'five' is no whole number"),
        (("reaction", "{run}", "--delays", "1441"), "reaction times are two whole numbers"),
        (("reaction", "nowhere"), "nowhere is not there"),
        (("{run}", "--delays", "1,5"), "--delays is for reaction times"),
        (("compare", "{run}", "{run}", "--json"), "--json is for reaction times"),
    ],
)
def test_what_it_cannot_do_is_one_sentence(saved: Path, words: tuple, sentence: str) -> None:
    done = launchlab("report", *(word.format(run=saved) for word in words))
    assert sentence in " ".join(faults(done).split())
