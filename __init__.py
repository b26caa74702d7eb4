"""launchlab: could you have traded the launch, at what fills, and was it more than luck?

The public names are imported when they are first used, so that `import launchlab` stays cheap.
"""

from typing import TYPE_CHECKING

from ._version import __version__ as __version__
from .lazy import door, face

if TYPE_CHECKING:
    from . import strategies as strategies
    from .data.calendars.year import calendar_years as calendar_years
    from .data.errors import LaunchlabError as LaunchlabError
    from .data.instruments.table import Instruments as Instruments
    from .data.instruments.table import load_instruments as load_instruments
    from .data.ledger.certainty import certainty as certainty
    from .data.ledger.certainty import open_auctions as open_auctions
    from .data.ledger.hygiene import check_launches as check_launches
    from .data.ledger.ledger import Launch as Launch
    from .data.ledger.ledger import Launches as Launches
    from .data.ledger.ledger import load_launches as load_launches
    from .data.ledger.ledger import reach as reach
    from .data.ledger.sources.imports import import_launches as import_launches
    from .data.ledger.sources.proposals import accept as accept_launches  # noqa: F401
    from .data.ledger.sources.proposals import append as append_launch  # noqa: F401
    from .data.ledger.sources.proposals import read_proposals as read_proposals
    from .data.ledger.sources.revisions import correction as corrected_launch  # noqa: F401
    from .data.market.check import check as check
    from .data.market.check import compare_sources as compare_sources
    from .data.market.fetch import fetch as fetch
    from .data.market.fetch_minutes import fetch_minutes as fetch_minutes
    from .data.market.market import Market as Market
    from .data.market.market import load_market as load_market
    from .data.market.request import MarketRequest as MarketRequest
    from .data.panel.benchmark import Benchmark as Benchmark
    from .data.panel.build import PanelOptions as PanelOptions
    from .data.panel.build import load_panel as load_panel
    from .data.panel.panel import Panel as Panel
    from .data.providers.conformance import check_provider as check_provider
    from .data.rules.brokerage import Brokerage as Brokerage
    from .data.rules.explain.answer import explain as explain_rules  # noqa: F401
    from .data.store.status import store_status as store_status
    from .data.universe.table import load_universe as load_universe
    from .data.universe.universe import Universe as Universe
    from .engine.backtest.backtest import RunOptions as RunOptions
    from .engine.backtest.backtest import Strategy as Strategy
    from .engine.backtest.leaks import Checked as Checked
    from .engine.backtrader.native.plan import NativeStrategy as NativeStrategy
    from .engine.config import Config as Config
    from .engine.orders.order import Orders as Orders
    from .engine.orders.reconcile import reconcile as reconcile
    from .engine.results.result import Result as Result
    from .engine.results.result import load_result as load_result
    from .engine.results.summary import saved_in as saved_runs  # noqa: F401
    from .engine.study.market import study as study
    from .engine.study.options import StudyOptions as StudyOptions
    from .engine.sweeps.grid import Grid as Grid
    from .library.examples import write_examples as write_examples
    from .library.figures import figure as figure
    from .library.figures import figures as figures
    from .library.new_strategy import new_strategy as new_strategy
    from .library.reaction import reaction as reaction
    from .library.reaction import reaction_of as reaction_of
    from .library.sweep import Sweep as Sweep
    from .library.sweep import load_sweep as load_sweep
    from .library.sweep import search as search
    from .library.sweep import sweep as sweep
    from .library.warm import warm as warm
    from .reports.folders import compare as compare
    from .reports.folders import write_reaction as write_reaction
    from .reports.folders import write_study as write_study
    from .reports.folders import write_sweep as write_sweep
    from .reports.run import write_report as write_report
    from .reports.runs import write_runs as write_runs
    from .strategies.loading import cerebro as backtrader  # noqa: F401
    from .strategies.loading.backtest import backtest as backtest
    from .strategies.loading.cerebro import result as result
    from .strategies.loading.cerebro import run_script as run_script
    from .strategies.loading.check import check_strategy as check_strategy
    from .strategies.loading.clocks import clock_bracket as clock_bracket
    from .strategies.loading.clocks import with_clocks as with_clocks
    from .strategies.loading.loading import describe as describe_strategy  # noqa: F401
    from .strategies.loading.loading import strategy_names as strategy_names
    from .strategies.loading.orders import orders as orders

door(f"{__name__}.backtrader", f"{__name__}.strategies.loading.cerebro")
__getattr__, __dir__, __all__ = face(
    __name__,
    {
        "__version__": "._version",
        # facts
        "LaunchlabError": ".data.errors",
        "load_launches": ".data.ledger.ledger",
        "reach": ".data.ledger.ledger",
        "import_launches": ".data.ledger.sources.imports",
        "accept_launches": ".data.ledger.sources.proposals:accept",
        "read_proposals": ".data.ledger.sources.proposals",
        "append_launch": ".data.ledger.sources.proposals:append",
        "corrected_launch": ".data.ledger.sources.revisions:correction",
        "check_launches": ".data.ledger.hygiene",
        "certainty": ".data.ledger.certainty",
        "open_auctions": ".data.ledger.certainty",
        "load_panel": ".data.panel.build",
        "load_market": ".data.market.market",
        "load_instruments": ".data.instruments.table",
        "load_universe": ".data.universe.table",
        "calendar_years": ".data.calendars.year",
        "explain_rules": ".data.rules.explain.answer:explain",
        "fetch": ".data.market.fetch",
        "fetch_minutes": ".data.market.fetch_minutes",
        "check": ".data.market.check",
        "compare_sources": ".data.market.check",
        "store_status": ".data.store.status",
        "check_provider": ".data.providers.conformance",
        "Market": ".data.market.market",
        "MarketRequest": ".data.market.request",
        "Launch": ".data.ledger.ledger",
        "Launches": ".data.ledger.ledger",
        "Panel": ".data.panel.panel",
        "PanelOptions": ".data.panel.build",
        "Instruments": ".data.instruments.table",
        "Universe": ".data.universe.universe",
        "Benchmark": ".data.panel.benchmark",
        "Brokerage": ".data.rules.brokerage",
        # runs
        "backtest": ".strategies.loading.backtest",
        "clock_bracket": ".strategies.loading.clocks",
        "with_clocks": ".strategies.loading.clocks",
        "strategies": ".strategies:",
        "strategy_names": ".strategies.loading.loading",
        "backtrader": ".strategies.loading.cerebro:",
        "result": ".strategies.loading.cerebro",
        "run_script": ".strategies.loading.cerebro",
        "describe_strategy": ".strategies.loading.loading:describe",
        "orders": ".strategies.loading.orders",
        "Orders": ".engine.orders.order",
        "reconcile": ".engine.orders.reconcile",
        "check_strategy": ".strategies.loading.check",
        "Checked": ".engine.backtest.leaks",
        "new_strategy": ".library.new_strategy",
        "write_examples": ".library.examples",
        "Strategy": ".engine.backtest.backtest",
        "NativeStrategy": ".engine.backtrader.native.plan",
        "Config": ".engine.config",
        "RunOptions": ".engine.backtest.backtest",
        "Result": ".engine.results.result",
        "load_result": ".engine.results.result",
        # sweeps
        "sweep": ".library.sweep",
        "search": ".library.sweep",
        "Sweep": ".library.sweep",
        "reaction": ".library.reaction",
        "reaction_of": ".library.reaction",
        "Grid": ".engine.sweeps.grid",
        "load_sweep": ".library.sweep",
        "warm": ".library.warm",
        # measurements
        "study": ".engine.study.market",
        "StudyOptions": ".engine.study.options",
        # pages
        "write_report": ".reports.run",
        "write_study": ".reports.folders",
        "write_reaction": ".reports.folders",
        "write_sweep": ".reports.folders",
        "compare": ".reports.folders",
        "figure": ".library.figures",
        "figures": ".library.figures",
        "saved_runs": ".engine.results.summary:saved_in",
        "write_runs": ".reports.runs",
    },
)
