"""launchlab: could you have traded the launch, at what fills, and was it more than luck?

The public names are imported when they are first used, so that `import launchlab` stays cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from . import strategies as strategies
    from .data.errors import LaunchlabError as LaunchlabError
    from .data.instruments.table import Instruments as Instruments
    from .data.instruments.table import load_instruments as load_instruments
    from .data.ledger.ledger import Launch as Launch
    from .data.ledger.ledger import Launches as Launches
    from .data.ledger.ledger import load_launches as load_launches
    from .data.market.market import Market as Market
    from .data.market.market import load_market as load_market
    from .data.market.request import MarketRequest as MarketRequest
    from .data.panel.benchmark import Benchmark as Benchmark
    from .data.panel.build import PanelOptions as PanelOptions
    from .data.panel.build import load_panel as load_panel
    from .data.panel.panel import Panel as Panel
    from .engine.backtest.backtest import RunOptions as RunOptions
    from .engine.backtest.backtest import Strategy as Strategy
    from .engine.backtest.backtest import backtest as backtest
    from .engine.config import Config as Config
    from .engine.results.result import Result as Result
    from .engine.results.result import load_result as load_result
    from .engine.study.options import StudyOptions as StudyOptions
    from .engine.study.sensitivity import full_study as study  # noqa: F401
    from .reports.run import write_report as write_report

_WHERE = {
    "LaunchlabError": ".data.errors",
    "Instruments": ".data.instruments.table",
    "load_instruments": ".data.instruments.table",
    "Launch": ".data.ledger.ledger",
    "Launches": ".data.ledger.ledger",
    "load_launches": ".data.ledger.ledger",
    "Market": ".data.market.market",
    "MarketRequest": ".data.market.request",
    "load_market": ".data.market.market",
    "Panel": ".data.panel.panel",
    "PanelOptions": ".data.panel.build",
    "load_panel": ".data.panel.build",
    "Config": ".engine.config",
    "Strategy": ".engine.backtest.backtest",
    "Benchmark": ".data.panel.benchmark",
    "RunOptions": ".engine.backtest.backtest",
    "backtest": ".engine.backtest.backtest",
    "Result": ".engine.results.result",
    "load_result": ".engine.results.result",
    "study": ".engine.study.sensitivity:full_study",
    "StudyOptions": ".engine.study.options",
    "write_report": ".reports.run",
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
