"""The study of a ledger over a panel: dates, models, files, refusals, confounds, sensitivity."""

import csv
import json
import os
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from launchlab.data.bars.folder import read_bars
from launchlab.data.calendars.sessions import sessions
from launchlab.data.errors import ConfigError
from launchlab.data.ledger.ledger import load_launches
from launchlab.data.panel.build import PanelOptions, load_panel
from launchlab.data.panel.panel import Panel
from launchlab.data.panel.returns import factor_returns, levels_of, panel_returns
from launchlab.engine.study.abnormal import Model
from launchlab.engine.study.events import shifted
from launchlab.engine.study.findings import Variant
from launchlab.engine.study.options import StudyOptions, parse_span, parse_windows, parse_words
from launchlab.engine.study.sensitivity import clock_variants, conclusions
from launchlab.engine.study.study import study

from ...markets.research_market import days, launch, ledger, panel_of, walk

REAL = os.environ.get("LAUNCHLAB_REAL_DATA")
real_data = pytest.mark.skipif(not REAL, reason="LAUNCHLAB_REAL_DATA is not set")

SHORT = StudyOptions(estimation=(-20, -6), draws=99)
GRID = days()
T = len(GRID)


def row(session: str) -> int:
    return int(np.flatnonzero(np.datetime64(session) == GRID)[0])


@pytest.fixture
def market() -> Panel:
    return panel_of({"0700.HK": walk(T, 1), "688158.SS": walk(T, 2), "9988.HK": walk(T, 3)})


def own_returns(panel: Panel, code: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows and simple returns of a code's own sessions, straight from its closes."""
    k = panel.column(code)
    rows = np.flatnonzero(np.isfinite(panel.close[:, k]))
    close = panel.close[rows, k]
    return rows[1:], close[1:] / close[:-1] - 1


def test_the_mean_model_is_r_minus_its_estimation_mean(market: Panel) -> None:
    """News at 01:18 on 2025-06-12 is tradable at that day's open on both exchanges."""
    found = study(ledger(launch("a", "2025-06-12T01:18+08:00", ["688158.SS"])), market, SHORT)
    rows, returns = own_returns(market, "688158.SS")
    day0 = int(np.flatnonzero(rows == row("2025-06-12"))[0])
    mean = returns[day0 - 20 : day0 - 5].mean()
    cars = {line.window: line.car for line in found.table}
    assert cars["leak"] == pytest.approx(100 * (returns[day0 - 5 : day0] - mean).sum())
    assert cars["react"] == pytest.approx(100 * (returns[day0 : day0 + 2] - mean).sum())
    assert cars["drift"] == pytest.approx(100 * (returns[day0 : day0 + 5] - mean).sum())
    assert {line.day0 for line in found.table} == {"2025-06-12"}


@pytest.mark.parametrize(
    ("when", "hong_kong", "shanghai"),
    [
        ("2025-06-12T01:18+08:00", "2025-06-12", "2025-06-12"),
        ("2025-06-12T15:30+08:00", "2025-06-13", "2025-06-13"),
        ("2025-06-14T12:00+08:00", "2025-06-16", "2025-06-16"),  # a Saturday
        ("2025-06-30T22:00+08:00", "2025-07-02", "2025-07-01"),  # 1 July is a holiday in Hong Kong only
        ("2025-09-30T22:00+08:00", "2025-10-02", "2025-10-09"),  # the National Day week
    ],
)
def test_day_0_is_the_first_tradable_session_of_each_exchange(
    market: Panel, when: str, hong_kong: str, shanghai: str
) -> None:
    found = study(ledger(launch("a", when, ["0700.HK", "688158.SS"])), market, SHORT)
    day0 = {event.code: str(market.sessions[event.row]) for event in found.events}
    assert day0 == {"0700.HK": hong_kong, "688158.SS": shanghai}


def test_the_closing_auction_can_date_day_0(market: Panel) -> None:
    news = ledger(launch("a", "2025-06-12T15:30+08:00", ["0700.HK", "688158.SS"]))
    found = study(news, market, replace(SHORT, at="close"))
    day0 = {event.code: str(market.sessions[event.row]) for event in found.events}
    assert day0 == {"0700.HK": "2025-06-12", "688158.SS": "2025-06-13"}


@pytest.mark.parametrize("clock", ["10:30", "15:55"])
def test_news_during_trading_moves_the_day_of_the_news_and_nothing_before_it(clock: str) -> None:
    """3 % after each announcement, also one that no order can react to: all of it is reaction; the first open is the next day's."""
    days_of_news = [
        str(GRID[k]) for k in range(60, 240, 30) if GRID[k] in sessions("XHKG", GRID[0], GRID[-1])
    ]
    price = walk(T, 7)
    for day in days_of_news:
        price[row(day) :] *= 1.03
    news = ledger(*(launch(day, f"{day}T{clock}+08:00", ["0700.HK"]) for day in days_of_news))
    quiet = study(news, panel_of({"0700.HK": walk(T, 7)}), SHORT).windows
    found = study(news, panel_of({"0700.HK": price}), SHORT)
    assert {str(GRID[event.row - 1]) for event in found.events} == set(
        days_of_news
    )  # an order's open is the next session's
    assert found.windows["react"].mean - quiet["react"].mean == pytest.approx(3.0, abs=0.25)
    assert found.windows["leak"].mean - quiet["leak"].mean == pytest.approx(0.0, abs=0.25)


def test_a_shift_counts_the_sessions_of_the_exchange_up_to_both_ends_of_the_panel(market: Panel) -> None:
    shut = np.flatnonzero(~market.exchange_open[:, 1])
    own = market.own_rows(1)
    rows = np.array([own[0], own[1], own[-2], own[-1], -1], np.int32)
    assert shifted(rows, market, 1, -1).tolist() == [-1, own[0], own[-3], own[-2], -1]
    assert shifted(rows, market, 1, 1).tolist() == [own[1], own[2], own[-1], -1, -1]
    before, after = own[own < shut[0]][-1], own[own > shut[0]][0]
    assert shifted(np.array([before], np.int32), market, 1, 1).tolist() == [after]


def test_a_split_is_no_return() -> None:
    price = np.full(T, 100.0)
    price[row("2025-06-12") :] = 50.0
    panel = panel_of({"0700.HK": price}, actions=[(row("2025-06-12"), 0, 2.0, 0.0)])
    assert np.nanmax(np.abs(panel_returns(panel).simple)) == 0.0


def test_a_dividend_is_part_of_the_return() -> None:
    price = np.full(T, 10.0)
    price[row("2025-06-12") :] = 9.0
    panel = panel_of({"0700.HK": price}, actions=[(row("2025-06-12"), 0, 1.0, 1.0)])
    assert np.nanmax(np.abs(panel_returns(panel).simple)) == pytest.approx(0.0, abs=1e-12)


def test_the_return_after_a_suspension_spans_it_and_a_long_silence_gives_none() -> None:
    price = np.full(T, 10.0)
    price[row("2025-06-12") :] = 11.0
    price[row("2025-06-10") : row("2025-06-12")] = np.nan
    simple = panel_returns(panel_of({"0700.HK": price})).simple[:, 0]
    assert simple[row("2025-06-12")] == pytest.approx(0.10)
    price[row("2025-04-10") : row("2025-06-12")] = np.nan
    found = panel_returns(panel_of({"0700.HK": price}))
    assert np.isnan(found.simple[row("2025-06-12"), 0])
    assert found.gaps == 1


def against(panel: Panel, *codes: str) -> np.ndarray:
    returns = panel_returns(panel)
    return factor_returns(panel, returns, levels_of(panel, returns, codes, {}))


def test_an_index_outside_the_panel_serves_as_benchmark(tmp_path: Path) -> None:
    index, stock = np.round(walk(T, 5, start=4000.0), 2), walk(T, 6)
    on = np.isin(GRID, sessions("XSHG", GRID[0], GRID[-1]))
    lines = [f"{d},{p},{p},{p},{p},1000" for d, p in zip(GRID[on], index[on], strict=True)]
    (tmp_path / "000300.SS.csv").write_text(
        "date,open,high,low,close,volume\n" + "\n".join(lines) + "\n", encoding="utf-8"
    )
    outside = read_bars(tmp_path, ["000300.SS"])
    within = panel_of({"688158.SS": stock, "510300.SS": index})
    alone = panel_of({"688158.SS": stock})
    news = ledger(launch("a", "2025-06-12T01:00+08:00", ["688158.SS"]))
    options = StudyOptions(model=Model.MARKET, estimation=(-60, -11), draws=99, benchmark=("000300.SS",))
    found = study(news, alone, options, outside=outside)
    same = study(news, within, replace(options, benchmark=("510300.SS",)))
    assert [line.car for line in found.table] == pytest.approx([line.car for line in same.table])


def test_a_benchmark_is_compared_over_the_days_the_code_did_not_trade() -> None:
    index, stock = walk(T, 5), walk(T, 6)
    stock[row("2025-06-10") : row("2025-06-12")] = np.nan
    panel = panel_of({"0700.HK": stock, "2800.HK": index})
    factor = against(panel, "2800.HK")
    expected = index[row("2025-06-12")] / index[row("2025-06-09")] - 1
    assert factor[row("2025-06-12"), 0] == pytest.approx(expected)


def test_a_benchmark_without_a_price_gives_no_abnormal_return() -> None:
    index = walk(T, 5)
    index[row("2025-06-12")] = np.nan
    panel = panel_of({"0700.HK": walk(T, 6), "2800.HK": index})
    factor = against(panel, "2800.HK")
    assert np.isnan(factor[row("2025-06-12"), 0])
    assert np.isfinite(factor[row("2025-06-11"), 0])


def test_a_benchmark_that_ends_early_is_told_with_its_last_day() -> None:
    index = walk(T, 5)
    index[row("2025-09-02") :] = np.nan
    panel = panel_of({"0700.HK": walk(T, 6), "2800.HK": index})
    news = ledger(
        launch("a", "2025-06-12T01:18+08:00", ["0700.HK"]), launch("b", "2025-10-15T01:18+08:00", ["0700.HK"])
    )
    options = replace(SHORT, model=Model.MARKET, benchmark=("2800.HK",))
    found = study(news, panel, options)
    assert found.warnings[0].startswith(
        "2800.HK has bars from 2025-01-02 to 2025-09-01 only: launches whose windows lie beyond"
    )
    assert {event.launch for event in found.events} == {"a"}
    whole = study(news, panel_of({"0700.HK": walk(T, 6), "2800.HK": walk(T, 5)}), options)
    assert not any("has bars from" in sentence for sentence in whole.warnings)


def test_each_code_meets_the_benchmark_of_its_own_calendar() -> None:
    hsi, csi = walk(T, 5), walk(T, 6)
    panel = panel_of({"0700.HK": walk(T, 7), "688158.SS": walk(T, 8), "2800.HK": hsi, "510300.SS": csi})
    factor = against(panel, "2800.HK", "510300.SS")
    t = row("2025-06-12")
    assert factor[t, 0] == pytest.approx(hsi[t] / hsi[t - 1] - 1)
    assert factor[t, 1] == pytest.approx(csi[t] / csi[t - 1] - 1)


def test_a_code_that_moves_with_its_benchmark_has_no_abnormal_return() -> None:
    index = walk(T, 5)
    rng = np.random.default_rng(0)
    stock = 50 * np.cumprod(
        1 + 1.5 * np.diff(np.log(index), prepend=np.log(index[0])) + 1e-6 * rng.normal(size=T)
    )
    panel = panel_of({"0700.HK": stock, "2800.HK": index})
    news = ledger(launch("a", "2025-06-12T01:18+08:00", ["0700.HK"]))
    for model, names in ((Model.MARKET, {"benchmark": ("2800.HK",)}), (Model.MEAN, {})):
        options = StudyOptions(model=model, estimation=(-60, -11), draws=99, **names)  # type: ignore[arg-type]
        worst = max(abs(line.car) for line in study(news, panel, options).table)
        assert (worst < 0.5) == (model is Model.MARKET)


def test_what_cannot_be_measured_is_refused_by_name(market: Panel) -> None:
    news = ledger(
        launch("early", "2025-01-10T01:00+08:00", ["0700.HK"]),
        launch("outside", "2024-06-12T01:00+08:00", ["0700.HK"]),
        launch("late", "2025-12-30T01:00+08:00", ["0700.HK"]),
        launch("unknown", "2025-06-12T01:00+08:00", ["2513.HK"]),
    )
    found = study(news, market, SHORT)
    why = {(one.launch, one.window): one.reason for one in found.refused}
    assert "estimation window" in why["early", ""]
    assert "outside the panel" in why["outside", ""]
    assert "the panel ends" in why["late", "drift"]
    assert "no bars" in why["unknown", ""]
    assert {line.window for line in found.table} == {"leak", "react"}


def test_a_ledger_with_nothing_to_measure_gives_an_empty_study(market: Panel, tmp_path: Path) -> None:
    found = study(ledger(launch("a", "2025-06-12T01:00+08:00", [])), market, SHORT)
    found.write(tmp_path)
    assert found.table == ()
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["windows"]["react"]["n"] == 0
    assert summary["windows"]["react"]["mean"] is None


def test_the_files_hold_the_table_and_every_tests_answer(market: Panel, tmp_path: Path) -> None:
    moments = [
        "2025-03-12",
        "2025-04-09",
        "2025-05-14",
        "2025-06-12",
        "2025-07-16",
        "2025-08-13",
        "2025-09-10",
    ]
    news = ledger(
        *(launch(f"l{k}", f"{day}T01:00+08:00", ["0700.HK", "688158.SS"]) for k, day in enumerate(moments))
    )
    found = study(news, market, SHORT)
    found.write(tmp_path)
    with (tmp_path / "study.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["launch", "code", "day0", "window", "car", "n"]
    assert len(rows) == 7 * 2 * 3
    assert float(rows[0]["car"]) == found.table[0].car
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    react = summary["windows"]["react"]
    assert react["n"] == 14
    cars = [float(line["car"]) for line in rows if line["window"] == "react"]
    assert react["mean"] == pytest.approx(np.mean(cars))
    for name in ("patell", "bmp", "kolari_pynnonen", "rank", "sign", "calendar_time", "wild_bootstrap"):
        assert 0 < react["tests"][name]["p"] <= 1
    assert react["clusters"] == 7


def test_a_trail_is_zero_at_the_last_close_before_the_news_and_cumulates_from_there(
    market: Panel, tmp_path: Path
) -> None:
    """News at 12:15 on 2025-06-12: day 0 is that session, whose close is the first after the news."""
    at_noon = launch("a", "2025-06-12T12:15+08:00", ["688158.SS"])
    found = study(ledger(at_noon), market, SHORT)
    (trail,) = found.trails
    rows, returns = own_returns(market, "688158.SS")
    day0 = int(np.flatnonzero(rows == row("2025-06-12"))[0])
    mean = returns[day0 - 20 : day0 - 5].mean()
    at = {offset: k for k, offset in enumerate(found.path.offsets.tolist())}
    assert trail.news == -1
    assert trail.car[at[-1]] == 0
    assert trail.car[at[3]] == pytest.approx(100 * (returns[day0 : day0 + 4] - mean).sum())
    assert trail.car[at[-4]] == pytest.approx(-100 * (returns[day0 - 3 : day0] - mean).sum())
    assert trail.sessions[at[0]] == "2025-06-12"
    found.write(tmp_path)
    with (tmp_path / "paths.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [float(line["car"]) for line in lines] == trail.car.tolist()


def test_two_studies_write_the_same_bytes(market: Panel, tmp_path: Path) -> None:
    news = ledger(
        *(launch(f"l{k}", f"2025-0{k}-12T01:00+08:00", ["0700.HK", "9988.HK"]) for k in range(3, 9))
    )
    for name in ("one", "two"):
        study(news, market, SHORT).write(tmp_path / name)
    for file in ("study.csv", "events.csv", "paths.csv", "summary.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_later_launch_leaves_every_earlier_number_unchanged(market: Panel) -> None:
    first = launch("a", "2025-06-12T01:00+08:00", ["0700.HK"])
    second = launch("b", "2025-06-20T01:00+08:00", ["688158.SS"])
    alone = study(ledger(first), market, SHORT).table
    both = tuple(line for line in study(ledger(first, second), market, SHORT).table if line.launch == "a")
    assert alone == both


def test_prices_after_a_window_do_not_change_it(market: Panel) -> None:
    news = ledger(launch("a", "2025-06-12T01:00+08:00", ["0700.HK"]))
    changed = walk(T, 1)
    changed[row("2025-07-15") :] *= 3
    other = panel_of({"0700.HK": changed})
    assert study(news, market, SHORT).table == study(news, other, SHORT).table


def test_groups_are_summed_up_apart(market: Panel) -> None:
    news = ledger(
        *(
            launch(f"l{k}", f"2025-0{k}-12T01:00+08:00", ["0700.HK"], kind="launch" if k % 2 else "preview")
            for k in range(3, 9)
        )
    )
    found = study(news, market, replace(SHORT, by=("kind",)))
    assert {group: part["react"].n for group, part in found.by["kind"].items()} == {"launch": 3, "preview": 3}


def test_another_companys_launch_nearby_is_flagged_dropped_or_weighted(market: Panel) -> None:
    news = ledger(
        launch("mine", "2025-06-12T01:00+08:00", ["0700.HK"], company="A"),
        launch("again", "2025-06-12T02:00+08:00", [], company="A"),
        launch("theirs", "2025-06-13T01:00+08:00", [], company="B", kind="policy"),
        launch("alone", "2025-08-12T01:00+08:00", ["0700.HK"], company="A"),
    )
    flagged = study(news, market, SHORT)
    assert {event.launch: event.confounds for event in flagged.events} == {"mine": ("theirs",), "alone": ()}
    dropped = study(news, market, replace(SHORT, confounds="drop"))
    assert [event.launch for event in dropped.events] == ["alone"]
    assert "theirs" in next(one.reason for one in dropped.refused if one.launch == "mine")
    weighted = study(news, market, replace(SHORT, confounds="weight"))
    cars = {line.launch: line.car for line in flagged.table if line.window == "react"}
    assert weighted.windows["react"].mean == pytest.approx((cars["mine"] / 2 + cars["alone"]) / 1.5)


def test_a_window_that_ends_at_a_limit_is_called_censored_and_prolonged() -> None:
    price = walk(T, 2, volatility=0.01)
    start = row("2025-06-12")
    for k in range(3):  # three sealed 10 % limit-ups: day 0, 1 and 2
        price[start + k] = round(price[start + k - 1] * 1.1, 2)
    price[start + 3 :] = price[start + 2] * walk(T - start - 3, 4, volatility=0.01, start=1.0)
    panel = panel_of({"688158.SS": price}, limit=0.10)
    found = study(ledger(launch("a", "2025-06-12T01:00+08:00", ["688158.SS"])), panel, SHORT)
    react = next(line for line in found.table if line.window == "react")
    assert react.censored
    assert react.limit_days == 2
    rows, returns = own_returns(panel, "688158.SS")
    day0 = int(np.flatnonzero(rows == start)[0])
    mean = returns[day0 - 20 : day0 - 5].mean()
    assert react.car_unlocked == pytest.approx(100 * (returns[day0 : day0 + 4] - mean).sum())
    leak = next(line for line in found.table if line.window == "leak")
    assert not leak.censored
    assert leak.car_unlocked == leak.car


@pytest.mark.parametrize(("sealed", "known"), [(21, True), (22, False)])
def test_a_lock_is_followed_for_twenty_sessions_after_the_window(sealed: int, known: bool) -> None:
    """Of a window that ends on day 1 the twentieth session after it is day 21: the last whose close may end the lock."""
    price = walk(T, 2, volatility=0.01)
    start = row("2025-06-12")
    own = [k for k in range(start, T) if GRID[k] in sessions("XSHG", GRID[0], GRID[-1])]
    for k in range(sealed):
        price[own[k] :] = round(price[own[k] - 1] * 1.1, 2)
    price[own[sealed] :] = price[own[sealed] - 1] * walk(T - own[sealed], 4, volatility=0.01, start=1.0)
    panel = panel_of({"688158.SS": price}, limit=0.10)
    found = study(ledger(launch("a", "2025-06-12T01:00+08:00", ["688158.SS"])), panel, SHORT)
    react = next(line for line in found.table if line.window == "react")
    assert react.censored
    assert np.isfinite(react.car_unlocked) == known


def test_the_path_ends_at_the_mean_of_the_windows_that_make_it_up(market: Panel) -> None:
    news = ledger(*(launch(f"l{k}", f"2025-0{k}-12T01:00+08:00", ["0700.HK"]) for k in range(3, 9)))
    found = study(news, market, SHORT)
    assert found.path.offsets.tolist() == list(range(-5, 5))
    assert found.path.mean[-1] == pytest.approx(found.windows["leak"].mean + found.windows["drift"].mean)
    assert (found.path.lower <= found.path.upper).all()


def test_the_clock_variants_shift_day_0_and_date_bare_dates_both_ways(market: Panel) -> None:
    news = ledger(
        *(launch(f"l{k}", f"2025-0{k}-12T00:00+08:00", ["0700.HK"], precision="date") for k in range(3, 9))
    )
    found = clock_variants(news, market, SHORT)
    clocks = list(dict.fromkeys(one.clock for one in found))
    assert len(clocks) == 7
    by = {(one.clock, one.window): one for one in found}
    late = by["bare dates known at the end", "react"]
    assert late.mean == by["as asked", "react"].mean
    # known at the start of the day is one session earlier: the same as moving day 0, except over weekends
    assert by["bare dates known at the start", "react"].mean != late.mean
    # of launches of which only the day is known these are the two ends of their bounds
    assert by["every launch at its latest", "react"].mean == late.mean
    assert (
        by["every launch at its earliest", "react"].mean == by["bare dates known at the start", "react"].mean
    )
    assert len(conclusions(found)) == 3


def test_the_clock_counts_the_returns_of_a_window_whose_sign_it_turns_round(market: Panel) -> None:
    news = ledger(
        *(launch(f"l{k}", f"2025-0{k}-12T01:00+08:00", ["0700.HK", "9988.HK"]) for k in range(3, 9))
    )
    later = study(news, market, replace(SHORT, shift=1)).table
    signs = {(row.launch, row.code, row.window): row.car > 0 for row in study(news, market, SHORT).table}
    turned = Counter(row.window for row in later if signs[row.launch, row.code, row.window] != (row.car > 0))
    found = {
        one.window: one.flips
        for one in clock_variants(news, market, SHORT)
        if one.clock == "day 0 +1 session"
    }
    assert found == {window: turned[window] for window in found}
    assert len(set(found.values())) > 1
    assert sum(found.values()) > 0


def test_a_conclusion_that_hangs_on_the_clock_is_a_sentence() -> None:
    asked = Variant("as asked", "react", 34, 1.6, 0.498, "chance", 0)
    late = Variant("day 0 +1 session", "react", 34, -2.1, 0.02, "real", 30)
    assert conclusions([asked, late]) == (
        "react: +1.60 % (chance), but the mean changes sign with day 0 +1 session"
        " and the verdict becomes real with day 0 +1 session.",
    )
    assert conclusions([asked]) == ("react: +1.60 % (chance) keeps its sign and verdict under every clock.",)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"model": "market"}, "benchmark"),
        ({"model": "peer"}, "peer"),
        ({"model": "capm"}, "use one of"),
        ({"estimation": (-20, 2)}, "before"),
        ({"estimation": (-21, -22)}, "forward"),
        ({"estimation": (-14, -6)}, "at least"),
        ({"windows": {}}, "at least one window"),
        ({"by": ("colour",)}, "use one of"),
        ({"confounds": "hide"}, "use one of"),
    ],
)
def test_options_that_make_no_sense_are_refused(values: dict[str, object], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        StudyOptions(**values)  # type: ignore[arg-type]


def test_the_command_lines_words_are_read() -> None:
    assert parse_span("-120:-21") == (-120, -21)
    assert parse_windows("leak=-5:-1, react=0:1") == {"leak": (-5, -1), "react": (0, 1)}
    assert parse_words("kind, role") == ("kind", "role")


@pytest.mark.parametrize("text", ["react", "react=0", "react=0:1,react=2:3", "a b=0:1"])
def test_windows_that_cannot_be_read_are_quoted_back(text: str) -> None:
    with pytest.raises(ConfigError, match=r"react|a b"):
        parse_windows(text)


@real_data
def test_glm_5_on_real_bars() -> None:
    """Public at 01:18 on 2026-02-12: day 0 is that day; 2513.HK 312.4 → 402.0, one day later the drift is negative."""
    bars = Path(str(REAL)) / "bars"
    every = load_launches()
    glm = replace(every, rows=tuple(one for one in every if one.product == "GLM-5" or one.id == "glm-5"))
    panel = load_panel(
        ["2513.HK", "688158.SS"],
        "2025-12-01",
        "2026-05-07",
        prices=bars,
        options=PanelOptions(bad_bars="suspend"),
    )
    options = StudyOptions(estimation=(-20, -6), windows={"day": (0, 0)}, draws=99)
    found = {line.code: line for line in study(glm, panel, options).table}
    assert found["2513.HK"].day0 == "2026-02-12"
    closes = own_returns(panel, "2513.HK")
    at = int(np.flatnonzero(panel.sessions[closes[0]] == np.datetime64("2026-02-12"))[0])
    assert closes[1][at] == pytest.approx(402.0 / 312.4 - 1)
    mean = closes[1][at - 20 : at - 5].mean()
    assert found["2513.HK"].car == pytest.approx(100 * (402.0 / 312.4 - 1 - mean))
    assert found["688158.SS"].limit_days == 1
    assert found["688158.SS"].censored


@real_data
def test_one_session_of_clock_error_flips_the_sign_of_glm_5s_reaction() -> None:
    """The four codes gained 2026-02-12; taken a session early, day 0 is 02-11 and shows nothing."""
    every = load_launches()
    glm = replace(every, rows=tuple(one for one in every if one.id == "glm-5"))
    codes = ["2513.HK", "688158.SS", "0700.HK", "9988.HK"]
    panel = load_panel(
        codes,
        "2025-12-01",
        "2026-05-07",
        prices=Path(str(REAL)) / "bars",
        options=PanelOptions(bad_bars="suspend"),
    )
    options = StudyOptions(estimation=(-20, -6), windows={"day": (0, 0)}, draws=99)
    mean = {one.clock: one.mean for one in clock_variants(glm, panel, options)}
    assert mean["as asked"] > 10
    assert mean["day 0 −1 session"] < 0


@real_data
@pytest.mark.slow
def test_the_shipped_ledger_is_studied_within_seconds() -> None:
    bars = Path(str(REAL)) / "bars"
    every = load_launches()
    codes = [code for code in every.codes if (bars / f"{code}.csv").exists()]
    panel = load_panel(
        codes, "2022-06-01", "2026-05-28", prices=bars, options=PanelOptions(bad_bars="suspend")
    )
    begun = time.perf_counter()
    found = study(every, panel, StudyOptions(estimation=(-60, -11), by=("kind",)))
    assert time.perf_counter() - begun < 5
    assert found.windows["react"].n >= 20
