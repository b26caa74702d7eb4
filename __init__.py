"""launchlab: could you have traded the launch, at what fills, and was it more than luck?

The public names are imported when they are first used, so that `import launchlab` stays cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from . import strategies as strategies
    from .cli_folder import write_report as write_report
    from .data.errors import LaunchlabError as LaunchlabError
    from .data.instruments import Instruments as Instruments
    from .data.instruments import load_instruments as load_instruments
    from .data.launches import Launch as Launch
    from .data.launches import Launches as Launches
    from .data.launches import load_launches as load_launches
    from .data.load import PanelOptions as PanelOptions
    from .data.load import load_panel as load_panel
    from .data.panel import Panel as Panel
    from .engine.backtest import Benchmark as Benchmark
    from .engine.backtest import RunOptions as RunOptions
    from .engine.backtest import Strategy as Strategy
    from .engine.backtest import backtest as backtest
    from .engine.config import Config as Config
    from .engine.research.options import StudyOptions as StudyOptions
    from .engine.research.sensitivity import full_study as study  # noqa: F401
    from .engine.result import Result as Result
    from .engine.result import load_result as load_result

_WHERE = {
    "LaunchlabError": ".data.errors",
    "Instruments": ".data.instruments",
    "load_instruments": ".data.instruments",
    "Launch": ".data.launches",
    "Launches": ".data.launches",
    "load_launches": ".data.launches",
    "Panel": ".data.panel",
    "PanelOptions": ".data.load",
    "load_panel": ".data.load",
    "Config": ".engine.config",
    "Strategy": ".engine.backtest",
    "Benchmark": ".engine.backtest",
    "RunOptions": ".engine.backtest",
    "backtest": ".engine.backtest",
    "Result": ".engine.result",
    "load_result": ".engine.result",
    "study": ".engine.research.sensitivity:full_study",
    "StudyOptions": ".engine.research.options",
    "write_report": ".cli_folder",
}

__all__ = [*sorted(_WHERE), "__version__", "strategies"]


def __getattr__(name: str) -> Any:
    if name == "strategies":
        return import_module(".strategies", __name__)
    if name in _WHERE:
        module, _, attribute = _WHERE[name].partition(":")
        value = getattr(import_module(module, __name__), attribute or name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
