"""The run book: small, the same every time, complete from the Result alone."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from launchlab.engine.results.result import load_result
from launchlab.engine.results.summary import Inputs
from launchlab.reports import write_report
from launchlab.reports.charts.launches import local_time, pack
from launchlab.reports.numbers.capacity import capacity, entry_shares_of_volume
from launchlab.reports.run import rerun, write_book

from ..markets.result_fixture import CAPITAL, make_result


def test_a_run_of_three_years_and_60_launches_is_under_two_megabytes(tmp_path: Path) -> None:
    write_book(make_result(sessions=780, launches=60), tmp_path)
    assert (tmp_path / "index.html").stat().st_size < 2_000_000


def test_a_book_written_again_from_the_saved_folder_is_the_same_bytes(tmp_path: Path) -> None:
    write_report(make_result(sessions=60, launches=6), tmp_path / "a")
    write_book(load_result(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "a/index.html").read_bytes() == (tmp_path / "b/index.html").read_bytes()


def test_a_report_is_the_tables_the_sheet_the_book_and_one_script(tmp_path: Path) -> None:
    write_report(make_result(sessions=40, launches=3), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["fills.csv", "blocks.csv", "equity.csv", "positions.csv", "launches.csv", "fates.csv", "exposure.csv", "hedges.csv", "prices.csv", "comparison.csv",
         "summary.json", "tearsheet.html", "index.html", "plotly.min.js", ".launchlab.json"]
    )  # fmt: skip


@pytest.mark.parametrize("simulated", [True, False])
def test_the_banner_stands_only_over_simulated_data(tmp_path: Path, simulated: bool) -> None:
    result = make_result(sessions=40, launches=3)
    summary = dataclasses.replace(result.summary, simulated=simulated)
    result = dataclasses.replace(result, summary=summary)
    write_book(result, tmp_path)
    assert ("SIMULATED DATA" in (tmp_path / "index.html").read_text(encoding="utf-8")) == simulated


def test_the_rerun_file_is_toml_with_the_tables_the_command_reads() -> None:
    asked = Inputs(brokerage={"hk_rate": 0.0003})
    tables = tomllib.loads(rerun(dataclasses.replace(make_result().summary, inputs=asked)))
    assert tables["strategy"] | {"name": "", "stop": ""} == {
        "name": "", "entry": "open", "hold": 5, "stop": "", "gross": 0.6, "kinds": ["launch", "open-weights"],
    }  # fmt: skip
    assert tables["strategy"]["stop"] == "none"
    assert tables["data"]["currency"] == "HKD"
    assert tables["brokerage"] == {"hk_rate": 0.0003}
    assert tables["run"] == {"engine": "backtrader"}


def test_the_rerun_file_names_the_files_that_were_asked_for() -> None:
    asked = Inputs("my week.csv", "bars", benchmark="none", bad_bars="suspend", analyzers=("DrawDown", "SQN"))
    tables = tomllib.loads(rerun(dataclasses.replace(make_result().summary, inputs=asked, benchmark=None)))
    told = {name: tables["data"].get(name) for name in ("launches", "prices", "bad_bars", "benchmark", "fx")}
    assert told == {
        "launches": "my week.csv", "prices": "bars", "bad_bars": "suspend", "benchmark": "none", "fx": None,
    }  # fmt: skip
    assert tables["run"]["analyzers"] == ["DrawDown", "SQN"]


def test_the_launch_chart_has_the_bars_around_every_order() -> None:
    result = make_result()
    packed = pack(result)
    row = {day: t for t, day in enumerate(packed["sessions"])}
    for launch in packed["launches"]:
        for session, _, code, *_ in launch["fills"] + launch["blocks"]:
            assert row[session] in packed["codes"][code]["t"]
    code = packed["codes"]["688158.SS"]
    bars = result.prices[result.prices["code"] == "688158.SS"].set_index("session")["close"]
    assert [bars[packed["sessions"][t]] for t in code["t"]] == pytest.approx(code["c"])


def test_an_announcement_is_told_on_hong_kong_clocks() -> None:
    assert local_time("2026-02-11T17:18:00+00:00") == "2026-02-12 01:18"
    assert local_time("2026-02-11") == "2026-02-11 00:00"
    assert local_time("soon") == "soon"


def test_capacity_doubles_when_a_run_takes_half_the_share_of_volume() -> None:
    result = make_result()
    share = entry_shares_of_volume(result)
    table = capacity(result).set_index("participation")
    assert table.loc[0.10, "first"] == pytest.approx(CAPITAL * 0.10 / share.max())
    assert table.loc[0.10, "first"] == pytest.approx(2 * table.loc[0.05, "first"])
    assert (table["first"] <= table["tenth"]).all()
    assert (table["tenth"] <= table["half"]).all()


def test_monthly_returns_compound_to_the_total(tmp_path: Path) -> None:
    result = make_result()
    write_book(result, tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    months = page[page.index('class="months"') :]
    monthly = pd.Series(
        [float(v) for v in re.findall(r'data-v="([^"]+)"', months[: months.index("</table>")])]
    )
    assert (1 + monthly).prod() - 1 == pytest.approx(result.summary["metrics"]["total_return"], rel=1e-9)


def test_a_run_that_never_traded_has_a_book(tmp_path: Path) -> None:
    write_book(make_result(flat=True, sessions=30, launches=1), tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Every execution: none." in page


def test_a_run_without_any_launch_has_a_report_that_can_be_read_back(tmp_path: Path) -> None:
    made = make_result(flat=True, sessions=30, launches=1)
    nothing = {name: getattr(made, name).head(0) for name in ("launches", "prices", "blocks")}
    write_report(dataclasses.replace(made, **nothing), tmp_path / "a")
    write_report(load_result(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "a/index.html").read_bytes() == (tmp_path / "b/index.html").read_bytes()
    assert "Every launch of the run: none." in (tmp_path / "a/index.html").read_text(encoding="utf-8")


def test_a_bankrupt_run_has_a_report(tmp_path: Path) -> None:
    made = make_result(sessions=60, launches=6)
    equity = made.equity.copy()
    equity.loc[30:, ["equity", "cash", "long", "short", "gross", "net"]] = 0.0
    write_report(dataclasses.replace(made, equity=equity), tmp_path)
    assert "bankrupt" in (tmp_path / "tearsheet.html").read_text(encoding="utf-8")
