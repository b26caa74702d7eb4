"""`launchlab report` and `launchlab runs`: pages of saved runs."""

import json
import shutil
from pathlib import Path

import pytest

from ..markets.cli_fixture import asked, faults, json_of, launchlab, write_market


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runs `strict` and `late`."""
    market = write_market(tmp_path_factory.mktemp("market"))
    for name, hold in (("strict", 3), ("late", 5)):
        out = market / "runs" / name
        assert launchlab("backtest", *asked(market), "--out", out, "--set", f"hold={hold}").exit_code == 0
    return market / "runs"


@pytest.fixture
def runs(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "runs"))


def test_the_pages_of_a_saved_run_are_written_again_with_the_same_bytes(runs: Path) -> None:
    page = runs / "strict" / "index.html"
    before = {one.name: one.read_bytes() for one in page.parent.iterdir()}
    page.write_text("damaged")
    done = launchlab("report", page.parent)
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(page)
    assert {one.name: one.read_bytes() for one in page.parent.iterdir()} == before


def test_runs_are_compared_on_one_page(runs: Path) -> None:
    out = runs.parent / "both"
    done = launchlab("report", "compare", runs / "strict", runs / "late", "--out", out)
    assert done.exit_code == 0, done.output
    text = (out / "index.html").read_text()
    assert "strict" in text
    assert "late" in text
    again = launchlab("report", "compare", runs / "strict", runs / "late", "--out", out)
    assert again.exit_code == 0, "a comparison may be written again"


def test_runs_are_listed_by_name_and_other_folders_passed_over(runs: Path) -> None:
    (runs / "notes").mkdir()
    found = json_of(launchlab("runs", runs, "--json"))
    assert [Path(one["run"]).name for one in found] == ["late", "strict"]
    summary = json.loads((runs / "late" / "summary.json").read_text())
    assert found[0]["sharpe"] == summary["metrics"]["sharpe"]
    lines = launchlab("runs", runs).stdout.splitlines()
    assert len(lines) == 3


def test_a_page_over_the_runs_is_written_when_asked(runs: Path) -> None:
    done = launchlab("runs", runs, "--page")
    assert done.exit_code == 0
    text = (runs / "index.html").read_text()
    assert "strict/index.html" in text


def test_what_is_not_a_run_is_one_sentence(runs: Path) -> None:
    assert "there is no such file" in faults(launchlab("report", runs / "nothing"))
    assert "at least two runs" in faults(launchlab("report", "compare", runs / "strict"))
    assert "one run at a time" in faults(launchlab("report", runs / "strict", runs / "late"))
    assert "is not a folder" in faults(launchlab("runs", runs / "nothing"))
    (runs / "seen").mkdir()
    (runs / "seen" / "study.csv").write_text("launch\n")
    assert "is the folder of a study" in faults(launchlab("report", runs / "seen"))
    (runs / "empty").mkdir()
    assert "holds no runs" in faults(launchlab("runs", runs / "empty"))
    (runs / "late" / "summary.json").write_text("{")
    assert "not valid JSON" in faults(launchlab("report", runs / "late"))


def test_report_draws_the_map_of_a_finished_sweep_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    launchlab("sweep", "--grid", "hold=1:4", "--grid", "gross=0.2,0.4", "--out", "s", "--confirm", "0")
    before = (tmp_path / "s" / "index.html").unlink(missing_ok=True)
    assert before is None
    launchlab("report", "s")
    assert "hold" in (tmp_path / "s" / "index.html").read_text(encoding="utf-8")
