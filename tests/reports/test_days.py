"""Sessions seen from inside: which days are drawn, what stands in them, and that runs without minutes have none."""

import re
from pathlib import Path

import pytest

import launchlab as ll
from launchlab.engine.results.result import Result, load_result
from launchlab.reports import write_pages, write_report
from launchlab.reports.charts.launches import pack
from launchlab.reports.stills import days as stills


@pytest.fixture(scope="module")
def result() -> Result:
    market = ll.load_market(start="2026-02-02", end="2026-03-31", minutes="sample")
    settings = {"entry": "now", "hold_minutes": 45, "roles": ("pure_play", "supplier", "concept")}
    return ll.backtest(
        "buy-launch",
        market,
        ll.Config(reaction_minutes=5),
        settings=settings,
        options=ll.RunOptions(engine="compiled"),
    )


def drawn(result: Result) -> list[str]:
    return [str(one) for one in stills.day_pictures(result, pack(result))]


def test_each_session_and_code_with_an_order_in_minutes_is_drawn_once(result: Result) -> None:
    inside = {
        (row.session, row.code)
        for table in (result.fills, result.blocks)
        for row in table.itertuples()
        if ":" in row.at
    }
    titles = [re.search(r'aria-label="(\S+) · (\S+): ', one) for one in drawn(result)]
    found = [(title[2], title[1]) for title in titles if title]
    assert len(found) == len(set(found))
    assert set(found) == inside
    assert found == sorted(found)
    assert set(zip(result.minutes["session"], result.minutes["code"], strict=True)) == inside


def test_the_news_stands_in_the_sessions_in_which_it_came_and_in_no_other(result: Result) -> None:
    known = {launch["id"]: launch for launch in pack(result)["launches"]}
    checked = 0
    for picture in drawn(result):
        title = re.search(r'aria-label="\S+ · (\S+): ([^"]*)"', picture)
        assert title is not None
        here = [known[name] for name in title[2].split(", ") if name in known]
        exact = [
            one
            for one in here
            if one["at"][:10] == title[1] and one["precision"] != "date" and not one["between"]
        ]
        assert picture.count('stroke-dasharray="5 4"') == len(exact)
        checked += len(exact)
    assert checked > 0


def test_fills_and_blocks_are_marked(result: Result) -> None:
    marks = sum(one.count("translate(") for one in drawn(result))
    shown = set(zip(result.minutes["session"], result.minutes["code"], strict=True))
    orders = sum(
        (row.session, row.code) in shown
        for table in (result.fills, result.blocks)
        for row in table.itertuples()
    )
    assert marks == orders


def test_bars_that_lie_wholly_on_a_limit_are_shaded(result: Result) -> None:
    bars = result.minutes.merge(
        result.prices[["session", "code", "limit_up", "limit_down"]], on=["session", "code"]
    )
    still = bars[bars["high"] == bars["low"]]
    sealed = still[(still["high"] == still["limit_up"]) | (still["low"] == still["limit_down"])]
    days = set(zip(sealed["session"], sealed["code"], strict=True))
    shaded = {
        (title[2], title[1])
        for one in drawn(result)
        if (title := re.search(r'aria-label="(\S+) · (\S+): ', one)) and "<rect" in one
    }
    assert days
    assert shaded == days


def test_the_page_has_them_and_a_saved_run_writes_the_same_bytes_again(
    result: Result, tmp_path: Path
) -> None:
    write_report(result, tmp_path / "run", sheet=False)
    page = (tmp_path / "run" / "index.html").read_bytes()
    assert page.count(b"Inside the sessions") == 1
    again = load_result(tmp_path / "run")
    assert again.minutes.equals(result.minutes)
    write_pages(again, tmp_path / "run")
    assert b"Inside the sessions" in (tmp_path / "run" / "index.html").read_bytes()


def test_only_so_many_are_drawn_and_the_rest_is_counted(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = len(drawn(result))
    monkeypatch.setattr(stills, "MOST", 2)
    assert len(drawn(result)) == 2
    assert stills.more_days(result) == total - 2


def test_a_run_without_minutes_has_neither_table_nor_pictures(tmp_path: Path) -> None:
    market = ll.load_market(start="2026-02-02", end="2026-03-31")
    result = ll.backtest("buy-launch", market, options=ll.RunOptions(engine="compiled"))
    write_report(result, tmp_path / "run", sheet=False)
    assert not (tmp_path / "run" / "minutes.csv").exists()
    assert "Inside the sessions" not in (tmp_path / "run" / "index.html").read_text(encoding="utf-8")
    assert load_result(tmp_path / "run").minutes.empty
