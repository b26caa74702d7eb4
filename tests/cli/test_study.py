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


def test_a_start_cuts_the_events_and_not_the_estimation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    short = ("--draws", "99", "--no-clock", "--windows", "react=0:1")
    for name, start in (("whole", ()), ("late", ("--start", "2026-02-02"))):
        done = launchlab("study", *short, *start, "--end", "2026-02-27", "--out", name)
        assert done.exit_code == 0, done.output
    rows = {
        name: list(csv.DictReader(Path(name, "events.csv").read_text().splitlines()))
        for name in ("whole", "late")
    }
    expected = [row for row in rows["whole"] if row["day0"] >= "2026-02-02"]
    assert len(expected) > 5
    assert rows["late"] == expected
    assert json.loads(Path("late/summary.json").read_text())["options"]["since"] == "2026-02-02"


def test_a_span_without_enough_bars_says_how_many_and_what_to_do(market: Path) -> None:
    done = launchlab("study", *asked(market), "--no-clock")
    assert done.exit_code == 0, done.output
    counted = [line for line in done.output.splitlines() if "not measured: too few returns" in line]
    assert len(counted) == 1
    assert int(counted[0].split()[0]) > 1
    assert counted[0].endswith("such as --estimation -20:-6")


def test_bars_before_the_start_that_cannot_be_read_are_done_without_and_named(market: Path) -> None:
    path = market / "bars" / "2513.HK.csv"
    lines = path.read_text().splitlines()
    lines[2] = lines[2].replace(lines[2].split(",")[4], "9999")  # a close beyond its high
    path.write_text("\n".join(lines) + "\n")
    start = lines[8].split(",")[0]
    done = launchlab("study", *asked(market), *QUICK, "--start", start)
    assert done.exit_code == 0, done.output
    assert f"bars before {start} are not read for estimation: " in done.output
    assert "wrong; repair" in done.output


def test_a_study_s_page_is_not_made_again_and_the_way_to_measure_it_again_is_told(market: Path) -> None:
    out = market / "seen it"
    launchlab("study", *asked(market), *QUICK, "--by", "kind", "--out", out)
    said = faults(launchlab("report", out))
    assert "measure it again: `launchlab study --launches" in said
    assert f"--draws 99 --by kind --estimation -12:-3 --windows react=0:1,drift=2:4 --out '{out}'`" in said
