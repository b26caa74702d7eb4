"""The pages in a real browser: quiet, offline, inert, usable, readable."""

import csv
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from launchlab import reports
from launchlab.engine.luck.verdict import Evidence, verdict
from launchlab.reports import write_report

from ..markets.browser import chromium, console, open_page, requests, scroll_through, unreadable, wait_for
from ..markets.result_fixture import HOSTILE, make_result
from ..markets.study_fixture import make_study
from ..markets.sweep_fixture import PARAMETERS, make_points, make_summary

pytestmark = pytest.mark.browser
SHEET = "plain/tearsheet.html"
PAGES = (
    "plain/index.html", "hostile/index.html", "flat/index.html", "index.html", "compare/index.html", "study/index.html",
    "sweep/index.html", SHEET,
)  # fmt: skip
# charts with a still picture; a book has one for each launch's names besides
STILLS = {"plain/index.html": 5 + 24, "study/index.html": 2, "sweep/index.html": 6, "compare/index.html": 1}


# Titles of axes and notes that reach beyond their drawing.
CUT_WORDS = """
return [...document.querySelectorAll(".js-plotly-plot .xtitle, .js-plotly-plot .annotation-text")].filter((words) => {
  const drawing = words.closest("svg").getBoundingClientRect(), box = words.getBoundingClientRect();
  return box.left < drawing.left - 1 || box.right > drawing.right + 1;
}).map((words) => words.textContent)
"""


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
    named = {"plain": make_result(), HOSTILE[0]: make_result(seed=8, hostile=True)}
    reports.write_comparison(named, folder / "compare")
    reports.write_study(make_study(), folder / "study")
    points = make_points().assign(**{HOSTILE[1]: HOSTILE[2]})
    points.loc[points.index[::2], HOSTILE[1]] = HOSTILE[0]
    returns = np.random.default_rng(1).normal(0.0, 0.01, (200, 24))
    found = verdict(Evidence(returns=returns, longest_hold=5, spa=False))
    about = make_summary(strategy=HOSTILE[0], verdict=found.to_json())
    reports.write_sweep(points, (HOSTILE[1], *PARAMETERS), folder / "sweep", summary=about)
    reports.write_runs(folder)
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
@pytest.mark.parametrize("page", PAGES)
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


@pytest.mark.parametrize("page", [page for page in PAGES if not page.startswith("sweep")])
def test_no_words_of_a_chart_are_cut_on_a_phone(browser: Any, site: Path, page: str) -> None:
    open_page(browser, site / page, width=390)
    scroll_through(browser)
    assert browser.execute_script(CUT_WORDS) == []


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
    heading = browser.find_element("css selector", '#launches [data-sort="7"]')
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", heading)
    heading.send_keys("\ue007")
    assert [float(value) for value in column(browser, "launches", 7)] == captured
    heading.send_keys("\ue007")
    assert [float(value) for value in column(browser, "launches", 7)] == captured[::-1]
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


def test_a_chart_zooms_tells_its_values_and_hides_a_line(browser: Any, site: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    open_page(browser, site / "plain/index.html")
    scroll_through(browser)
    plot = browser.find_element("css selector", '[data-figure="equity"]')
    state = "const p = document.querySelector('[data-figure=equity]'); return [p.layout.xaxis.range, p.data[0].visible ?? true]"
    whole, seen = browser.execute_script(state)
    assert seen is True
    ActionChains(browser).move_to_element(plot).perform()
    told = "return [...document.querySelectorAll('[data-figure=equity] .hoverlayer text')].map((node) => node.textContent).join(' ')"
    for _ in range(20):
        text = browser.execute_script(told)
        if "strategy" in text:
            break
        time.sleep(0.1)
    assert "strategy" in text
    ActionChains(browser).move_to_element(plot).click_and_hold().move_by_offset(200, 0).release().perform()
    zoomed, _ = browser.execute_script(state)
    assert whole[0] < zoomed[0] < zoomed[1] < whole[1]
    browser.find_element("css selector", '[data-figure="equity"] .legendtoggle').click()
    for _ in range(20):
        if browser.execute_script(state)[1] == "legendonly":
            break
        time.sleep(0.1)
    assert browser.execute_script(state)[1] == "legendonly"
    assert console(browser) == []


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
    heights = browser.execute_script(
        "return [...document.querySelectorAll('.static svg')].map((svg) => svg.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) > 50


def test_the_checks_of_this_file_see_a_bad_page(browser: Any, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        '<html><body><img src="http://127.0.0.1:9/x.png"><script>console.error("no")</script></body></html>'
    )
    open_page(browser, page)
    assert requests(browser) == ["http://127.0.0.1:9/x.png"]
    assert any('"no"' in message for message in console(browser))
    assert any(finding.startswith("image-alt") for finding in unreadable(browser))


def test_the_sliders_and_lists_of_a_sweep_choose_what_is_drawn(browser: Any, site: Path) -> None:
    points = make_points()
    open_page(browser, site / "sweep/index.html")
    browser.execute_script(
        "const set = (id, value) => { const node = document.getElementById(id); node.value = value;"
        " node.dispatchEvent(new Event('change')); }; set('x', 1); set('y', 2); set('how', 'best');"
        "const wait = document.querySelectorAll('.slider input')[4]; wait.value = 2; wait.dispatchEvent(new Event('input'));"
    )
    drawn = browser.execute_script(
        "const h = document.getElementById('heat').data[0]; return [h.x, h.y, h.z]"
    )
    wanted = points[points["wait"] == 1].groupby("hold")["sharpe"].max()
    assert drawn[0] == [str(hold) for hold in wanted.index]
    assert drawn[1][0] == "none"
    by_hold = [max(column) for column in zip(*drawn[2], strict=True)]
    np.testing.assert_allclose(by_hold, wanted, rtol=1e-6)
    told = browser.find_element("id", "told").text
    assert told.startswith(f"{len(points) // 3} of {len(points)} points")


def test_the_circle_of_a_sweep_marks_its_best_point(browser: Any, site: Path) -> None:
    points = make_points()
    best = points.loc[points["sharpe"].idxmax()]
    open_page(browser, site / "sweep/index.html")
    browser.execute_script(
        "for (const [id, value] of [['x', 1], ['y', 2]]) { const node = document.getElementById(id); node.value = value;"
        " node.dispatchEvent(new Event('change')); }"
    )
    mark = browser.execute_script(
        "const m = document.getElementById('heat').data[1]; return [m.x[0], m.y[0]]"
    )
    assert mark == [str(best["hold"]), "none" if best["stop"] != best["stop"] else f"{best['stop']:g}"]


def test_a_key_moves_a_slider_and_the_map_says_how_many_points_are_left(browser: Any, site: Path) -> None:
    open_page(browser, site / "sweep/index.html")
    entry = browser.find_elements("css selector", ".slider input")[3]
    entry.send_keys("\ue014")
    points = make_points()
    half = int((points["entry"] == "close").sum())
    assert browser.find_element("id", "told").text.startswith(f"{half} of ")
    assert entry.get_attribute("aria-valuetext") == "close"


def cards(browser: Any) -> list[str]:
    """What the cards in view say of themselves, in their order: the mean move."""
    script = "return [...document.querySelectorAll('.card')].filter((card) => !card.hidden).map((card) => card.dataset.moved)"
    found: list[str] = browser.execute_script(script)
    return found


def choose(browser: Any, selector: str, value: str) -> None:
    browser.execute_script(
        "const node = document.querySelector(arguments[0]); node.value = arguments[1];"
        " node.dispatchEvent(new Event('input', {bubbles: true}))",
        selector,
        value,
    )


def test_the_launches_of_a_study_are_ordered_and_filtered(browser: Any, site: Path) -> None:
    open_page(browser, site / "study/index.html")
    moved = [10.0 - i for i in range(14)]
    choose(browser, "[data-order]", "moved")
    assert [float(value) for value in cards(browser)] == moved[::-1]
    choose(browser, "[data-order]", "announced")
    choose(browser, '[data-by="company"]', " ".join(HOSTILE[0].split()))
    assert [float(value) for value in cards(browser)] == moved[::5]
    assert browser.find_element("css selector", "#cards [data-count]").text == "3 of 14 launches"
    choose(browser, '[data-by="company"]', "")
    browser.find_element("css selector", "#cards [data-find]").send_keys("2513.HK")
    assert [float(value) for value in cards(browser)] == moved[1::2]


def test_one_scale_shows_all_launches_in_the_same_units(browser: Any, site: Path) -> None:
    open_page(browser, site / "study/index.html")
    views = "return [...new Set([...document.querySelectorAll('.mini svg')].map((node) => node.getAttribute('viewBox')))].length"
    assert browser.execute_script(views) > 5
    same = browser.find_element("css selector", "[data-same]")
    same.send_keys(" ")
    assert browser.execute_script(views) == 1
    same.send_keys(" ")
    assert browser.execute_script(views) > 5


def test_a_launch_of_a_study_is_enlarged_and_closed_by_the_keyboard(browser: Any, site: Path) -> None:
    open_page(browser, site / "study/index.html")
    button = browser.find_element("css selector", '[data-enlarge="launch-2"]')
    button.send_keys("\ue007")
    drawn = browser.execute_script("return document.getElementById('large-plot').data[0].y")
    assert drawn[15] == 8.0
    assert drawn[2] is None
    assert console(browser) == []
    assert unreadable(browser) == []
    browser.switch_to.active_element.send_keys("\ue00c")
    assert browser.execute_script("return document.getElementById('large').open") is False
    assert browser.execute_script("return document.activeElement.dataset.enlarge") == "launch-2"


def test_the_runs_page_leads_to_every_run(browser: Any, site: Path) -> None:
    open_page(browser, site / "index.html")
    links = [link.get_attribute("href") for link in browser.find_elements("css selector", "#runs a")]
    assert links == [(site / name / "index.html").as_uri() for name in ("flat", "hostile", "plain")]


@pytest.mark.parametrize("page", STILLS)
def test_on_paper_the_still_pictures_stand_for_the_charts(browser: Any, site: Path, page: str) -> None:
    open_page(browser, site / page)
    scroll_through(browser)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    # The page hears of the paper with its next frame: until then it may still show the screen.
    wait_for(browser, ".static svg")
    shown = browser.execute_script(
        "const seen = (name) => [...document.querySelectorAll(name)].map((node) => node.getBoundingClientRect().height);"
        "return [seen('.static svg'), seen('.plot')]"
    )
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert len(shown[0]) >= STILLS[page]
    assert min(shown[0]) > 50
    assert max(shown[1]) == 0


def boxes_of(browser: Any, selector: str) -> list[dict[str, Any]]:
    """The boxes of the elements of a page whose scripts are off; asked again when the driver has numbered its nodes anew."""
    from selenium.common.exceptions import WebDriverException

    for tries_left in (2, 1, 0):
        try:
            tree = browser.execute_cdp_cmd("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
            found = browser.execute_cdp_cmd("DOM.querySelectorAll", {"nodeId": tree, "selector": selector})
            return [
                browser.execute_cdp_cmd("DOM.getBoxModel", {"nodeId": node})["model"]
                for node in found["nodeIds"]
            ]
        except WebDriverException as error:
            if "Could not find node" not in str(error) or not tries_left:
                raise
    return []


@pytest.mark.parametrize("page", STILLS)
def test_a_reader_without_scripts_sees_every_chart(browser: Any, site: Path, page: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        open_page(browser, site / page)
        boxes = boxes_of(browser, "noscript svg.still")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert len(boxes) >= STILLS[page]
    assert min(box["height"] for box in boxes) > 50
