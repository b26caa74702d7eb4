"""A comparison names every difference, and only differences."""

import dataclasses
import re
from pathlib import Path

import pytest

from launchlab import reports
from launchlab.data.errors import ConfigError
from launchlab.engine.results.result import Result
from launchlab.reports.compare import write_comparison
from launchlab.reports.runs import spark

from ..markets.result_fixture import make_result


def text(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


def with_config(result: Result, **config: object) -> Result:
    summary = dataclasses.replace(result.summary, config={**result.summary.config, **config})
    return dataclasses.replace(result, summary=summary)


def test_two_equal_runs_differ_in_nothing(tmp_path: Path) -> None:
    result = make_result()
    write_comparison({"backtrader": result, "compiled": result}, tmp_path)
    page = text(tmp_path)
    assert "the runs have the same settings" in page
    numbers = re.findall(r'<th scope="row">compiled</th>((?:<td class="n">[^<]*</td>)+)', page)
    assert re.findall(r">([^<]*)</td>", numbers[0]) == [str(len(result.fills)), "0", "0", "0"]


def test_a_changed_option_is_the_only_setting_listed(tmp_path: Path) -> None:
    result = make_result()
    write_comparison({"strict": result, "opened": with_config(result, limit_policy="opened")}, tmp_path)
    page = text(tmp_path)
    settings = page[page.index("What was set differently") : page.index("<h2>Fills</h2>")]
    assert re.findall(r'<th scope="row">([^<]*)</th>', settings) == ["limit_policy"]
    assert re.findall(r"<td>([^<]*)</td>", settings) == ["strict", "opened"]


def test_settings_that_differ_in_a_late_digit_are_told_apart(tmp_path: Path) -> None:
    result = make_result()
    runs = {
        "ten": with_config(result, capital=10_000_000.0),
        "more": with_config(result, capital=10_000_001.0),
    }
    write_comparison(runs, tmp_path)
    page = text(tmp_path)
    settings = page[page.index("What was set differently") : page.index("<h2>Fills</h2>")]
    assert re.findall(r"<td>([^<]*)</td>", settings) == ["10,000,000", "10,000,001"]


def test_one_fill_at_another_price_is_counted_as_such(tmp_path: Path) -> None:
    result = make_result()
    fills = result.fills.copy()
    fills.loc[5, "price"] += 0.01
    moved = dataclasses.replace(result, fills=fills.drop(index=7))
    write_comparison({"a": result, "b": moved}, tmp_path)
    row = re.findall(r'<th scope="row">b</th>((?:<td class="n">[^<]*</td>)+)', text(tmp_path))[0]
    assert re.findall(r">([^<]*)</td>", row) == [str(len(fills) - 2), "1", "1", "0"]


def test_a_difference_too_small_for_its_digits_has_no_sign(tmp_path: Path) -> None:
    result = make_result()
    less = {**result.summary.metrics, "volatility": result.summary.metrics["volatility"] - 1e-6}
    other = dataclasses.replace(result, summary=dataclasses.replace(result.summary, metrics=less))
    write_comparison({"a": result, "b": other}, tmp_path)
    row = re.search(r"<tr[^>]*><th[^>]*>Volatility.*?</tr>", text(tmp_path), re.S)
    assert row is not None
    assert ">0.00 %<" in row[0]
    assert "+0.00" not in row[0]


def test_every_metric_of_every_run_is_on_the_page(tmp_path: Path) -> None:
    runs = {"one": make_result(), "two": make_result(seed=8)}
    write_comparison(runs, tmp_path)
    shown = re.findall(r'data-metric="sharpe" data-value="([^"]*)"', text(tmp_path))
    assert [float(value) for value in shown] == [run.summary["metrics"]["sharpe"] for run in runs.values()]


def test_a_launch_that_no_order_reached_is_not_one_that_brought_nothing(tmp_path: Path) -> None:
    result = make_result()
    blocked, flat = result.launches.copy(), result.launches.copy()
    blocked.loc[0, ["filled_legs", "captured"]] = [0, 0.0]
    flat.loc[0, ["filled_legs", "captured"]] = [2, 0.0]
    runs = {
        "blocked": dataclasses.replace(result, launches=blocked),
        "flat": dataclasses.replace(result, launches=flat),
    }
    write_comparison(runs, tmp_path)
    page = text(tmp_path)
    row = page[page.index(f">{result.launches.loc[0, 'launch']}<") :]
    row = row[: row.index("</tr>")]
    assert re.findall(r">([^<>]*)</td>", row)[-2:] == ["not traded", "0.00 %"]


def test_a_single_run_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at least two runs"):
        write_comparison({"alone": make_result()}, tmp_path)


def test_the_index_lists_runs_and_passes_over_other_folders(tmp_path: Path) -> None:
    result = make_result(sessions=40, launches=3)
    result.save(tmp_path / "a & <b>")
    (tmp_path / "notes").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/summary.json").write_text("[1]")
    reports.write_runs(tmp_path)
    page = text(tmp_path)
    assert '<p class="lede">1 run<' in page
    assert "a &amp; &lt;b&gt;" in page
    assert f'data-v="{result.summary["metrics"]["total_return"]!r}"' in page


def test_an_empty_folder_has_an_index_that_says_so(tmp_path: Path) -> None:
    reports.write_runs(tmp_path)
    assert "No runs here yet" in text(tmp_path)


def test_a_sparkline_needs_two_values_and_stays_inside_its_box() -> None:
    assert spark([1.0]) == ""
    numbers = [float(v) for v in re.findall(r"[\d.]+,([\d.]+)", spark([1.0, 5.0, 3.0]))]
    assert min(numbers) >= 0
    assert max(numbers) <= 26
