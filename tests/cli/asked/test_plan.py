"""The plan of a run: what the documented file says, flags over it, and the command that asks for the same."""

import re
import shlex
from pathlib import Path

import pytest

from launchlab.cli.asked.plan import TABLES, Plan, command_line, left_aside, read_plan
from launchlab.data.errors import ConfigError
from launchlab.data.rules.brokerage import Brokerage
from launchlab.engine.config import Config
from launchlab.strategies import LongShort
from launchlab.strategies.loading.loading import build_strategy

from ... import ROOT
from ...markets.cli_fixture import launchlab

DOCUMENT = ROOT / "docs" / "run-file.md"


@pytest.fixture
def documented(tmp_path: Path) -> Path:
    """The file of the documentation."""
    (text,) = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "run.toml"
    path.write_text(text)
    return path


def test_the_documented_file_is_a_plan_and_names_every_option(documented: Path) -> None:
    plan = read_plan(str(documented), {})
    assert plan.market.prices == str(documented.parent / "bars")
    assert (plan.market.start, plan.market.end) == ("2026-01-05", "2026-06-30")
    assert plan.config.pairing == "matched"
    assert plan.brokerage.hk_min == 3.0
    built = build_strategy(plan.strategy, plan.settings)
    assert built == LongShort(hold=5, stop=0.08, longs=("pure_play", "supplier"))
    text = documented.read_text()
    for name in (*Config.model_fields, *Brokerage.model_fields, *plan.market.__dataclass_fields__):
        assert re.search(rf"^{name} = ", text, re.MULTILINE), name
    for name in TABLES["run"] or ():
        assert re.search(rf"^(# )?{name} = ", text, re.MULTILINE), name


def test_flags_win_over_the_file_and_another_strategy_drops_its_parameters(documented: Path) -> None:
    flags = {
        "strategy": "buy-launch",
        "capital": 5e6,
        "start": "2026-02-02",
        "benchmark": "none",
        "end": None,
    }
    plan = read_plan(str(documented), flags, ["hold=9", "config.max_gross=1.5", "brokerage.cn_min=0"])
    assert (plan.strategy, plan.settings) == ("buy-launch", {"hold": "9"})
    assert (plan.config.capital, plan.config.max_gross, plan.brokerage.cn_min) == (5e6, 1.5, 0.0)
    assert (plan.market.start, plan.market.end, plan.market.benchmark) == ("2026-02-02", "2026-06-30", "none")


def test_nothing_given_is_the_plain_command() -> None:
    assert command_line(read_plan(None, {})) == "launchlab backtest"


def test_the_recorded_command_asks_for_the_same_plan(documented: Path) -> None:
    def asked(command: str) -> Plan:
        words = shlex.split(command)[2:]
        flags: dict[str, str] = {}
        settings: list[str] = []
        for option, value in zip(words[::2], words[1::2], strict=True):
            if option == "--set":
                settings.append(value)
            else:
                flags[option.removeprefix("--").replace("-", "_")] = value
        return read_plan(None, flags, settings)

    plan = read_plan(str(documented), {}, ["trail=none"])
    again = asked(command_line(plan))
    assert (again.market, again.config, again.brokerage) == (plan.market, plan.config, plan.brokerage)
    assert build_strategy(again.strategy, again.settings) == build_strategy(plan.strategy, plan.settings)
    assert command_line(again) == command_line(plan)


def test_a_day_written_as_a_time_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text("[data]\nstart = 2026-01-05T10:00:00\n")
    with pytest.raises(ConfigError, match="is not a day"):
        read_plan(str(path), {})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("here", "is a folder, not a file"),
        ("nothing.toml", "there is no such file"),
        ("long" * 80, "no such file"),
    ],
)
def test_what_is_no_file_of_settings_is_one_sentence(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "here").mkdir()
    with pytest.raises(ConfigError, match=said):
        read_plan(str(tmp_path / name), {})


def test_judge_and_clocks_stand_in_a_file_and_in_the_recorded_command(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text("[run]\njudge = true\nclocks = 40\nclock_days = 2.5\n")
    plan = read_plan(str(path), {})
    assert (plan.judge, plan.clocks, plan.clock_days) == (True, 40, 2.5)
    assert command_line(plan) == "launchlab backtest --judge --clocks 40 --clock-days 2.5"
    assert not read_plan(str(path), {"judge": False}).judge
    for wrong, said in (
        ("judge = 1", "true or false"),
        ("clocks = true", "number of draws"),
        ("clocks = 3\nclock_days = 0", "above 0"),
        ("clock_days = 2", "give `clocks` too"),
    ):
        path.write_text(f"[run]\n{wrong}\n")
        with pytest.raises(ConfigError, match=said):
            read_plan(str(path), {})


def test_what_a_command_leaves_aside_of_the_run_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('[run]\nengine = "compiled"\njudge = false\nclocks = 0\nstake = 100\n')
    plan = read_plan(str(path), {})
    (all_three,) = left_aside(plan, "orders")
    assert "`engine`, `stake`, `clocks` of [run]" in all_three
    (two,) = left_aside(plan, "sweep", counts=("analyzers", "sizer", "stake"))
    assert "`engine`, `clocks` of [run]" in two
    path.write_text('[run]\nengine = "backtrader"\njudge = false\n')
    assert left_aside(read_plan(str(path), {}), "orders") == []


@pytest.mark.parametrize(
    "command",
    ["orders --on 2026-02-11", "strategies check buy-launch", "sweep --grid hold=1,2 --quick --out swept"],
)
def test_a_command_says_what_it_leaves_aside(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("run.toml").write_text('[run]\nengine = "compiled"\n')
    words = [*command.split(), "--start", "2026-02-02", "--end", "2026-02-20", "--config", "run.toml"]
    told = launchlab(*words)
    assert told.exit_code == 0, told.output
    assert "without effect: `engine` of [run] in the file" in told.stderr
