"""`launchlab backtest` from the shell's side: what it writes, says, refuses and records."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ..markets.cli_fixture import LEDGER, asked, faults, json_of, launchlab, write_market

FILES = {"fills.csv", "blocks.csv", "equity.csv", "positions.csv", "launches.csv", "prices.csv", "comparison.csv",
         "summary.json", "tearsheet.html", "index.html"}  # fmt: skip


@pytest.fixture
def market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_market(tmp_path)


@pytest.fixture
def quick(market: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The market, with runs that write their tables and no pages."""
    monkeypatch.setattr("launchlab.reports.run._write_pages", lambda *_: None)
    return market


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one finished run."""
    market = write_market(tmp_path_factory.mktemp("market"))
    done = launchlab("backtest", *asked(market), "--out", market / "run", "--set", "hold=3", "--verify")
    assert done.exit_code == 0, done.output
    assert str(market / "run" / "index.html") in done.stdout
    return market / "run"


def test_a_run_writes_every_file(run: Path) -> None:
    assert {one.name for one in run.iterdir()} >= FILES
    assert not [one for one in run.parent.iterdir() if one.name.startswith(".run")]


def test_the_news_of_the_night_is_bought_at_that_mornings_open(run: Path) -> None:
    fills = pd.read_csv(run / "fills.csv")
    first = fills[fills["code"] == "2513.HK"].iloc[0]
    assert (first["session"], first["at"], first["price"]) == ("2026-02-12", "open", 340.0)
    assert set(fills[fills["session"] == "2026-02-12"]["code"]) == {"2513.HK", "0700.HK"}


def test_the_summary_names_parameters_benchmark_and_the_command_without_where_it_went(run: Path) -> None:
    summary = json.loads((run / "summary.json").read_text())
    assert summary["parameters"]["hold"] == 3
    assert summary["parameters"]["stop"] is None
    assert summary["benchmark"] == "3033.HK"
    assert summary["simulated"] is False
    assert summary["command"].startswith("launchlab backtest --launches ")
    assert summary["command"].endswith("--set hold=3")


def test_json_on_stdout_is_the_summary_that_was_written_and_two_runs_are_the_same(market: Path) -> None:
    folders = (market / "one", market / "two")
    first, second = (json_of(launchlab("backtest", *asked(market), "--out", f, "--json")) for f in folders)
    assert first == second == json.loads((folders[0] / "summary.json").read_text())
    for one in folders[0].iterdir():
        assert one.read_bytes() == (folders[1] / one.name).read_bytes(), one.name


def test_a_toml_file_holds_a_whole_run_and_flags_win_over_it(quick: Path) -> None:
    (quick / "run.toml").write_text(
        '[data]\nlaunches = "week.csv"\nprices = "bars"\nstart = 2026-02-02\nbenchmark = "none"\n'
        '[strategy]\nname = "buy-launch"\nhold = 4\nroles = ["pure_play"]\n'
        "[config]\ncapital = 2e6\nslippage_bp = 5\n[brokerage]\nhk_rate = 0.001\n"
    )
    done = launchlab("backtest", "--config", quick / "run.toml", "--capital", "3e6", "--set", "wait=0", "--json",
                     "--set", "config.max_gross=1.5")  # fmt: skip
    summary = json_of(done)
    assert summary["strategy"] == "buy-launch"
    assert (summary["parameters"]["hold"], summary["parameters"]["wait"]) == (4, 0)
    assert (summary["capital"], summary["config"]["slippage_bp"]) == (3e6, 5.0)
    assert summary["config"]["max_gross"] == 1.5
    assert summary["benchmark"] is None
    assert summary["start"] == "2026-02-02"
    assert summary["metrics"]["commission"] > 0
    assert "runs/buy-launch-2026-02-02-2026-03-06" in done.stderr


def test_codes_without_bars_are_left_out_and_named(quick: Path) -> None:
    (quick / "bars" / "0700.HK.csv").unlink()
    done = launchlab("backtest", *asked(quick), "--json")
    summary = json_of(done)
    assert "no bars of 0700.HK: 1 of 2 codes are not traded" in done.stderr
    assert "no bars of 0700.HK: 1 of 2 codes are not traded" in summary["warnings"]
    assert summary["metrics"]["fills"] > 0


def test_a_file_without_bars_is_named(quick: Path) -> None:
    (quick / "bars" / "0700.HK.csv").write_text("date,open,high,low,close,volume\n")
    done = launchlab("backtest", *asked(quick), "--json")
    (said,) = json_of(done)["warnings"]
    assert said == "no bars of 0700.HK from 2026-01-26 to 2026-03-06: 1 of 2 codes are not traded"


def test_a_run_without_a_tear_sheet_has_neither_the_sheet_nor_a_link_to_it(market: Path) -> None:
    launchlab("backtest", *asked(market), "--no-tearsheet", "--out", "plain")
    assert not Path("plain/tearsheet.html").exists()
    assert "tearsheet.html" not in Path("plain/index.html").read_text(encoding="utf-8")
    assert "tearsheet.html" not in Path("plain/.launchlab.json").read_text(encoding="utf-8")


def test_figures_are_printed_before_the_pages_are_drawn(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "somewhere/file")

    monkeypatch.setattr("launchlab.reports.write_report", full)
    done = launchlab("backtest", *asked(quick))
    assert "Total return" in done.stdout
    assert "report  " not in done.stdout
    assert "refused to write" in done.stderr


def test_the_first_run_waits_for_no_compiler(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launchlab.engine.machine.code.is_kept", lambda function: False)
    done = launchlab("backtest", *asked(quick), "--engine", "compiled", "--json")
    assert json_of(done)["metrics"]["fills"] > 0
    assert "compiling" not in done.stderr


def test_a_run_says_that_no_brokers_commission_is_in_its_costs(quick: Path) -> None:
    done = launchlab("backtest", *asked(quick), "--json")
    assert json_of(done)["metrics"]["commission"] == 0.0
    assert "none is charged unless you give yours, brokerage.hk_rate" in done.stderr
    given = launchlab("backtest", *asked(quick), "--set", "brokerage.hk_rate=0.0003", "--json", "--out", "b")
    assert json_of(given)["metrics"]["commission"] > 0.0
    assert "none is charged" not in given.stderr


def test_a_full_disk_is_not_called_a_bug(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "somewhere/file")

    monkeypatch.setattr("launchlab.data.market.market.load_market", full)
    said = faults(launchlab("backtest", *asked(quick)))
    assert "refused to write somewhere/file (No space left on device); make room, or write elsewhere" in said


def test_a_run_without_any_order_says_so(quick: Path) -> None:
    done = launchlab("backtest", *asked(quick), "--set", "kinds=rival", "--json")
    (said,) = json_of(done)["warnings"]
    assert said.startswith("nothing was traded: ")
    assert "kind not asked for (add the kind to `kinds`)" in said
    assert "nothing was traded: " in done.stderr
    assert "nothing was traded" not in launchlab("backtest", *asked(quick), "--out", "other").stderr


def test_a_ledger_without_any_bars_is_refused(market: Path) -> None:
    for one in ("0700.HK", "2513.HK"):
        (market / "bars" / f"{one}.csv").unlink()
    assert "has no bars of any code of the ledger: 0700.HK, 2513.HK" in faults(
        launchlab("backtest", *asked(market))
    )


@pytest.mark.parametrize(
    "asked_for",
    [("--benchmark", "^HSI"), ("--launches", "week.csv")],
)
def test_what_the_sample_misses_is_said_without_a_path_inside_the_installation(
    market: Path, asked_for: tuple[str, str]
) -> None:
    (market / "week.csv").write_text(LEDGER.replace("2513.HK", "0005.HK").replace("0700.HK", "0011.HK"))
    said = faults(launchlab("backtest", *asked_for))
    assert "the sample market has no bars of" in said
    assert "--prices" in said
    assert "market.zip" not in said


def test_a_span_much_longer_than_the_bars_is_told(quick: Path) -> None:
    """Of 20 sessions and more before the first bar or after the last one; there are 6 after it here."""
    span = ("--start", "2025-11-03", "--end", "2026-03-16", "--benchmark", "none")
    done = launchlab("backtest", *asked(quick), *span, "--json")
    (said,) = (one for one in json_of(done)["warnings"] if "no code has a bar" in one)
    assert "take `start=2026-01-26`" in said
    assert "take --start 2026-01-26" in done.stderr
    assert "no code has a bar" not in launchlab("backtest", *asked(quick), "--out", "again").stderr


def test_a_benchmark_that_covers_a_part_is_compared_over_it(quick: Path) -> None:
    path = quick / "bars" / "3033.HK.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], *lines[3:]]) + "\n")
    done = launchlab("backtest", *asked(quick), "--json")
    summary = json_of(done)
    said = "the benchmark 3033.HK has bars from"
    assert summary["benchmark"] == "3033.HK"
    assert any(warning.startswith(said) for warning in summary["warnings"])
    assert said in done.stderr
    assert "return_beside_benchmark" in summary["metrics"]
    listed = ("--benchmark", "3033.HK,0700.HK", "--json", "--out", "listed")
    assert json_of(launchlab("backtest", *asked(quick), *listed))["benchmark"] == "0700.HK"
    assert "did you mean" in faults(launchlab("backtest", *asked(quick), "--benchmark", "3034.HK"))


def test_a_benchmark_that_cannot_be_had_stops_only_when_it_was_asked_for(quick: Path) -> None:
    path = quick / "bars" / "3033.HK.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:2]) + "\n")
    done = launchlab("backtest", *asked(quick), "--json")
    assert json_of(done)["benchmark"] is None
    assert "no benchmark: 3033.HK has fewer than two closes" in done.stderr
    assert "3033.HK has fewer" in faults(launchlab("backtest", *asked(quick), "--benchmark", "3033.HK"))


def test_an_old_run_is_replaced_and_a_folder_of_something_else_is_not(quick: Path) -> None:
    out = quick / "run"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    assert "thesis.txt, which launchlab did not write" in faults(
        launchlab("backtest", *asked(quick), "--out", out)
    )
    assert (out / "thesis.txt").read_text() == "years of work"
    (out / "thesis.txt").unlink()
    assert launchlab("backtest", *asked(quick), "--out", out).exit_code == 0
    again = launchlab("backtest", *asked(quick), "--out", out, "--set", "hold=1")
    assert again.exit_code == 0
    assert "holds an older run, which is replaced" in again.stderr
    assert json.loads((out / "summary.json").read_text())["parameters"]["hold"] == 1
    (out / "notes.md").write_text("mine")
    assert "notes.md" in faults(launchlab("backtest", *asked(quick), "--out", out))
    assert (out / "notes.md").read_text() == "mine"


def test_a_fault_half_way_leaves_the_old_run_as_it_was(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = quick / "run"
    assert launchlab("backtest", *asked(quick), "--out", out).exit_code == 0
    before = {one.name: one.read_bytes() for one in out.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("launchlab.reports.run._write_pages", full)
    done = launchlab("backtest", *asked(quick), "--out", out, "--set", "hold=1")
    assert done.exit_code == 2
    assert "No space left on device" in done.stderr
    assert "report  " not in done.stdout
    assert {one.name: one.read_bytes() for one in out.iterdir()} == before
    assert sorted(one.name for one in quick.iterdir()) == ["bars", "run", "week.csv"]


def test_the_report_is_opened_when_asked(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("click.launch", opened.append)
    assert launchlab("backtest", *asked(quick), "--out", "run", "--open").exit_code == 0
    assert opened == [(quick / "run" / "index.html").as_uri()]


WRONG = [
    (("--launches", "nope.csv"), "nope.csv cannot be read"),
    (("--launches", "."), "is a folder, not a file"),
    (("--launches", "empty.csv"), "is empty"),
    (("--prices", "nowhere"), "there is no such file or folder of bars"),
    (("--prices", "week.csv"), "is not a folder or zip of bars"),
    (("--prices", "hollow"), "holds no bars"),
    (("--start", "2026-13-01"), "'2026-13-01' is not a day; write it as 2026-02-12"),
    (("--start", "yesterday"), "is not a day"),
    (("--start", "2026-03-05", "--end", "2026-02-02"), "start must not come after the end"),
    (("--set", "hodl=3"), "did you mean 'hold'"),
    (("--set", "hold"), "is not of the form name=value"),
    (("--set", "hold=many"), "hold must be a whole number"),
    (("--set", "hold=0"), "hold must be from 1 to 1000"),
    (("--set", "capital=5"), "write --set config.capital=5"),
    (("--set", "config.capitol=5"), "did you mean 'capital'"),
    (("--set", "broker.cn_rate=0"), "config or brokerage"),
    (("--set", "brokerage.cn_rat=0"), "did you mean 'cn_rate'"),
    (("--set", "brokerage.cn_rate=lots"), "brokerage: cn_rate"),
    (("--capital", "-1"), "capital"),
    (("--capital", "nan"), "capital"),
    (("--capital", "plenty"), "'plenty' is not a valid float"),
    (("--limit-policy", "lenient"), "'strict', 'opened', 'ignore'"),
    (("--currency", "XYZ"), "XYZ"),
    (("--strategy", "long-shrt"), "did you mean 'long-short'"),
    (("--strategy", "mine.py:Mine"), "there is no such file"),
    (("--config", "nope.toml"), "nope.toml: there is no such file"),
    (("--config", "week.csv"), "not valid TOML"),
    (("--config", "typo.toml"), "did you mean 'data'"),
    (("--config", "flat.toml"), "write [data]"),
    (("--config", "key.toml"), "did you mean 'prices'"),
    (("--instruments", "nope.csv"), "nope.csv"),
    (("--fx", "nope.csv", "--currency", "CNY"), "nope.csv"),
    (("--benchmark", "50% 3033.HK + 20% 0700.HK"), "add up to 70 %"),
    (("--out", "week.csv"), "is a file"),
    (("--out", "long" * 80), "cannot be used"),
    (("--frob",), "No such option"),
    (("surplus",), "surplus"),
]


@pytest.mark.parametrize(("args", "said"), WRONG, ids=[" ".join(args) for args, _ in WRONG])
def test_bad_input_is_one_sentence_and_exit_code_2(market: Path, args: tuple[str, ...], said: str) -> None:
    (market / "empty.csv").write_text("")
    (market / "hollow").mkdir()
    (market / "typo.toml").write_text("[dat]\nprices = 'bars'\n")
    (market / "flat.toml").write_text("data = 3\n")
    (market / "key.toml").write_text("[data]\nprises = 'bars'\n")
    text = faults(launchlab("backtest", *asked(market), *args))
    assert said in text
    assert not (market / "runs").exists()


def test_an_empty_file_of_bars_is_one_sentence(market: Path) -> None:
    (market / "bars" / "2513.HK.csv").write_text("")
    assert "2513.HK.csv is empty; it must hold the columns" in faults(launchlab("backtest", *asked(market)))


def test_wrong_bars_are_all_named_and_can_be_suspended(quick: Path) -> None:
    path = quick / "bars" / "0700.HK.csv"
    path.write_text(path.read_text().replace("2026-02-12,550.00,", "2026-02-12,-550.00,"))
    said = faults(launchlab("backtest", *asked(quick)))
    assert "0700.HK 2026-02-12 error: non_positive" in said
    assert "--bad-bars suspend" in said
    summary = json_of(launchlab("backtest", *asked(quick), "--bad-bars", "suspend", "--json"))
    assert any("0700.HK 2026-02-12 error" in warning for warning in summary["warnings"])


OWN = """\
import os, signal
from dataclasses import dataclass
from launchlab.strategies import LongShort

@dataclass(frozen=True, kw_only=True)
class Mine(LongShort):
    days: int = 2

@dataclass(frozen=True, kw_only=True)
class Broken(LongShort):
    def legs(self, launches, panel):
        return panel.nothing

@dataclass(frozen=True, kw_only=True)
class Slow(LongShort):
    def legs(self, launches, panel):
        os.kill(os.getpid(), signal.SIGINT)
        return super().legs(launches, panel)
"""


def test_a_strategy_of_ones_own_runs_and_is_blamed_for_its_own_faults(quick: Path) -> None:
    (quick / "mine.py").write_text(OWN)
    done = launchlab("backtest", *asked(quick), "--strategy", "mine.py:Mine", "--set", "days=9", "--json")
    assert json_of(done)["parameters"]["days"] == 9
    assert "runs/Mine-2026-01-26-2026-03-06" in done.stderr
    said = faults(launchlab("backtest", *asked(quick), "--strategy", "mine.py:Broken"))
    assert "mine.py line 12: AttributeError" in said


def shell(*args: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "launchlab.cli", *map(str, args)]
    return subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_ctrl_c_ends_with_130_and_one_line_and_leaves_nothing_behind(market: Path) -> None:
    (market / "mine.py").write_text(OWN)
    done = shell("backtest", *asked(market), "--strategy", "mine.py:Slow", cwd=market)
    assert done.returncode == 128 + signal.SIGINT
    assert done.stderr.strip().splitlines()[-1].startswith("launchlab: stopped")
    assert "Traceback" not in done.stderr
    assert not (market / "runs").exists()


BUG = (
    "import launchlab.cli.launches as c; c._read = lambda **k: 1 / 0; from launchlab.cli import main; main()"
)


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_bug_is_called_one_and_shows_its_traceback_only_when_asked(tmp_path: Path, debug: str) -> None:
    program = f"import sys; sys.argv = ['launchlab', 'launches', 'list']; {BUG}"
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | {"LAUNCHLAB_DEBUG": debug}, cwd=tmp_path,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert ("Traceback" in done.stderr) == bool(debug)
    assert ("this is a bug in launchlab" in done.stderr) != bool(debug)
