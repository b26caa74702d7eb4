"""`launchlab study` on a small market: its files, its figures, and what it refuses."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from ..markets.cli_fixture import DAYS, asked, faults, json_of, launchlab, write_market

QUICK = ("--estimation", "-12:-3", "--windows", "react=0:1,drift=2:4", "--draws", "99", "--no-clock")


@pytest.fixture
def market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_market(tmp_path)


def closes(path: Path) -> np.ndarray:
    with path.open() as file:
        return np.array([float(row["close"]) for row in csv.DictReader(file)])


def test_the_mean_model_is_return_less_the_mean_of_its_window(market: Path) -> None:
    out = market / "study"
    summary = json_of(launchlab("study", *asked(market), *QUICK, "--out", out, "--json"))
    rows = list(csv.DictReader((out / "study.csv").read_text().splitlines()))
    found = next(r for r in rows if (r["launch"], r["code"], r["window"]) == ("glm5", "2513.HK", "react"))
    close = closes(market / "bars" / "2513.HK.csv")
    returns = 100 * (close[1:] / close[:-1] - 1)
    day0 = [str(day) for day in DAYS].index("2026-02-12") - 1
    expected = (returns[day0 : day0 + 2] - returns[day0 - 12 : day0 - 2].mean()).sum()
    assert found["day0"] == "2026-02-12"
    assert float(found["car"]) == pytest.approx(expected, rel=1e-12)
    assert summary == json.loads((out / "summary.json").read_text())
    assert (out / "index.html").is_file()


def test_an_index_outside_the_ledger_can_be_the_benchmark(market: Path) -> None:
    bars = market / "bars"
    (bars / "HSI.csv").write_text((bars / "3033.HK.csv").read_text())
    done = launchlab("study", *asked(market), *QUICK, "--model", "market", "--benchmark", "HSI", "--json")
    assert json_of(done)["options"]["model"] == "market"


def test_the_text_shows_windows_and_what_was_not_measured(market: Path) -> None:
    done = launchlab("study", *asked(market), *QUICK, "--by", "kind")
    assert done.exit_code == 0, done.output
    assert "react 0:1" in done.stdout
    assert "2 launches" in done.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--model", "market"), "needs --benchmark"),
        (("--model", "peer"), "needs --peer"),
        (("--model", "market", "--benchmark", "3034.HK"), "no bars of 3034.HK (did you mean '3033.HK'?)"),
        (("--estimation", "120"), "is no span of sessions"),
        (("--estimation", "-3:5"), "must end before"),
        (("--windows", "react"), "name=first:last"),
        (("--by", "kinds"), "did you mean 'kind'"),
        (("--draws", "3"), "bootstrap draws"),
        (("--start", "soon"), "is not a day"),
    ],
)
def test_a_study_that_makes_no_sense_is_one_sentence(market: Path, args: tuple[str, ...], said: str) -> None:
    assert said in faults(launchlab("study", *asked(market), *args))
