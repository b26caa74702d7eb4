"""The pages in a real browser: quiet, offline, inert, usable, readable."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import chromium, console, open_page, requests, scroll_through, unreadable
from launchlab.reports.book import write_report
from result_fixture import make_result

pytestmark = pytest.mark.browser
PAGES = ("plain/index.html", "hostile/index.html", "flat/index.html", "plain/tearsheet.html")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_report(make_result(), folder / "plain")
    write_report(make_result(hostile=True, sessions=120, launches=15), folder / "hostile")
    write_report(make_result(flat=True, sessions=60, launches=2), folder / "flat")
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def column(browser: Any, table: str, at: int) -> list[str]:
    script = (
        "return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)].filter((row) => !row.hidden)"
        ".map((row) => row.cells[arguments[1]].dataset.v ?? row.cells[arguments[1]].textContent)"
    )
    found: list[str] = browser.execute_script(script, table, at)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_quiet_and_asks_nothing_of_the_network(browser: Any, site: Path, page: str) -> None:
    open_page(browser, site / page)
    scroll_through(browser)
    assert console(browser) == []
    assert requests(browser) == []


@pytest.mark.parametrize("page", PAGES)
def test_hostile_names_run_nothing(browser: Any, site: Path, page: str) -> None:
    open_page(browser, site / page)
    scroll_through(browser)
    assert browser.execute_script("return window.hacked") is None
    assert browser.execute_script("return document.querySelectorAll('a[href^=\"javascript\"]').length") == 0


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("page", PAGES[:3])
def test_axe_finds_nothing_serious(browser: Any, site: Path, page: str, dark: bool) -> None:
    open_page(browser, site / page, dark=dark)
    scroll_through(browser)
    assert unreadable(browser) == []


@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_never_wider_than_the_window(browser: Any, site: Path, page: str, width: int) -> None:
    open_page(browser, site / page, width=width)
    scroll_through(browser)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_every_figure_on_the_page_is_that_of_the_summary(browser: Any, site: Path) -> None:
    open_page(browser, site / "plain/index.html")
    metrics = json.loads((site / "plain/summary.json").read_text(encoding="utf-8"))["metrics"]
    shown = browser.execute_script(
        "return [...document.querySelectorAll('[data-metric]')].map((node) => [node.dataset.metric, node.dataset.value])"
    )
    assert {key for key, _ in shown} == set(metrics)
    assert [(key, float(value)) for key, value in shown] == [(key, metrics[key]) for key, _ in shown]


def test_every_fill_and_block_of_the_files_is_on_the_page(browser: Any, site: Path) -> None:
    open_page(browser, site / "plain/index.html")
    fills, blocks = rows(site / "plain/fills.csv"), rows(site / "plain/blocks.csv")
    assert column(browser, "fills", 0) == [row["session"] for row in fills]
    assert [float(v) for v in column(browser, "fills", 4)] == [float(row["shares"]) for row in fills]
    assert [float(v) for v in column(browser, "fills", 8)] == [float(row["costs"]) for row in fills]
    assert [float(v) for v in column(browser, "blocks", 5)] == [float(row["wanted"]) for row in blocks]


def test_a_click_on_a_heading_sorts_by_that_column_and_a_second_one_turns_it_round(
    browser: Any, site: Path
) -> None:
    open_page(browser, site / "plain/index.html")
    captured = sorted((float(row["captured"]) for row in rows(site / "plain/launches.csv")), reverse=True)
    heading = browser.find_element("css selector", '#launches [data-sort="6"]')
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", heading)
    heading.send_keys("\ue007")
    assert [float(value) for value in column(browser, "launches", 6)] == captured
    heading.send_keys("\ue007")
    assert [float(value) for value in column(browser, "launches", 6)] == captured[::-1]
    sorted_by = browser.execute_script("return arguments[0].closest('th').ariaSort", heading)
    assert sorted_by == "ascending"


def test_find_and_choose_leave_the_rows_that_fit(browser: Any, site: Path) -> None:
    open_page(browser, site / "plain/index.html")
    blocks = rows(site / "plain/blocks.csv")
    wanted = [row["session"] for row in blocks if row["reason"] == "limit_up"]
    choose = browser.find_element("css selector", '#blocks [data-choose="7"]')
    browser.execute_script(
        "arguments[0].value = 'limit up'; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
        choose,
    )
    assert column(browser, "blocks", 0) == wanted
    find = browser.find_element("css selector", "#blocks [data-find]")
    find.send_keys("no such code")
    assert column(browser, "blocks", 0) == []
    count = browser.find_element("css selector", "#blocks [data-count]")
    assert count.text == f"0 of {len(blocks)} rows"


def test_a_launch_is_drawn_with_its_moments_entries_and_exits(browser: Any, site: Path) -> None:
    open_page(browser, site / "plain/index.html")
    scroll_through(browser)
    browser.execute_script("document.querySelector('[data-pick=L004]').click()")
    drawn = browser.execute_script(
        "const plot = document.getElementById('launch-plot');"
        "return {names: plot.data.map((trace) => trace.name), shapes: plot.layout.shapes.length,"
        " launch: document.getElementById('launch').selectedOptions[0].text}"
    )
    assert drawn["launch"].startswith("L004")
    assert {"price", "entry", "exit"} <= set(drawn["names"])
    assert drawn["shapes"] == 2
    fills = [row for row in rows(site / "plain/fills.csv") if row["launch"] == "L004"]
    assert len(column(browser, "explorer", 0)) >= len(fills)


def test_without_the_script_file_the_still_pictures_are_shown(browser: Any, tmp_path: Path) -> None:
    write_report(make_result(sessions=40, launches=3), tmp_path)
    (tmp_path / "plotly.min.js").unlink()
    open_page(browser, tmp_path / "index.html")
    shown = browser.execute_script(
        "return [...document.querySelectorAll('.static svg')].every((svg) => svg.getBoundingClientRect().height > 50)"
    )
    assert shown


def test_the_checks_of_this_file_see_a_bad_page(browser: Any, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        '<html><body><img src="http://127.0.0.1:9/x.png"><script>console.error("no")</script></body></html>'
    )
    open_page(browser, page)
    assert requests(browser) == ["http://127.0.0.1:9/x.png"]
    assert any('"no"' in message for message in console(browser))
    assert any(finding.startswith("image-alt") for finding in unreadable(browser))
