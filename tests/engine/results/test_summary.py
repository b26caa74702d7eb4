"""What a folder says of itself: typed, read and written in one place, also where 0.1 wrote it."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

import launchlab
from launchlab.data.errors import DataError
from launchlab.engine.results.result import load_result
from launchlab.engine.results.summary import (
    Inputs,
    RunSummary,
    StudySummary,
    SweepSummary,
    read_summary,
)

from ...markets.result_fixture import make_result

BEFORE = Path(__file__).parents[2] / "answers/folders_0_1"
SOURCES = Path(launchlab.__file__).parent


def test_the_folder_of_a_run_that_0_1_wrote_opens() -> None:
    result = load_result(BEFORE / "run")
    summary = result.summary
    assert (summary.kind, summary.launchlab, summary.strategy) == ("run", "0.1.0", "long-short")
    assert (summary.start, summary.end, summary.sessions) == ("2026-02-02", "2026-03-06", 22)
    assert summary.metrics["fills"] == len(result.fills) == 14
    assert summary.parameters["hold"] == 3
    assert summary.inputs is None, "0.1 kept no table of inputs"


def test_the_folder_of_a_sweep_that_0_1_wrote_opens() -> None:
    summary = SweepSummary.read(BEFORE / "sweep")
    assert (summary.points, summary.confirmed, summary.metric) == (6, 1, "sharpe")
    assert summary.grid == {"hold": (1, 2, 3), "stop": (None, 0.05)}
    assert summary.judgement is not None
    assert summary.judgement.label == "unclear"
    assert len(summary.judgement.folds_rolling or ()) == 5
    assert summary.search is None


def test_the_folder_of_a_search_that_0_1_wrote_opens() -> None:
    summary = SweepSummary.read(BEFORE / "search")
    assert summary.search is not None
    assert (summary.search.kind, summary.search.objectives) == ("tpe", ("sharpe",))
    assert (summary.trials, summary.distinct, summary.grid_points) == (6, 5, 12)
    assert summary.judgement is None


def test_the_folder_of_a_study_that_0_1_wrote_opens() -> None:
    summary = StudySummary.read(BEFORE / "study")
    assert (summary.events, summary.launches) == (34, 27)
    assert summary.windows["drift"]["verdict"] == "real"


def test_a_summary_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    asked = Inputs(launches="week.csv", prices="bars", analyzers=("DrawDown",), brokerage={"hk_rate": 0.001})
    summary = dataclasses.replace(make_result(hostile=True).summary, inputs=asked, analyzers={"x": [1, None]})
    summary.write(tmp_path)
    again = RunSummary.read(tmp_path)
    assert again.inputs == asked
    assert again.to_json() == summary.to_json()
    again.write(tmp_path)
    assert read_summary(tmp_path).to_json() == summary.to_json()


def test_a_name_that_is_no_text_of_any_alphabet_can_still_be_written(tmp_path: Path) -> None:
    """A file name that is not UTF-8 reaches Python as lone surrogates."""
    summary = dataclasses.replace(make_result().summary, command="launchlab backtest --prices b\udce9rs")
    summary.write(tmp_path)
    assert '"launchlab backtest --prices b\\udce9rs"' in (tmp_path / "summary.json").read_text()


def test_a_user_reads_a_summary_by_key() -> None:
    summary = make_result().summary
    assert summary["capital"] == summary.capital
    assert dict(summary) == summary.to_json()
    assert "analyzers" not in summary
    assert summary.get("nothing", 3) == 3
    with pytest.raises(KeyError):
        summary["nothing"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"capital": "1000"}, "capital input should be a valid number"),
        ({"capital": 0.0}, "capital 0.0 must be an amount above 0"),
        ({"capital": 1e400}, "capital inf must be an amount above 0"),
        ({"sessions": 2.5}, "sessions input should be a valid integer"),
        ({"metrics": []}, "metrics input should be an object"),
        ({"metrics": {"sharpe": "high"}}, "metrics.sharpe"),
        ({"start": "2027-01-01"}, "must be days in order"),
        ({"end": "soon"}, "must be days in order"),
        ({"periods_per_year": 0.0}, "periods_per_year 0.0"),
        ({"warnings": "none"}, "warnings input should be a valid array"),
        ({"kind": "walk"}, "kind 'walk' is none of run, sweep, study"),
        ({"kind": ["run"]}, "is none of run, sweep, study"),
        ({"inputs": {"prices": 3}}, "inputs.prices input should be a valid string"),
        (
            {"path": {"launches": "2", "sessions": [0], "both": [0.0], "long": [None], "short": [None]}},
            "path.launches input should be a valid integer",
        ),
    ],
)
def test_a_summary_with_a_wrong_value_is_one_sentence_that_names_it(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    text = json.dumps(make_result(sessions=40).summary.to_json() | change)
    (tmp_path / "summary.json").write_text(text)
    with pytest.raises(DataError, match=re.escape(said)) as fault:
        read_summary(tmp_path)
    assert str(tmp_path / "summary.json") in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"null", b"\xff\xfe{}", b"[" * 100_000, b'{"points": 1' + b"0" * 5_000 + b"}"],
)
def test_what_is_no_summary_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "summary.json").write_bytes(content)
    with pytest.raises(DataError, match=r"summary\.json"):
        read_summary(tmp_path)


def test_one_kind_is_not_taken_for_another() -> None:
    with pytest.raises(DataError, match="is the folder of a sweep; name the folder of a run"):
        RunSummary.read(BEFORE / "sweep")
    with pytest.raises(DataError, match="is the folder of a study"):
        SweepSummary.read(BEFORE / "study")


def test_only_the_types_of_summaries_know_the_names_in_the_file() -> None:
    """Sources read attributes: `summary["sharpe"]` has no type, and nothing tells when it is misspelt."""
    by_key = re.compile(r"""summary(?:\[["']|\.get\()""")
    found = [
        f"{path.relative_to(SOURCES)}:{number}"
        for path in SOURCES.rglob("*.py")
        if path.relative_to(SOURCES).parts[0] in ("cli", "data", "engine", "reports", "strategies")
        and path.name != "summary.py"
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if by_key.search(text)
    ]
    assert found == []
