"""`orders` from what an account really holds: the same as the run's where it holds the same, and what follows where it does not."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import launchlab as ll
from launchlab.engine.orders.order import Orders

from ..markets.cli_fixture import faults, launchlab

DAYS = ("2026-02-11", "2026-02-12", "2026-02-16", "2026-03-02")
# the run of buy-launch that holds for two sessions: an entry, then the exit in the same code
SOLD = {"hold": 2, "wait": 1}


@pytest.fixture(scope="module")
def market() -> ll.Market:
    return ll.load_market(start="2026-01-02", end="2026-03-31")


def rows_of(told: Orders, *, launches: bool = True, cash: float | None = None) -> pd.DataFrame:
    rows: list[dict[str, Any]] = [
        {"code": one.code, "shares": one.shares, "launch": one.launch if launches else ""}
        for one in told.held
    ]
    if cash is not None:
        rows.append({"code": "cash", "shares": cash, "launch": ""})
    return pd.DataFrame(rows, columns=["code", "shares", "launch"])


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("name", ["long-short", "buy-launch", "rivals"])
@pytest.mark.parametrize("launches", [True, False])
def test_what_the_run_holds_leads_to_the_orders_of_the_run(
    market: ll.Market, name: str, day: str, launches: bool
) -> None:
    config = ll.Config(exit_on="touch", pairing="matched")
    settings = {"stop": 0.05}
    run = ll.orders(name, market, config, on=day, settings=settings)
    rows = rows_of(run, cash=run.cash)
    if not launches:  # a broker tells one position a code
        if any(len(set(np.sign(each["shares"]))) > 1 for _, each in rows.groupby("code")):
            pytest.skip("long for one launch and short for another")
        rows = rows.groupby("code", as_index=False)["shares"].sum()
    told = ll.orders(name, market, config, on=day, settings=settings, holdings=rows)
    pd.testing.assert_frame_equal(told.table, run.table, rtol=1e-9)
    assert told.nav == pytest.approx(run.nav, rel=1e-12)
    assert [one._asdict() for one in told.held] == [one._asdict() for one in run.held]
    assert told.notes == run.notes


def bought(market: ll.Market, day: str) -> Orders:
    return ll.orders("buy-launch", market, on=day, settings=SOLD)


def day_with(market: ll.Market, wanted: str) -> tuple[str, str, str]:
    """A day whose next session has an order of a kind; its code and launch."""
    for day in map(str, market.panel.sessions[20:-2]):
        for one in bought(market, day).orders:
            if wanted in one.why and not one.refused:
                return day, one.code, one.launch
    raise AssertionError(wanted)


def test_an_exit_is_of_what_the_account_holds(market: ll.Market) -> None:
    day, code, launch = day_with(market, "held 2 sessions")
    run = bought(market, day)
    rows = rows_of(run)
    mine = (rows["code"] == code) & (rows["launch"] == launch)
    rows.loc[mine, "shares"] -= market.panel.lot_step[-1, market.panel.column(code)]
    told = ll.orders("buy-launch", market, on=day, settings=SOLD, holdings=rows)
    order = next(one for one in told.orders if (one.code, one.launch) == (code, launch))
    assert order.shares == -float(rows.loc[mine, "shares"].iloc[0])
    assert told.nav == pytest.approx(run.nav)
    assert any("the run holds and the account does not" in note for note in told.notes)
    none = ll.orders("buy-launch", market, on=day, settings=SOLD, holdings=rows[~mine])
    assert not [one for one in none.orders if (one.code, one.launch) == (code, launch)]


def test_an_exit_that_the_broker_did_not_fill_is_sent_again(market: ll.Market) -> None:
    day, code, launch = day_with(market, "held 2 sessions")
    before = bought(market, day)
    shares = next(one.shares for one in before.held if (one.code, one.launch) == (code, launch))
    after = before.session
    run = bought(market, after)
    assert (code, launch) not in {(one.code, one.launch) for one in run.held}
    rows = pd.concat(
        [rows_of(run), pd.DataFrame([{"code": code, "shares": shares, "launch": launch}])], ignore_index=True
    )
    told = ll.orders("buy-launch", market, on=after, settings=SOLD, holdings=rows)
    order = next(one for one in told.orders if (one.code, one.launch) == (code, launch))
    assert (order.shares, order.why) == (-shares, "held 2 sessions")
    rows["launch"] = ""
    alone = ll.orders("buy-launch", market, on=after, settings=SOLD, holdings=rows)
    assert not [one for one in alone.orders if (one.code, one.launch) == (code, launch)]
    assert any("held for no launch of the run" in note and code in note for note in alone.notes)
    assert shares in {one.shares for one in alone.held if one.code == code and not one.launch}


def test_an_entry_that_only_the_broker_filled_is_taken_as_made(market: ll.Market) -> None:
    day = "2026-02-12"
    run = ll.orders("long-short", market, on=day)
    one = next(one for one in run.orders if "attempt 2" in one.why and "rest" not in one.why)
    rows = pd.concat(
        [
            rows_of(run),
            pd.DataFrame([{"code": one.code, "shares": one.shares * 9, "launch": one.launch, "price": 1.0}]),
        ],
        ignore_index=True,
    )
    told = ll.orders("long-short", market, on=day, holdings=rows)
    assert (one.code, one.launch) not in {(each.code, each.launch) for each in told.orders}
    assert any((each.code, each.launch) == (one.code, one.launch) for each in told.held)


def test_cash_sizes_the_orders(market: ll.Market) -> None:
    run = ll.orders("long-short", market, on="2026-02-11")
    halved = ll.orders("long-short", market, on="2026-02-11",
                       holdings=pd.DataFrame([{"code": "cash", "shares": "500,000"}]))  # fmt: skip
    assert (halved.nav, halved.cash, halved.held) == (500_000.0, 500_000.0, ())
    mine = {(one.code, one.launch): one.shares for one in halved.orders if "rest" not in one.why}
    theirs = {(one.code, one.launch): one.shares for one in run.orders if "entry" in one.why}
    assert mine
    assert all(abs(shares) < abs(theirs[key]) for key, shares in mine.items())


def test_the_price_paid_moves_the_stop(market: ll.Market) -> None:
    config, settings = ll.Config(exit_on="touch"), {"stop": 0.05}
    run = ll.orders("buy-launch", market, config, on="2026-02-12", settings=settings)
    rows = rows_of(run).assign(price=100.0)
    told = ll.orders("buy-launch", market, config, on="2026-02-12", settings=settings, holdings=rows)
    assert {one.price for one in told.orders if one.at == "touch"} == {95.0}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("code,share\n0700.HK,100\n", "no column 'shares'"),
        ("code,shares\n0700.HK,many\n", "'many' is no number"),
        ("code,shares\n0700.HK,nan\n", "'nan' is no number"),
        ("code,shares\n,100\n", "no code"),
        ("code,shares\n0700.HK,100\n700.HK,100\n", "a second row of 0700.HK"),
        ("code,shares,price\n0700.HK,100,-2\n", "cannot have been paid"),
        ("code,shares,launch\n0700.HK,100,nothing\n", "no leg that bought 0700.HK for 'nothing'"),
    ],
)
def test_a_file_that_says_nothing_certain_is_refused(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "holdings.csv"
    path.write_text(text)
    done = launchlab(
        "orders", "--start", "2026-01-02", "--end", "2026-02-20", "--on", "2026-02-11",
        "--holdings", str(path),
    )  # fmt: skip
    assert says in " ".join(faults(done).split())


def test_the_command_reads_the_file(tmp_path: Path) -> None:
    path = tmp_path / "holdings.csv"
    path.write_text("code,shares,currency\ncash,900000,HKD\n9999999.XX,5,\n0700.HK,300,HKD\n", "utf-8-sig")
    done = launchlab("orders", "--start", "2026-01-02", "--end", "2026-03-31", "--on", "2026-02-11",
                     "--holdings", str(path))  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "cash 900,000" in done.stdout
    said = " ".join(done.stderr.split())
    for words in (
        "300 of 0700.HK",
        "without a price in the market: 9999999.XX",
        "that are not read: currency",
    ):
        assert words in said
