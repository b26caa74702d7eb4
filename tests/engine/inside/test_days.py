"""Days worked by hand: an order at a minute, its parts bar by bar, boards that seal and open, lunch, the ends of a session."""

from dataclasses import dataclass
from typing import Any

import pytest

from launchlab.data.errors import LookAheadError
from launchlab.data.ledger.ledger import load_launches
from launchlab.data.market.market import load_market
from launchlab.engine.backtest.backtest import RunOptions, backtest
from launchlab.engine.config import Config
from launchlab.engine.results.result import Result, load_result
from launchlab.strategies import BuyLaunch

from ...markets.minute_files import HEAD, MAINLAND, clock

HEAD_OF_LEDGER = "id,announced_at,precision,company,product,kind,codes,source,note\n"
DAYS = ("2026-02-06", "2026-02-09", "2026-02-10", "2026-02-11", "2026-02-12")
ENGINES = ("backtrader", "compiled")


def bars(*prices: float, volume: float = 10_000.0, length: int = 15, day: str = "2026-02-09") -> str:
    """Bars that stand still, one price each; prices count from the first bar, the last price holds on."""
    starts = [minute for a, b in MAINLAND for minute in range(a, b, length)]
    rows = []
    for k, start in enumerate(starts):
        price = prices[min(k, len(prices) - 1)]
        rows.append(
            f"{day} {clock(start + length)},{price},{price},{price},{price},{volume},{price * volume}"
        )
    return "\n".join(rows) + "\n"


@pytest.fixture
def world(tmp_path):
    def made(minutes: str, *news: str, high: float = 11.0, low: float = 9.0) -> Any:
        daily = "date,open,high,low,close,volume,pre_close\n"
        for day in DAYS:
            daily += f"{day},10.0,{high},{low},10.0,160000,10.0\n"
        for name in ("bars", "minutes"):
            (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / "bars" / "600589.SS.csv").write_text(daily)
        (tmp_path / "minutes" / "600589.SS.csv").write_text(HEAD + minutes)
        rows = "".join(
            f"launch {k},{when},exact,Acme,One,launch,600589.SS:pure_play,https://example.org,\n"
            for k, when in enumerate(news or ("2026-02-09T10:05+08:00",))
        )
        (tmp_path / "launches.csv").write_text(HEAD_OF_LEDGER + rows)
        return load_market(
            launches=load_launches(tmp_path / "launches.csv"), prices=tmp_path / "bars", minutes=tmp_path / "minutes",
            benchmark="none", currency="CNY", universe="none",
        )  # fmt: skip

    return made


def run(market: Any, engine: str = "compiled", **rules: Any) -> Result:
    mine = {name: value for name, value in rules.items() if name in Config.model_fields}
    config = Config(**({"capital": 100_000.0, "reaction_minutes": 10.0} | mine))
    rest = {name: value for name, value in rules.items() if name not in mine}
    strategy = BuyLaunch(entry="now", **({"gross": 0.5, "hold": 1, "wait": 0} | rest))
    return backtest(strategy, market.launches, market.panel, config, options=RunOptions(engine=engine))


def entries(result: Result) -> list[tuple[str, str, int, float]]:
    f = result.fills[result.fills["reason"] == "entry"]
    return [
        (str(one.session)[:10], one.at, int(one.shares), float(one.price))
        for one in f.itertuples(index=False)
    ]


def blocks(result: Result) -> list[tuple[str, str, str, int, int]]:
    return [
        (str(one.session)[:10], one.at, one.reason, int(one.wanted), int(one.filled))
        for one in result.blocks.itertuples(index=False)
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_order_trades_in_the_first_bar_that_starts_after_it_and_goes_on_bar_by_bar(
    world, engine: str
) -> None:
    """News 10:05, ready 10:15: the bar from 10:15 on. 50,000 at 10.00 are 5,000 shares, a bar gives a tenth of 20,000."""
    found = run(world(bars(9.0, 9.0, 9.0, 10.1, 10.2, 10.3, volume=20_000.0)), engine)
    assert entries(found) == [
        ("2026-02-09", "10:15", 2_000, 10.1),
        ("2026-02-09", "10:30", 2_000, 10.2),
        ("2026-02-09", "10:45", 1_000, 10.3),
    ]
    assert blocks(found) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_each_order_of_a_session_meets_its_own_bars(world, engine: str) -> None:
    """News at 10:05 and 10:35: a quarter each, 2,500 shares in the bars from 10:15 and from 10:45."""
    news = ("2026-02-09T10:05+08:00", "2026-02-09T10:35+08:00")
    found = run(world(bars(9.0, 9.0, 9.0, 10.1, 10.2, 10.3, volume=2e6), *news), engine, gross=0.25)
    assert entries(found) == [("2026-02-09", "10:15", 2_500, 10.1), ("2026-02-09", "10:45", 2_500, 10.3)]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_order_gives_up_and_what_it_lacks_is_one_block(world, engine: str) -> None:
    found = run(world(bars(10.0, volume=20_000.0)), engine, give_up=20.0)
    assert [shares for *_, shares, _ in entries(found)] == [2_000, 2_000]
    assert blocks(found) == [("2026-02-09", "10:30", "volume", 5_000, 4_000)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_sealed_board_fills_nothing_until_it_opens(world, engine: str) -> None:
    """Sealed at 11.00 from the start; the bar of 13:00 trades at 10.9."""
    found = run(world(bars(*[11.0] * 8, 10.9, volume=100_000.0)), engine)
    assert entries(found) == [("2026-02-09", "13:00", 5_000, 10.9)]
    sealed = run(world(bars(11.0, volume=100_000.0)), engine)
    assert entries(sealed) == []
    assert blocks(sealed) == [("2026-02-09", "14:45", "limit_up", 5_000, 0)]
    assert "limit" in sealed.fates["reason"].iloc[0]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("news", "first"),
    [
        ("2026-02-09T01:00+08:00", ("2026-02-09", "open")),  # before the open: the opening auction
        ("2026-02-09T09:15+08:00", ("2026-02-09", "open")),  # ready at 09:25, the last moment
        ("2026-02-09T09:16+08:00", ("2026-02-09", "09:30")),
        ("2026-02-09T10:04:30+08:00", ("2026-02-09", "10:15")),
        ("2026-02-09T10:05:01+08:00", ("2026-02-09", "10:30")),  # ready a second after the bar of 10:15 began
        ("2026-02-09T11:25+08:00", ("2026-02-09", "13:00")),  # the lunch break
        ("2026-02-09T14:40+08:00", ("2026-02-09", "close")),  # no bar starts any more: the closing auction
        ("2026-02-09T14:50+08:00", ("2026-02-10", "open")),  # the closing auction takes no new orders
        ("2026-02-10T10:05+08:00", ("2026-02-10", "close")),  # no minutes of that day
    ],
)
def test_where_an_order_meets_the_market(world, engine: str, news: str, first: tuple[str, str]) -> None:
    found = run(world(bars(10.0, volume=1e6), news), engine)
    assert entries(found)[0][:2] == first


def test_an_order_that_falls_back_to_the_close_says_so(world) -> None:
    found = run(world(bars(10.0), "2026-02-10T10:05+08:00"))
    assert found.fates["reason"].tolist() == ["at the close: no minute bars"]
    assert found.fates["fate"].tolist() == ["traded"]
    assert (
        "1 of 1 orders inside a session had no minute bars and waited for its close" in found.summary.unknowns
    )
    inside = run(world(bars(10.0)))
    assert inside.fates["reason"].tolist() == [""]
    assert not [note for note in inside.summary.unknowns if "minute bars" in note]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_not_filled_is_tried_from_the_start_of_later_sessions(world, engine: str) -> None:
    found = run(world(bars(11.0) + bars(11.0, 10.9, volume=1e6, day="2026-02-10")), engine, wait=2)
    assert entries(found) == [("2026-02-10", "09:45", 5_000, 10.9)]
    assert blocks(found) == [("2026-02-09", "14:45", "limit_up", 5_000, 0)]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_block_of_a_later_session_is_of_what_was_left_of_the_order(world, engine: str) -> None:
    """A tenth of each bar: 13 bars of 2,000 from 10:15 on give 2,600 of 5,000, the 16 of the next session, of 1,000, 1,600 of 2,400."""
    thin = bars(10.0, volume=2_000.0) + bars(10.0, volume=1_000.0, day="2026-02-10")
    found = run(world(thin), engine, wait=1, hold=3)
    assert blocks(found) == [
        ("2026-02-09", "14:45", "volume", 5_000, 2_600),
        ("2026-02-10", "14:45", "volume", 2_400, 1_600),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_exit_is_at_the_close_after_the_hold(world, engine: str) -> None:
    found = run(world(bars(10.0, volume=1e6)), engine, hold=2)
    leaving = found.fills[found.fills["reason"] == "hold"]
    assert [(str(one.session)[:10], one.at, one.shares) for one in leaving.itertuples(index=False)] == [
        ("2026-02-11", "close", -5_000)
    ]


def test_the_price_can_be_the_bars_average_or_its_worst(world) -> None:
    text = bars(10.0).splitlines()
    text[3] = "2026-02-09 10:30,10.0,10.6,9.9,10.2,100000,1030000"
    market = world("\n".join(text) + "\n")
    prices = {
        how: entries(run(market, minute_price=how, slippage_bp=0.0))[0][3]
        for how in ("open", "vwap", "worst")
    }
    assert prices == {"open": 10.0, "vwap": 10.3, "worst": 10.6}


def test_the_parts_of_a_launch_still_add_up_to_its_paper(world) -> None:
    found = run(world(bars(9.0, 9.0, 9.0, 10.1, 10.2, 10.3, volume=20_000.0)), slippage_bp=10.0)
    launch = found.launches.iloc[0]
    parts = (
        "captured",
        "missed_gap",
        "missed_wait",
        "missed_limits",
        "missed_size",
        "missed_cash",
        "slippage",
        "costs",
        "dividend_tax",
        "borrow",
    )
    assert launch["paper"] == pytest.approx(sum(launch[name] for name in parts))
    # the news came at 10:05 into a price of 9.0, the first bar that the order meets begins at 10.1
    assert launch["missed_gap"] == pytest.approx(0.5 * (9.0 / 10.0 - 1.0))
    assert launch["missed_wait"] == pytest.approx(0.5 * (10.1 - 9.0) / 10.0)


def test_the_wait_stands_in_the_tables_where_there_was_one_only(world, tmp_path) -> None:
    waited = run(world(bars(9.0, 9.0, 9.0, 10.1, volume=20_000.0)))
    waited.save(tmp_path / "waited")
    assert "missed_wait" in (tmp_path / "waited" / "launches.csv").read_text()
    assert load_result(tmp_path / "waited").launches.equals(waited.launches)
    assert waited.summary.metrics["launch_missed_wait"] == waited.launches["missed_wait"].mean()
    still = run(world(bars(10.0), "2026-02-09T08:00+08:00"))
    still.save(tmp_path / "still")
    for name in ("launches.csv", "summary.json"):
        assert "missed_wait" not in (tmp_path / "still" / name).read_text()
    assert load_result(tmp_path / "still").launches["missed_wait"].tolist() == [0.0]


def test_news_before_the_first_bar_is_over_found_the_price_of_the_opening_auction(world) -> None:
    launch = run(world(bars(10.4), "2026-02-09T09:27+08:00")).launches.iloc[0]  # opened at 10.0
    assert launch["missed_gap"] == pytest.approx(0.0)
    assert launch["missed_wait"] == pytest.approx(0.5 * 0.04)


def test_legs_carry_the_minute_and_foresight_is_still_refused(world) -> None:
    market = world(bars(10.0))
    timed = market.launches.timed(reaction_minutes=10.0, dates_known="end")
    legs = BuyLaunch(entry="now").legs(timed, market.panel)
    assert legs["at"].tolist() == [10 * 60 + 15]

    @dataclass(frozen=True, kw_only=True)
    class Peeking(BuyLaunch):
        def legs(self, launches, panel):
            found = super().legs(launches, panel).copy()
            for leg in found:
                met = panel.minutes.of(int(leg["row"]), int(leg["code"]))
                leg["weight"] = 0.1 * float(met["close"][-1]) / 10.0
            return found

    with pytest.raises(LookAheadError, match=r"at the 10:15 of 2026-02-09 .* has weight"):
        backtest(Peeking(entry="now"), market.launches, market.panel, Config(reaction_minutes=10.0))
