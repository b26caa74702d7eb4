"""`launchlab report` and `launchlab runs`: pages of saved runs."""

import json
import shutil
from pathlib import Path

import pytest

from launchlab.reports import write_report
from launchlab.reports.tearsheet import SHORTEST

from ..markets.cli_fixture import faults, json_of, launchlab
from ..markets.result_fixture import make_result

BEFORE = Path(__file__).parents[1] / "answers/folders_0_1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runs `strict` and `late`, too short for a tear sheet, which takes seconds."""
    runs = tmp_path_factory.mktemp("market") / "runs"
    for name, seed in (("strict", 3), ("late", 5)):
        write_report(make_result(sessions=SHORTEST - 1, launches=2, seed=seed), runs / name)
    return runs


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
    assert "nothing is not there" in faults(launchlab("report", runs / "nothing"))
    assert "is a file; name the folder" in faults(launchlab("report", runs / "late" / "fills.csv"))
    assert "cannot be used" in faults(launchlab("report", "long" * 80))
    assert "is not there" in faults(launchlab("report", "a\0b"))
    assert "at least two runs" in faults(launchlab("report", "compare", runs / "strict"))
    assert "one run at a time" in faults(launchlab("report", runs / "strict", runs / "late"))
    assert "is not a folder" in faults(launchlab("runs", runs / "nothing"))
    (runs / "seen").mkdir()
    shutil.copy(BEFORE / "study" / "summary.json", runs / "seen")
    assert "holds a study, and its tables do not hold all that its page shows; measure it again" in faults(
        launchlab("report", runs / "seen")
    )
    (runs / "empty").mkdir()
    assert "holds no runs" in faults(launchlab("runs", runs / "empty"))
    (runs / "late" / "summary.json").write_text("{")
    assert "not valid JSON" in faults(launchlab("report", runs / "late"))


def test_the_page_that_a_run_ends_with_names_its_folder(runs: Path) -> None:
    """`backtest` prints the path of the page: it may be handed on as it is."""
    page = runs / "strict" / "index.html"
    assert launchlab("report", page).stdout.strip() == str(page)
    out = runs.parent / "both"
    done = launchlab("report", "compare", page, runs / "late" / "summary.json", "--out", out)
    assert done.exit_code == 0, done.output
    assert "strict" in (out / "index.html").read_text()


def test_two_runs_of_one_name_are_told_apart_by_their_folders(runs: Path) -> None:
    shutil.copytree(runs / "strict", runs.parent / "other" / "strict")
    out = runs.parent / "both"
    done = launchlab("report", "compare", runs / "strict", runs.parent / "other" / "strict", "--out", out)
    assert done.exit_code == 0, done.output
    assert "other/strict" in (out / "index.html").read_text()


def test_a_users_own_files_in_a_run_stay_when_its_pages_are_written_again(runs: Path) -> None:
    (runs / "strict" / "notes.txt").write_text("mine")
    assert launchlab("report", runs / "strict").exit_code == 0
    assert (runs / "strict" / "notes.txt").read_text() == "mine"


def test_a_comparison_is_not_written_over_a_users_page(runs: Path) -> None:
    out = runs.parent / "site"
    out.mkdir()
    (out / "index.html").write_text("mine")
    said = faults(launchlab("report", "compare", runs / "strict", runs / "late", "--out", out))
    assert "index.html, which launchlab did not write" in said
    assert (out / "index.html").read_text() == "mine"


def test_the_page_over_runs_is_not_written_over_a_users_or_a_sweeps(runs: Path) -> None:
    (runs / "index.html").write_text("mine")
    assert "was not written by launchlab" in faults(launchlab("runs", runs, "--page"))
    assert (runs / "index.html").read_text() == "mine"
    (runs / "index.html").unlink()
    assert launchlab("runs", runs, "--page").exit_code == 0
    assert launchlab("runs", runs, "--page").exit_code == 0, "our own page may be written again"
    shutil.copytree(BEFORE / "sweep", runs / "sweep")
    shutil.copytree(runs / "late", runs / "sweep" / "top-1")
    assert "is itself the folder of a sweep" in faults(launchlab("runs", runs / "sweep", "--page"))


def test_sweeps_and_studies_are_listed_and_hidden_folders_are_not(runs: Path) -> None:
    for name in ("sweep", "study"):
        shutil.copytree(BEFORE / name, runs / name)
    shutil.copytree(runs / "late", runs / ".part-killed")
    rows = {Path(row["run"]).name: row for row in json_of(launchlab("runs", runs, "--json"))}
    assert {name: row["kind"] for name, row in rows.items()} == {
        "late": "run", "strict": "run", "study": "study", "sweep": "sweep",
    }  # fmt: skip
    assert (rows["sweep"]["points"], rows["sweep"]["verdict"]) == (6, "unclear")
    assert rows["study"]["windows"] == {"leak": "chance", "react": "chance", "drift": "real"}
    said = launchlab("runs", runs, "--page").stdout
    assert "the best of 6: unclear" in said
    page = (runs / "index.html").read_text()
    assert "drift real" in page
    assert ".part-killed" not in page + said


def test_a_damaged_run_among_others_is_named_and_the_others_listed(runs: Path) -> None:
    (runs / "late" / "summary.json").write_text("{")
    done = launchlab("runs", runs, "--json")
    assert [Path(row["run"]).name for row in json_of(done)] == ["strict"]
    assert "late/summary.json: not valid JSON" in done.stderr


def test_report_draws_the_map_of_a_finished_sweep_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    launchlab("sweep", "--grid", "hold=1:4", "--grid", "gross=0.2,0.4", "--out", "s", "--confirm", "0")
    before = (tmp_path / "s" / "index.html").unlink(missing_ok=True)
    assert before is None
    launchlab("report", "s")
    assert "hold" in (tmp_path / "s" / "index.html").read_text(encoding="utf-8")
