"""Our rules in anybody's Cerebro: the names of `launchlab.backtrader`.

>>> import backtrader as bt
>>> from launchlab.backtrader import plug
>>> cerebro = bt.Cerebro()
>>> plug(cerebro, load_market(codes="0700.HK", start="2026-01-02", end="2026-02-27"))
>>> [data._name for data in cerebro.datas]
['0700.HK']
"""

import sys
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from runpy import run_path
from typing import Any

from ...data.addresses import refuse_address
from ...data.doors import is_file
from ...data.errors import ConfigError
from ...data.market.market import Market
from ...engine.backtest.backtest import RunOptions
from ...engine.backtest.plugged import plugged_result
from ...engine.backtrader.native.broker import NativeBroker
from ...engine.backtrader.native.plug import ShareOfNav, plugged, ruled_broker, ruled_feeds
from ...engine.backtrader.native.script import plugging
from ...engine.config import Config
from ...engine.results.result import Result
from .loading import blaming

__all__ = ["ShareOfNav", "broker", "feeds", "plug", "result", "run_script"]


def plug(cerebro: Any, market: Market, config: Config | None = None, *, wait_for_late: bool = True) -> None:
    """Put a backtrader.Cerebro under the rules: its feeds and broker are those of the market, everything else stays.

    Put it before cerebro.run(). The script's first feed becomes the first code of the market, and so on, with its weeks and
    filters; its own bars and the settings of its broker are not used, and a warning says so. ConfigError for what the rules
    cannot allow.

    `wait_for_late` says whether `next()` waits for every share, as backtrader does, also for one that is listed later. Without, it
    waits for those that begin with the first of them; the lines of another are NaN before its first bar, and an indicator counts
    the bars of its own feed. A class that is run by name (`ll.backtest(MyStrategy, …)`) waits for nobody.
    """
    for sentence in plugged(cerebro, broker(market, config, wait_for_late=wait_for_late)):
        warnings.warn(sentence, stacklevel=2)


def feeds(market: Market) -> list[Any]:
    """One feed for each code of the market, for `cerebro.adddata(feed)`; all of them, before any other feed."""
    return list(ruled_feeds(market.panel.without_members()))


def broker(market: Market, config: Config | None = None, *, wait_for_late: bool = True) -> NativeBroker:
    """The broker over the feeds of the same market, for `cerebro.broker = …`; `wait_for_late` as for `plug`."""
    panel = market.panel.without_members()
    return ruled_broker(panel, market.launches, config or Config(), wait_for_late=wait_for_late)


def result(cerebro: Any, *, options: RunOptions | None = None) -> Result:
    """The Result of a plugged Cerebro that has run; it runs again, on paper to compare, and up to some rows to be asked about the future.

    ConfigError for one that is not plugged, has not run, or was optimised; LookAheadError for one that knows the future.
    """
    return plugged_result(cerebro, options)


def run_script(
    path: Path | str,
    market: Market,
    config: Config | None = None,
    *,
    words: Sequence[str] = (),
    options: RunOptions | None = None,
) -> Result:
    """Run a whole script, each Cerebro of it under the rules, and give the Result of the last one that ran.

    `words` are its command line. What it prints goes to stderr, and its plots are not shown. ConfigError where it fails, with its line, or runs no Cerebro.
    """
    place = Path(path)
    refuse_address(place, ConfigError)
    if not is_file(place):
        raise ConfigError(f"{str(place)[:200]}: there is no such file; name the script that runs a Cerebro")

    def put(cerebro: Any) -> None:
        plugged(cerebro, broker(market, config))

    before, folders = sys.argv, list(sys.path)
    with blaming(place, surely=True), plugging(put) as ran, redirect_stdout(sys.stderr):
        sys.argv, sys.path[:0] = [str(place), *words], [str(place.parent.resolve())]
        try:
            run_path(str(place), run_name="__main__")
        except SystemExit as ended:
            if ended.code not in (None, 0):
                raise
        finally:
            sys.argv, sys.path[:] = before, folders
        if not ran:
            raise ConfigError(
                f"{place} ran no Cerebro; call cerebro.run() in it, or name a class with `strategy`"
            )
        return plugged_result(ran[-1], options)
