"""What a console and a notebook show of a record: short, honest, and nothing in it can run."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

import launchlab as ll
from launchlab.data.shown import SIMULATED, Shown, Told, as_html, in_lines

from ..markets.result_fixture import HOSTILE, make_result

RECORDS: dict[str, Callable[[Any], Any]] = {
    "Panel": lambda market: market.panel,
    "Market": lambda market: market,
    "Launches": lambda market: market.launches,
    "Launch": lambda market: max(market.launches, key=lambda one: len(one.codes)),
    "Benchmark": lambda market: market.benchmark,
    "MarketRequest": lambda market: market.request,
    "Universe": lambda market: ll.load_universe(),
    "Instruments": lambda market: ll.load_instruments(),
    "Brokerage": lambda market: ll.Brokerage(),
    "Config": lambda market: ll.Config(),
    "RunOptions": lambda market: ll.RunOptions(),
    "PanelOptions": lambda market: ll.PanelOptions(),
    "StudyOptions": lambda market: ll.StudyOptions(),
    "Grid": lambda market: ll.Grid({"hold": tuple(range(1, 5_000)), "stop": (None, 0.05)}),
    "Result": lambda market: ll.backtest("long-short", market, options=ll.RunOptions(engine="compiled")),
    "Orders": lambda market: ll.orders("long-short", market, on="2026-02-11"),
    "Checked": lambda market: ll.check_strategy("long-short", market),
    "Sweep": lambda market: ll.sweep(
        "long-short", {"hold": range(1, 9)}, market, confirm=0, judge=False, page=False
    ),
    "Study": lambda market: ll.study(
        market, ll.StudyOptions(model="mean", estimation=(-30, -11), draws=99), clock=False
    ),
}


class Elements(HTMLParser):
    """Names of the elements of a page, their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def february() -> ll.Market:
    return ll.load_market(start="2025-11-03", end="2026-02-27")


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_prints_a_few_lines(name: str, february: ll.Market) -> None:
    record = RECORDS[name](february)
    assert type(record).__name__ == name
    assert 10 < len(repr(record)) < 1_000
    assert repr(record).count("\n") < 10
    if isinstance(record, Shown):
        page = record._repr_html_()
        assert len(page.encode()) < 50_000
        assert Elements(page).names <= {
            "div",
            "p",
            "strong",
            "table",
            "caption",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
        }
        assert Elements(page).attributes <= {"style", "cellpadding"}
        assert "url(" not in page


def test_no_public_record_is_left_out() -> None:
    public = {name for name in ll.__all__ if isinstance(getattr(ll, name), type)}
    assert public - set(RECORDS) == {"LaunchlabError", "NativeStrategy", "Strategy"}


def test_simulated_prices_are_called_so(february: ll.Market) -> None:
    run = RECORDS["Result"](february)
    for record in (february, february.panel, run, run.summary):
        assert SIMULATED in repr(record)
        assert SIMULATED in record._repr_html_()


def test_the_figures_are_those_of_the_run() -> None:
    result = make_result()
    expected = f"{100 * result.summary.metrics['total_return']:,.2f} %".replace("-", "−")
    text = repr(result)
    assert expected in text
    assert f"{len(result.fills):,} fills" in text
    assert f"{result.summary.start} to {result.summary.end} ({len(result.equity):,})" in text


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_of_a_ledger_stay_text(title: str) -> None:
    row = {
        "id": "a", "announced_at": "2026-02-12T01:18+08:00", "precision": "exact", "company": title, "product": title,
        "kind": "launch", "codes": "2513.HK:pure_play", "source": "https://example.org",
    }  # fmt: skip
    launches = ll.load_launches([row])
    for record in (launches, launches[0]):
        shown = Elements(record._repr_html_())
        assert shown.names <= {"div", "strong", "table", "caption", "thead", "tbody", "tr", "th", "td"}
        assert shown.attributes <= {"style", "cellpadding"}
        visible = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in title)).strip()
        assert visible in shown.text
        assert all(c.isprintable() or c == "\n" for c in repr(record))


def test_a_hostile_run_stays_text() -> None:
    shown = Elements(make_result(hostile=True)._repr_html_())
    assert shown.names.isdisjoint({"script", "img"})
    assert shown.attributes <= {"style", "cellpadding"}


def test_long_tables_say_how_much_is_left_out() -> None:
    page = as_html(Told("many", {}, ("n",), [(n,) for n in range(2_000)]))
    assert "… and 1,988 more" in page
    assert len(page) < 2_000


def test_a_text_without_end_is_cut_and_the_cut_is_seen() -> None:
    assert in_lines(Told("t", {"a": "x" * 5_000})) == "t\n  a: " + "x" * 99 + "…"
