"""No option is silent: each of every command decides something by itself, or says when it does not.

`ALONE` are options that decide something whatever stands beside them, as far as the data have it; every other has a
case here, in which it is refused or said to be without effect.
"""

from pathlib import Path

import click
import pytest

from ..markets.cli_fixture import faults, launchlab, write_market
from .test_help import ALL

LEDGER = "launches ledger_tz instruments fx calendar"
MARKET = f"{LEDGER} prices codes start end currency bad_bars universe links"
RULES = "capital limit_policy participation slippage_bp reaction_minutes dates_known"
# By command: the options that decide something by themselves; `json` and `out` do in all.
ALONE = {
    "backtest": f"{MARKET} benchmark {RULES} strategy script config engine verify judge clocks tearsheet open set",
    "sweep": f"{MARKET} {RULES} strategy config set grid random search metric top executor runs quick resume yes",
    "orders": f"{MARKET} on holdings strategy config set",
    "strategies check": f"{MARKET} config set",
    "strategies new": "backtrader",
    "launches accept": "all codes suggested from ledger",
    "launches add": "at not_before not_after company product kind codes source note correct ledger",
    "launches check": "launches instruments strategy estimation_days",
    "launches import": "since",
    "launches list": "launches instruments kind",
    "launches map": "launches instruments calendar kind reaction_minutes dates_known",
    "launches proposals": "from status",
    "universe": "on role theme universe instruments",
    "rules": "on prev_close instruments listed_session issue_price",
    "calendar": "exchange year calendar",
    "fetch": "launches start end provider compare path store names minutes refresh instruments",
    "data status": "store instruments",
    "check": "prices store instruments minutes sources",
    "study": f"{LEDGER} prices start end currency bad_bars model estimation windows by at shift confounds draws seed no_clock",
    "report": "open",
    "runs": "page",
}  # fmt: skip
BACKTEST = "backtest --launches week.csv --prices bars --engine compiled --no-tearsheet --set hold=2"
SWEEP = "sweep --launches week.csv --prices bars --out swept --grid hold=1,2"
NATIVE = "backtest --launches week.csv --prices bars --no-tearsheet --strategy own.py:Own"
# What is typed, and a part of the sentence that refuses it.
REFUSED = {
    f"{BACKTEST} --clock-days 2": "--clocks",
    f"{BACKTEST} --minute-stamps start": "--minutes names none",
    f"{BACKTEST} --minutes sample": "these are other --prices",
    f"{BACKTEST} --analyzer DrawDown": "leave it out",
    f"{BACKTEST} --sizer PercentSizer": "leave them out",
    f"{BACKTEST} --stake 100": "leave them out",
    f"{BACKTEST} --give-up 0": "minutes of a session",
    "backtest --ledger-tz Asia/Hong_Kong": "the shipped ledger states them all",
    "backtest --script own.py --pairing matched": "does not see --pairing",
    "backtest --script own.py --minutes sample": "does not see --minutes",
    f"{SWEEP} --quick --confirm 2": "--confirm does nothing beside --quick",
    f"{SWEEP} --quick --page": "--page does nothing beside --quick",
    f"{SWEEP} --seed 2": "--seed does nothing without --random or --search",
    f"{SWEEP} --benchmark 3033.HK": "--benchmark does nothing without --runs",
    f"{SWEEP} --executor processes:2 --threads 2": "--threads does nothing beside --executor processes:2",
    f"{SWEEP} --trials 9": "leave it out of a grid sweep",
    f"{SWEEP} --batch 9": "leave it out of a grid sweep",
    f"{SWEEP} --objective return": "leave it out of a grid sweep",
    f"{SWEEP} --prune median": "leave it out of a grid sweep",
    f"{SWEEP} --storage x.db": "leave it out of a grid sweep",
    "report runs/x --delays 1,5": "--delays is for reaction times",
    f"{SWEEP} --minute-stamps start": "--minutes names none",
    f"{SWEEP} --analyzer DrawDown": "leave it out",
    f"{SWEEP} --sizer PercentSizer": "leave them out",
    f"{SWEEP} --stake 100": "leave them out",
    "orders --json --csv": "--csv does nothing beside --json",
    "orders --minute-stamps start": "--minutes names none",
    "strategies check long-short --minute-stamps start": "--minutes names none",
    "strategies check long-short --sizer PercentSizer": "leave them out",
    "strategies check long-short --stake 100": "leave them out",
    "launches check --prices bars": "--prices does nothing without --strategy",
    "launches check --draws 9": "--draws does nothing without --strategy",
    "launches list --ledger-tz Asia/Hong_Kong": "the shipped ledger states them all",
    "launches map --ledger-tz Asia/Hong_Kong": "the shipped ledger states them all",
    "launches import hf:somebody --mapping news.toml": "no source is a file",
    "launches add x --ledger mine.csv --correct --upper-bound": "--upper-bound does nothing without --at",
    "launches add x --ledger mine.csv --recorded 2026-02-12": "give --correct with it",
    "rules 0700.HK --on 2026-02-12 --price 500": "give all three or none",
    "rules 0700.HK --on 2026-02-12 --side buy": "give all three or none",
    "rules 0700.HK --on 2026-02-12 --shares 100": "give all three or none",
    "rules 0700.HK --on 2026-02-12 --st": "drop --st",
    "fetch 2513.HK --ledger-tz Asia/Hong_Kong": "name the ledger with --launches",
    "fetch 2513.HK --volume-unit lots": "give --path",
    "fetch 2513.HK --accept-adjusted": "give --path",
    "fetch 2513.HK --json --verbose": "leave --verbose out",
    "fetch 2513.HK --sessions 3": "--sessions does nothing without --minutes",
    "fetch 2513.HK --minutes 5 --sessions 3 --start 2026-02-02": "leave one out",
    "fetch 2513.HK --minutes 5 --path bars": "--path does nothing beside --minutes",
    "fetch 2513.HK --minutes 5 --compare yahoo": "--compare does nothing beside --minutes",
    "fetch 2513.HK --minutes 5 --names names.csv": "--names does nothing beside --minutes",
    "check --prices bars --minute-stamps end": "name their folder with --minutes",
    "check --prices bars --minutes sample": "name a folder of minute bars",
    "check --sources --adjusted 2513.HK": "--adjusted does nothing beside --sources",
    "check --sources --errors": "--errors does nothing beside --sources",
    "check --sources --strict": "--strict does nothing beside --sources",
    "study --minute-stamps start": "--minutes names none",
    "study --benchmark 3033.HK": "--benchmark belongs to --model market",
    "study --peer 3033.HK": "--peer belongs to --model peer",
}
# What is typed, and a part of the warning that it is without effect.
SAID = {
    f"{BACKTEST} --minute-price vwap": "--minute-price is for orders that meet minute bars",
    f"{BACKTEST} --give-up 30": "--give-up is for orders that meet minute bars",
    f"{BACKTEST} --exit-on touch": "--exit-on says when stop, target and trail are judged",
    f"{BACKTEST} --strategy buy-launch --pairing matched": "--pairing sizes the shorts",
    "backtest --engine compiled --no-tearsheet --start 2026-02-02 --end 2026-02-20 --set entry=now": "waits for the close of the session",
    "backtest --engine compiled --no-tearsheet --start 2026-02-02 --end 2026-02-20 --set hold_minutes=30": "ends at the close of its session",
    f"{BACKTEST} --set name_cap=0.1 --set adv_capital=1e6": "`name_cap` decides nothing without --set overlap=cap",
    f"{BACKTEST} --strategy buy-launch --set neutral=beta": "`neutral` decides nothing without a `hedge`",
    f"{NATIVE} --exit-on touch --pairing matched --give-up 9": "--give-up is for strategies that return legs",
    f"{SWEEP} --quick --exit-on touch": "--exit-on says when stop, target and trail are judged",
    f"{SWEEP} --quick --pairing matched --strategy buy-launch": "--pairing sizes the shorts",
    f"{SWEEP} --quick --give-up 30 --minute-price worst": "--minute-price is for orders that meet minute bars",
    f"{SWEEP} --quick --grid shrink=0.1,0.2": "`shrink` decides nothing without --set neutral=beta",
    "backtest --engine compiled --no-tearsheet --start 2026-02-02 --end 2026-02-20 --minutes sample": "--minutes serve orders",
}  # fmt: skip
# Said in tests of their own, which need files.
ELSEWHERE = {"futures", "minutes", "shipped"}
NATIVE_FILE = """\
import backtrader as bt


class Own(bt.Strategy):
    def next(self):
        self.order_target_percent(self.data, 0.1)
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCHLAB_STORE", str(tmp_path / "store"))
    (tmp_path / "own.py").write_text(NATIVE_FILE)
    return write_market(tmp_path)


@pytest.mark.parametrize("command", [name for name, one in ALL.items() if not isinstance(one, click.Group)])
def test_each_option_decides_something_or_has_a_case(command: str) -> None:
    alone = {"json", "out", *ALONE.get(command, "").split()}
    cases = [typed.split() for typed in (*REFUSED, *SAID) if typed.startswith(f"{command} ")]
    for option in ALL[command].params:
        if isinstance(option, click.Option):
            flag = option.opts[-1]
            name = flag.removeprefix("--").replace("-", "_")
            shown = name in alone or name in ELSEWHERE or any(flag in words for words in cases)
            assert shown, f"{command} {flag}: add a case in which it has no effect, or say that there is none"


@pytest.mark.parametrize("typed", REFUSED)
def test_an_option_without_effect_is_refused(typed: str, here: Path) -> None:
    assert REFUSED[typed] in " ".join(faults(launchlab(*typed.split())).split())


@pytest.mark.parametrize("typed", SAID)
def test_an_option_without_effect_is_said(typed: str, here: Path) -> None:
    done = launchlab(*typed.split())
    assert done.exit_code == 0, done.output
    assert SAID[typed] in done.stderr


def test_a_ledger_of_ones_own_does_not_begin_with_the_shipped_launches(here: Path) -> None:
    (here / "news.csv").write_text(
        "day,maker,what,link\n2026-03-02T01:18+08:00,Zhipu,GLM-6,https://example.org\n"
    )
    columns = {"announced_at": "day", "company": "maker", "product": "what", "source": "link"}
    (here / "news.toml").write_text("[columns]\n" + "\n".join(f'{k} = "{v}"' for k, v in columns.items()))
    assert launchlab("launches", "import", "file:news.csv", "--mapping", "news.toml").exit_code == 0
    accepted = ("launches", "accept", "--all", "--shipped", "--ledger")
    assert "begins a new ledger" in faults(launchlab(*accepted, "week.csv"))
    assert launchlab(*accepted, "new.csv").exit_code == 0
