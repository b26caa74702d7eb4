"""The bracket of a run over its launches' clocks: each end is the run of a ledger whose instants are known."""

from dataclasses import replace
from pathlib import Path

import pytest

import launchlab as ll
from launchlab.data.errors import ConfigError
from launchlab.engine.results.clocks import Clocks

ROW = {
    "id": "glm", "announced_at": "2026-02-12T01:18+08:00", "precision": "upper_bound", "company": "Zhipu",
    "product": "GLM-5", "kind": "launch", "codes": "2513.HK", "source": "https://github.com/zai-org",
}  # fmt: skip
BOUNDED = ROW | {"not_before": "2026-02-11"}
SURE = ROW | {
    "id": "m2.5", "announced_at": "2026-02-13T13:29+08:00", "precision": "exact", "company": "MiniMax",
    "product": "M2.5", "codes": "0100.HK",
}  # fmt: skip
SETTINGS = {"longs": "launcher", "shorts": "named", "hold": 3}


@pytest.fixture(scope="module")
def market() -> ll.Market:
    # bars of the sample, with a ledger of our own
    return ll.load_market(start="2026-02-02", end="2026-03-31", universe="none")


def asked(market: ll.Market, *rows: dict[str, str]) -> ll.Market:
    return replace(market, launches=ll.load_launches(list(rows)))


def total(market: ll.Market, *rows: dict[str, str]) -> float:
    """The run's total return where the ledger is certain."""
    sure = asked(market, *rows)
    options = ll.RunOptions(engine="compiled")
    result = ll.backtest("long-short", sure, ll.Config(), options=options, settings=SETTINGS)
    return float(result.equity["equity"].iloc[-1]) / result.summary.capital - 1.0


def bracket(market: ll.Market, *rows: dict[str, str], draws: int = 0, **more: float) -> Clocks:
    return ll.clock_bracket("long-short", asked(market, *rows), settings=SETTINGS, draws=draws, **more)


def test_both_ends_are_runs_of_ledgers_whose_instants_are_known(market: ll.Market) -> None:
    found = bracket(market, BOUNDED, SURE)
    early = total(market, ROW | {"announced_at": "2026-02-11T00:00+08:00", "precision": "exact"}, SURE)
    late = total(market, ROW, SURE)
    between = total(market, ROW | {"announced_at": "2026-02-11T09:01+08:00", "precision": "exact"}, SURE)
    assert found.earliest == pytest.approx(early, abs=1e-12)
    assert found.as_run == found.latest == pytest.approx(late, abs=1e-12)
    assert early != late, "the open of the 11th pays otherwise than that of the 12th"
    assert found.worst == pytest.approx(min(early, late, between), abs=1e-12)
    assert (found.traded, found.left_open, found.unbounded) == (2, 1, 0)
    (one,) = found.launches
    # the opens and closes of the 11th in Hong Kong and Shanghai lie at four different minutes
    assert (one.launch, one.choices) == ("glm", 5)
    assert one.worst <= one.run <= one.best


def test_a_ledger_of_certain_clocks_has_no_bracket(market: ll.Market) -> None:
    found = bracket(market, SURE, draws=5)
    assert (found.left_open, found.open_profit, found.draws, found.launches) == (0, 0.0, (), ())
    assert found.earliest == found.latest == found.worst == found.low == found.high == found.as_run


def test_a_launch_without_a_lower_bound_is_taken_as_public_so_many_days_earlier(market: ll.Market) -> None:
    found = bracket(market, ROW, unbounded_days=1.0)
    early = total(market, ROW | {"announced_at": "2026-02-11T01:18+08:00", "precision": "exact"})
    assert found.earliest == pytest.approx(early, abs=1e-12)
    assert (found.unbounded, found.unbounded_days) == (1, 1.0)
    with pytest.raises(ConfigError, match="above 0"):
        bracket(market, ROW, unbounded_days=0.0)


def test_the_draws_lie_between_outcomes_and_the_seed_decides_them(market: ll.Market) -> None:
    found, again = (bracket(market, BOUNDED, SURE, draws=12) for _ in range(2))
    assert found == again
    assert len(found.draws) == 12
    assert len(set(found.draws)) > 1
    assert found.worst <= min(found.draws) <= found.low <= found.median <= found.high <= max(found.draws)
    assert (
        ll.clock_bracket(
            "long-short", asked(market, BOUNDED, SURE), settings=SETTINGS, draws=12, seed=8
        ).draws
        != found.draws
    )


def test_profit_entered_at_possible_auctions_is_named(market: ll.Market) -> None:
    day = ROW | {"announced_at": "2026-02-11", "precision": "date"}
    config = ll.Config(dates_known="start")
    found = ll.clock_bracket("long-short", asked(market, day), config, settings=SETTINGS, draws=0)
    assert found.possible_profit == pytest.approx(found.profit)
    assert found.as_run == found.earliest != found.latest
    assert bracket(market, day).possible_profit == 0.0, "a run trades from the first certain auction"


def test_the_bracket_is_in_the_summary_and_on_the_page(market: ll.Market, tmp_path: Path) -> None:
    rows = asked(market, BOUNDED, SURE)
    options = ll.RunOptions(engine="compiled")
    result = ll.backtest("long-short", rows, ll.Config(), options=options, settings=SETTINGS)
    found = bracket(market, BOUNDED, SURE, draws=6)
    ll.write_report(ll.with_clocks(result, found), tmp_path / "run", sheet=False)
    assert ll.load_result(tmp_path / "run").summary.clocks == found
    page = (tmp_path / "run" / "index.html").read_text(encoding="utf-8")
    assert "1 of 2 traded launches leave open which auctions they were public by" in page
    assert 'data-figure="clocks"' in page
    ll.write_report(result, tmp_path / "plain", sheet=False)
    assert 'id="clocks"' not in (tmp_path / "plain" / "index.html").read_text(encoding="utf-8")
    assert "clocks" not in result.summary.to_json()
