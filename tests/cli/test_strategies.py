"""`launchlab strategies`: the list, the question about the future, and a file to start from."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import launchlab as ll

from .. import ROOT
from ..markets.cli_fixture import launchlab

LEAKY = '''
from dataclasses import dataclass
from launchlab.strategies import Intent, TradeRules

@dataclass(frozen=True, kw_only=True)
class Mine(TradeRules):
    """Buys what rises."""

    def legs(self, launches, panel):
        rows = self.entry_rows(launches, panel)
        wishes = []
        for k, launch in enumerate(launches):
            for code in [panel.column(c.code) for c in launch.codes if c.code in panel]:
                t = int(rows[k, panel.exchange_of[code]])
                if 1 < t < len(panel) and panel.close[t, code] > panel.open[t, code]:
                    wishes.append(Intent(k, code, 1, 0.1, t))
        return self.to_legs(wishes, panel)
'''
SPAN = ("--start", "2026-02-02", "--end", "2026-02-27")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_strategy_that_knows_the_future_ends_with_its_line_and_exit_code_2(folder: Path) -> None:
    (folder / "mine.py").write_text(LEAKY)
    done = launchlab("strategies", "check", "mine.py:Mine", *SPAN)
    assert done.exit_code == 2
    assert (
        "mine.py line 15: if 1 < t < len(panel) and panel.close[t, code] > panel.open[t, code]:"
        in done.stdout
    )
    assert "mine.py:Mine knows the future" in done.stderr
    told = json.loads(launchlab("strategies", "check", "mine.py:Mine", *SPAN, "--json").stdout)
    assert not told["clean"]
    assert told["leaks"][0]["line"] == "mine.py line 15"


def test_a_clean_strategy_is_said_to_be_clean(folder: Path) -> None:
    done = launchlab("strategies", "check", "buy-launch", "--set", "hold=3", *SPAN)
    assert done.exit_code == 0
    assert "buy-launch does not know the future: asked" in done.stdout


@pytest.mark.parametrize(
    "words", [("check", "nothing.py:Mine"), ("check", "long-shrt"), ("check",), ("new",)]
)
def test_what_cannot_be_checked_is_one_sentence(folder: Path, words: tuple[str, ...]) -> None:
    done = launchlab("strategies", *words)
    assert done.exit_code == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_names_are_shown_as_ever(folder: Path) -> None:
    assert (
        launchlab("strategies", "fade-gap", "--json").stdout
        == launchlab("strategies", "--json", "fade-gap").stdout
    )
    assert launchlab("strategies").stdout.startswith("long-short — ")


@pytest.mark.parametrize("flags", [(), ("--backtrader",)], ids=["legs", "backtrader"])
def test_a_new_strategy_runs_at_once_and_is_never_written_over(folder: Path, flags: tuple[str, ...]) -> None:
    done = launchlab("strategies", "new", "gap-fader", *flags)
    assert done.exit_code == 0
    assert done.stdout.split() == ["gap_fader.py", "test_gap_fader.py"]
    assert launchlab("strategies", "gap_fader.py:GapFader").exit_code == 0
    market = ll.load_market(start="2026-02-02", end="2026-02-27")
    assert ll.backtest("gap_fader.py:GapFader", market).summary.foresight
    again = launchlab("strategies", "new", "GapFader")
    assert again.exit_code == 2
    assert "is there already" in again.stderr


@pytest.mark.slow
@pytest.mark.parametrize("kind", [False, True], ids=["legs", "backtrader"])
def test_the_tests_of_a_new_strategy_pass(folder: Path, kind: bool) -> None:
    ll.new_strategy("gap-fader", folder, backtrader=kind)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT.parent), "PATH": "", "HOME": str(folder)},
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["", "1st", "../up", "class", "test_me", "a b", "x" * 300 + "/"])
def test_a_name_that_cannot_be_a_file_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(ll.LaunchlabError, match="cannot name a strategy"):
        ll.new_strategy(name, folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("con", "device"),
        ("AUX", "device"),
        ("lpt1", "device"),
        ("random", "the module random"),
        ("Pandas", "the module pandas"),
    ],
)
def test_a_starting_file_is_no_device_and_hides_no_module(folder: Path, name: str, said: str) -> None:
    with pytest.raises(ll.LaunchlabError, match=said):
        ll.new_strategy(name, folder)
    assert list(folder.iterdir()) == []
