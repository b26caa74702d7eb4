"""`launchlab orders` and `launchlab reconcile`: what to send, and what became of it."""

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest

import launchlab as ll

from ..markets.cli_fixture import launchlab
from ..markets.small_market import launch_of, ledger

DAY = ("--on", "2026-02-11", "--start", "2026-01-02", "--end", "2026-03-31")


@pytest.fixture(scope="module")
def market() -> ll.Market:
    return ll.load_market(start="2026-01-02", end="2026-03-31")


def test_the_table_the_csv_and_the_json_say_the_same(market: ll.Market) -> None:
    told = ll.orders("long-short", market, on="2026-02-11")
    shown = launchlab("orders", *DAY)
    assert shown.exit_code == 0
    assert (
        f"{len(told.orders)} orders of long-short for 2026-02-12, decided at the close of 2026-02-11"
        in shown.stdout
    )
    rows = list(csv.DictReader(io.StringIO(launchlab("orders", *DAY, "--csv").stdout)))
    found = json.loads(launchlab("orders", *DAY, "--json").stdout)
    assert (
        [row["code"] for row in rows]
        == [one.code for one in told.orders]
        == [one["code"] for one in found["orders"]]
    )
    assert float(rows[0]["shares"]) == told.orders[0].shares == found["orders"][0]["shares"]
    assert found["waiting"][0]["waits_for"].startswith("the open of 2026-02-13")


def test_an_order_says_lots_cut_off_limits_and_cost_as_the_exchange_does(market: ll.Market) -> None:
    told = {(one.code, one.launch): one for one in ll.orders("long-short", market, on="2026-02-11").orders}
    mainland = next(one for one in told.values() if one.code == "300418.SZ")
    assert (mainland.by, mainland.at, mainland.exchange) == ("09:25 +08:00", "open", "XSHE")
    close = market.panel.close[market.panel.row("2026-02-11"), market.panel.column("300418.SZ")]
    rules = ll.explain_rules(
        "300418.SZ",
        "2026-02-12",
        prev_close=float(close),
        side="buy",
        price=float(close),
        shares=int(mainland.shares),
    )
    assert (mainland.high, mainland.low) == (rules.limit_up, rules.limit_down)
    assert mainland.lots == mainland.shares / 100
    hong_kong = next(one for one in told.values() if one.code == "2513.HK" and one.side == "buy")
    assert hong_kong.by == "09:15 +08:00"
    costs = ll.explain_rules(
        "2513.HK", "2026-02-12", side="buy", price=hong_kong.price, shares=int(hong_kong.shares)
    )
    assert any(f"total {hong_kong.cost:.2f}" in line for line in costs.lines())


def test_launches_after_the_last_bar_say_what_they_wait_for(market: ll.Market) -> None:
    late = ledger(
        launch_of("0700.HK:pure_play", "2026-04-01T20:00+08:00", "evening"),
        launch_of("9999.HK:pure_play", "2026-04-01T20:00+08:00", "without-bars"),
        launch_of("0700.HK:pure_play", "2026-03-31T20:00+08:00", "tomorrow"),
    )
    from dataclasses import replace

    told = ll.orders("buy-launch", replace(market, launches=late))
    assert [one.launch for one in told.orders] == ["tomorrow"]
    assert [(one.launch, one.waits_for) for one in told.waiting] == [
        ("evening", "the open of 2026-04-02"),
        ("without-bars", "bars of 9999.HK"),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--on", "2020-01-01"), "lies outside the bars"),
        (("--on", "tomorrow"), "is not a day"),
        (("--strategy", "nothing"), "there is no strategy"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(words: tuple[str, ...], said: str) -> None:
    done = launchlab("orders", *words)
    assert done.exit_code == 2
    assert said in done.stderr.splitlines()[-1]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, market: ll.Market) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "week"
    ll.backtest("buy-launch", market, settings={"hold": 3}).save(folder)
    return folder


def broker_file(run: Path, folder: Path) -> tuple[Path, pd.DataFrame]:
    """The model's fills as a broker reports them: the first 10 bp worse, the second missing, one more that nobody asked for."""
    fills = pd.read_csv(run / "fills.csv")[["session", "code", "shares", "price"]].head(4)
    theirs = fills.drop(index=1).copy()
    sign = 1.0 if theirs["shares"].iloc[0] > 0 else -1.0
    theirs.loc[0, "price"] *= 1.0 + sign * 0.001
    extra = {"session": fills["session"].iloc[0], "code": "0005.HK", "shares": 400.0, "price": 60.0}
    theirs = pd.concat([theirs, pd.DataFrame([extra])], ignore_index=True)
    path = folder / "fills.csv"
    theirs.to_csv(path, index=False)
    return path, fills


def test_slippage_is_against_the_trader_and_nothing_is_lost(run: Path, tmp_path: Path) -> None:
    path, fills = broker_file(run, tmp_path)
    found = ll.reconcile(ll.load_result(run), path).table
    key = (found["session"] == fills["session"].iloc[0]) & (found["code"] == fills["code"].iloc[0])
    first = found[key & (found["filled"] == "both")].iloc[0]
    assert first["slippage_bp"] == pytest.approx(10.0)
    assert first["slippage"] == pytest.approx(abs(fills["shares"].iloc[0]) * fills["price"].iloc[0] * 0.001)
    assert (found["filled"] == "broker only").sum() == 1
    whole = pd.read_csv(run / "fills.csv")
    sides = whole.assign(side=whole["shares"] > 0).groupby(["session", "code", "side"]).ngroups
    assert len(found) == sides + 1
    shown = launchlab("reconcile", str(run), str(path))
    assert shown.exit_code == 0
    assert "1 broker only" in shown.stdout
    assert json.loads(launchlab("reconcile", str(run), str(path), "--json").stdout)["by_reason"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("session,code,shares\n2026-02-12,0700.HK,100\n", "no column 'price'"),
        (
            "session,code,shares,price\n2026-02-12,0700.HK,many,1\n",
            "line 2: 'many' and '1' are no shares and price",
        ),
        (
            "session,code,shares,price\n2026-02-12,0700.HK,0,1\n",
            "line 2: 0 shares at 1 cannot have been filled",
        ),
        ("session,code,side,shares,price\n2026-02-12,0700.HK,hold,5,1\n", "side 'hold' is unknown"),
        ("session,code,shares,price\n2020-02-12,0700.HK,5,1\n", "lies outside the run"),
        ("session,code,shares,price\nlater,0700.HK,5,1\n", "is not a day"),
    ],
)
def test_a_row_that_cannot_be_is_one_sentence(run: Path, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "fills.csv"
    path.write_text(text)
    done = launchlab("reconcile", str(run), str(path))
    assert done.exit_code == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_sides_in_words_and_other_spellings_of_codes_are_understood(run: Path) -> None:
    fills = pd.read_csv(run / "fills.csv").head(1)
    shares = fills["shares"].iloc[0]
    row = {
        "session": fills["session"].iloc[0],
        "code": fills["code"].iloc[0].removesuffix(".HK"),
        "price": fills["price"].iloc[0],
    }
    theirs = pd.DataFrame([row | {"side": "Buy" if shares > 0 else "Sell", "shares": f"{abs(shares):,.0f}"}])
    found = ll.reconcile(ll.load_result(run), theirs)
    assert found.slippage_bp == pytest.approx(0.0)
    assert (found.table["filled"] == "both").sum() == 1
