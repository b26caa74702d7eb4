"""What may be loaded before it is needed: help and `import launchlab` stay cheap."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "numpy", "pandas", "numba", "scipy", "pydantic", "quantstats", "yfinance", "backtrader", "plotly", "matplotlib",
    "exchange_calendars", "pyarrow", "rich", "jinja2", "currency_converter", "tenacity", "arch",
)  # fmt: skip
OURS = {"launchlab", "launchlab._version", "launchlab.lazy"}


def modules_after(code: str, seconds: int = 60) -> set[str]:
    """Names of the modules that a fresh interpreter has loaded after running `code`."""
    program = (
        "import sys\n"
        f"try:\n    exec({code!r})\nexcept SystemExit:\n    pass\n"
        "print('\\n'.join(['MODULES', *sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=seconds
    )
    return set(done.stdout.partition("MODULES\n")[2].split())


def heavy(modules: set[str]) -> set[str]:
    return {name for name in HEAVY if name in modules}


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_the_first_help_loads_nothing_of_ours_but_the_table_of_commands(flag: str) -> None:
    loaded = modules_after(
        f"import sys; sys.argv = ['launchlab', {flag!r}]; from launchlab.cli import main; main()"
    )
    assert {name for name in loaded if name.startswith("launchlab")} == OURS | {
        "launchlab.cli",
        "launchlab.cli.terminal",
        "launchlab.cli.terminal.commands",
    }
    assert not heavy(loaded)


def test_help_loads_no_third_party_module_beside_click() -> None:
    plain = modules_after("import click")
    loaded = modules_after(
        "import sys; sys.argv = ['launchlab', '--help']; from launchlab.cli import main; main()"
    )
    extra = {name.partition(".")[0] for name in loaded - plain} - {"launchlab", "click"}
    assert not {name for name in extra if name not in sys.stdlib_module_names}


@pytest.mark.parametrize(
    "command",
    ["backtest", "strategies", "launches", "rules", "fetch", "check", "study", "sweep", "report", "runs"],
)
def test_the_help_of_a_command_loads_nothing_heavy(command: str) -> None:
    loaded = modules_after(
        f"import sys; sys.argv = ['launchlab', {command!r}, '--help']; from launchlab.cli import main; main()"
    )
    assert not heavy(loaded)


def test_importing_launchlab_loads_nothing_heavy() -> None:
    loaded = modules_after("import launchlab; dir(launchlab)")
    assert not heavy(loaded)
    assert {name for name in loaded if name.startswith("launchlab")} == OURS


def test_every_public_name_can_be_used_and_an_unknown_one_is_an_attribute_error() -> None:
    import launchlab as ll

    for name in ll.__all__:
        assert getattr(ll, name) is not None
    assert ll.strategies.LongShort(hold=5).hold == 5
    with pytest.raises(AttributeError, match="no attribute 'backtset'"):
        ll.backtset  # noqa: B018


def test_a_sweep_of_points_loads_neither_pandas_nor_what_only_other_sweeps_need(tmp_path: Path) -> None:
    ask = ["launchlab", "sweep", "--grid", "hold=1:4", "--grid", "stop=none,0.05", "--quick", "--out"]
    code = (
        f"import sys; sys.argv = {[*ask, str(tmp_path / 'sweep')]!r}; from launchlab.cli import main; main()"
    )
    modules_after(code, 900)  # once, calendars are computed with pandas, and the engine is compiled
    shutil.rmtree(tmp_path / "sweep")
    loaded = modules_after(code)
    assert (tmp_path / "sweep" / "summary.json").is_file()
    assert heavy(loaded) <= {"numpy", "numba", "scipy", "pydantic", "pyarrow", "currency_converter"}
    assert not {
        one for one in loaded if one.startswith(("launchlab.engine.sweeps.native", "launchlab.engine.luck"))
    }
