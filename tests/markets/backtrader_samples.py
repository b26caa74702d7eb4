"""backtrader's own samples under the rules, and the strategies among them beside stock backtrader.

The samples are others' work under the GPL: they stay where LAUNCHLAB_BACKTRADER_SAMPLES says (the folder `samples` of a
release, with `datas` beside it). Kept here, in `backtrader_samples.csv`, are their names and what came of them.
"""

import csv
import math
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import backtrader as bt
import numpy as np

import launchlab as ll
from launchlab.backtrader import run_script
from launchlab.data.bars.bars import Bars
from launchlab.data.calendars.sessions import sessions
from launchlab.data.errors import ConfigError
from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.build import build_panel
from launchlab.data.panel.panel import Panel
from launchlab.data.rules.ticks import FREE as NO_STEP
from launchlab.engine.backtrader.native.chance import seeded
from launchlab.engine.backtrader.native.result import run_native
from launchlab.engine.config import Config
from launchlab.strategies.loading.loading import build_strategy

from .native_market import stock
from .small_bars import bars
from .small_market import without_costs
from .stock_backtrader import FREE

TABLE = Path(__file__).with_name("backtrader_samples.csv")
CODES = ("0700.HK", "9988.HK", "3690.HK")
CONFIG = Config(capital=1e8, **FREE)  # type: ignore[arg-type]
Trades = Counter[tuple[str, str, bool, float]]


class Sample(NamedTuple):
    """A strategy of a sample run by name with params, or a whole sample with its command line; and what came of it.

    `here` is traded, ran (without a trade), refused or fails; `stock` same or other fills, and runs or fails (bar by bar) where it fails
    here, empty where it is not asked; `said` is part of the error; `why` explains what is refused, fails or has other fills.
    """

    sample: str
    strategy: str
    words: str
    codes: int
    here: str
    stock: str
    said: str
    why: str


def samples() -> list[Sample]:
    """The kept table."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return [Sample(**row | {"codes": int(row["codes"])}) for row in csv.DictReader(lines)]


def place() -> Path | None:
    """The folder of the samples, where there is one."""
    named = os.environ.get("LAUNCHLAB_BACKTRADER_SAMPLES")
    return None if named is None else Path(named).resolve()


def walk(code: str, seed: int) -> Bars:
    """Two years of bars with turns, so that averages cross, and moves large enough for stops and limits."""
    own = sessions("XHKG", "2023-06-01", "2025-06-30").astype(str)
    rng = np.random.default_rng(seed)
    steps = 0.02 * np.sin(np.arange(len(own)) / (7.0 + seed)) + rng.normal(0.0, 0.015, len(own))
    close = np.round(60.0 * np.exp(np.cumsum(steps - steps.mean())), 1)
    opened = np.round(close * np.exp(rng.normal(0.0, 0.006, len(own))), 1)
    high = np.maximum(close, opened) * np.exp(np.abs(rng.normal(0.0, 0.006, len(own))))
    low = np.minimum(close, opened) * np.exp(-np.abs(rng.normal(0.0, 0.006, len(own))))
    table = {"open": opened, "high": np.round(high, 1), "low": np.round(low, 1)}
    return bars(code, own.tolist(), close, volume=rng.integers(100, 900, len(own)) * 1e4, **table)


@cache
def market(codes: int) -> Panel:
    """Shares of one exchange, all to be sold short, without costs, lots and price steps."""
    series = [walk(code, seed) for seed, code in enumerate(CODES[:codes], 1)]
    panel = without_costs(build_panel(series, currency="HKD"))
    one, no_step = np.ones_like(panel.lot_min), np.full_like(panel.tick_table, NO_STEP)
    shortable = np.ones_like(panel.shortable)
    return replace(panel, lot_min=one, lot_step=one, tick_table=no_step, shortable=shortable)


def on_step(price: float, buy: bool) -> float:
    """The price on the finest of our steps, 0.0001, rounded against the trader as the rules do."""
    steps = round(price * 1e4, 3)
    return (math.ceil(steps) if buy else math.floor(steps)) / 1e4


class Executions(bt.Analyzer):  # type: ignore[misc]
    """Shares by session, code, whether they were bought, and price."""

    def start(self) -> None:
        self.found: Trades = Counter()
        self.known: Counter[int] = Counter()

    def notify_order(self, order: Any) -> None:
        for bit in list(order.executed.exbits)[self.known[order.ref] :]:
            self.known[order.ref] += 1
            day = str(bt.num2date(bit.dt).date())
            self.found[day, order.data._name, bit.size > 0, on_step(bit.price, bit.size > 0)] += abs(bit.size)


def outcome(folder: Path, sample: Sample) -> Sample:
    """The same sample as it comes out now, with the whole error in `said`."""
    with silenced(), chdir((folder / sample.sample).parent):
        try:
            found = by_name(folder, sample) if sample.strategy else whole(folder, sample)
        except ConfigError as error:
            failed = error.__cause__ is not None
            here, said = "fails" if failed else "refused", str(error)
            found = Counter()
        else:
            here, said = "traded" if found else "ran", ""
        return sample._replace(here=here, stock=beside(folder, sample, here, found), said=said)


def by_name(folder: Path, sample: Sample) -> Trades:
    """What a strategy trades under the rules."""
    panel = market(sample.codes)
    done = run_native(_built(folder, sample), Launches(), panel, CONFIG)
    found: Trades = Counter()
    for fill in done.run.fills:
        shares = float(fill["shares"])
        price = on_step(float(fill["price"]), shares > 0)
        found[str(panel.sessions[fill["row"]]), panel.codes[fill["code"]], shares > 0, price] += abs(shares)
    return found


def whole(folder: Path, sample: Sample) -> Trades:
    """What a script trades under the rules."""
    on = ll.Market(Launches(), market(sample.codes))
    done = run_script(folder / sample.sample, on, CONFIG, words=sample.words.split())
    found: Trades = Counter()
    for fill in done.fills.itertuples():
        found[str(fill.session), fill.code, fill.shares > 0, fill.price] += abs(fill.shares)
    return found


def beside(folder: Path, sample: Sample, here: str, found: Trades) -> str:
    """How that compares with stock backtrader over the same bars; a whole script has bars of its own there."""
    if not sample.strategy or here == "refused":
        return ""
    bar_by_bar = {"runonce": False} if here == "fails" else {}
    try:
        native = _built(folder, sample)
        asked = {"capital": CONFIG.capital, "values": native.values, "analyzer": Executions}
        with seeded():
            strategy = stock(native.cls, market(sample.codes), **asked, **bar_by_bar)
    except Exception:  # noqa: BLE001 (somebody's own code)
        return "fails"
    if here == "fails":
        return "runs"
    return "same" if strategy.analyzers.executions.found == found else "other"


def _built(folder: Path, sample: Sample) -> Any:
    values = dict(pair.split("=", 1) for pair in sample.words.split())
    return build_strategy(f"{folder / sample.sample}:{sample.strategy}", values)


@contextmanager
def silenced() -> Iterator[None]:
    """Without what samples print."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        yield


TITLES = {
    ("traded", "same"): "traded, with the fills of stock",
    ("traded", "other"): "traded, with other fills than stock",
    ("ran", "same"): "ran, and traded nothing, as on stock",
    ("traded", ""): "traded",
    ("ran", ""): "ran, and traded nothing",
    ("refused", ""): "refused",
    ("fails", ""): "fails by itself",
    ("fails", "fails"): "fails, on stock too",
}


def as_page(kept: Sequence[Sample]) -> str:
    """The kept table as docs/native.md shows it: the strategies by name, then the scripts as a whole."""
    by_name = [one for one in kept if one.strategy]
    scripts = [one for one in kept if not one.strategy]
    return "\n\n".join(
        f"| {title} | why | samples |\n|---|---|---|\n" + "\n".join(_lines(part))
        for title, part in (("a strategy by its name", by_name), ("a whole script", scripts))
    )


def _lines(part: Sequence[Sample]) -> Iterator[str]:
    for outcome, title in TITLES.items():
        came = [one for one in part if (one.here, one.stock) == outcome]
        for why in sorted({one.why for one in came}):
            names = sorted({Path(one.sample).stem for one in came if one.why == why})
            yield f"| {title} | {why} | {', '.join(f'`{name}`' for name in names)} |"
