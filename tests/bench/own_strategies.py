"""A backtrader strategy of somebody's own under our rules, beside stock backtrader on the same bars, in turn in one run."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import backtrader as bt

from launchlab.data.ledger.launch import Launches
from launchlab.engine.backtest.backtest import on_paper
from launchlab.engine.backtrader.native.plan import NativeStrategy
from launchlab.engine.backtrader.native.result import paper_equity, run_native
from launchlab.engine.config import Config
from launchlab.engine.sweeps.grid import Grid
from launchlab.engine.sweeps.native import NativeSweep
from launchlab.engine.workers.choose import open_runner
from launchlab.engine.workers.runner import spread
from launchlab.strategies.loading.loading import find_strategy
from launchlab.strategies.loading.variants import variants

from .peers import frames
from .table import Row, in_turn
from .workloads import CAPITAL, FEE, Workload, make

STRATEGY = f"{Path(__file__).with_name('crossing.py')}:Crossing"
GRID = {"fast": tuple(range(4, 12)), "slow": (20, 25, 30, 35, 40)}


def _clocked(clock: Callable[[], float], work: Callable[[], Any]) -> Callable[[], float]:
    def run() -> float:
        started = clock()
        work()
        return clock() - started

    return run


def _stock(w: Workload) -> bt.Cerebro:
    """Cerebro over the workload's bars as its manual shows it."""
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.broker.setcash(CAPITAL)
    cerebro.broker.setcommission(FEE)
    for frame in frames(w):
        cerebro.adddata(bt.feeds.PandasData(dataname=frame))
    return cerebro


def rows(rounds: int, *, sweep: bool = True) -> list[Row]:
    """One run, the run with the same orders on paper, and a sweep of 40 points on two processes."""
    w, cls = make("W1"), find_strategy(STRATEGY)
    native, config, nothing = NativeStrategy(cls), Config(capital=CAPITAL), Launches(())
    paper = on_paper(w.panel, config)

    def stock() -> None:
        cerebro = _stock(w)
        cerebro.addstrategy(cls)
        cerebro.run()

    def alone() -> None:
        run_native(native, nothing, w.panel, config)

    def with_paper() -> None:
        alone()
        paper_equity(native, nothing, *paper)

    clock = time.process_time
    contenders = {
        name: _clocked(clock, work)
        for name, work in (("stock", stock), ("alone", alone), ("paper", with_paper))
    }
    in_turn(1, contenders)  # imports what each of them needs
    found = in_turn(rounds, contenders)
    beside = f"stock backtrader: {found['stock']:.2f} s"
    made = [
        Row(
            "own backtrader strategy, 20 codes × 750 sessions",
            f"{found['alone']:.2f} s",
            "1.1 × stock",
            beside,
        ),
        Row("the same with its run on paper", f"{found['paper']:.2f} s", "2 × stock", beside),
    ]
    if sweep:
        made.append(_sweep_row(w, cls, config))
    for row in made:
        print(*row, sep=" | ", flush=True)
    return made


def run_chunk(job: NativeSweep, start: int) -> int:
    """One chunk of the sweep, in a process of its own; how many points it had."""
    return len(job.run(start, min(start + job.chunk_size, len(job.grid))).metrics)


def _sweep_row(w: Workload, cls: type, config: Config) -> Row:
    grid = Grid(GRID)
    job = NativeSweep(variants(STRATEGY, {}, grid.values), grid, Launches(()), w.panel, config, 242.0, 2)

    def ours() -> None:
        with open_runner("processes:2") as runner:
            spread(runner, run_chunk, [job.alone()], range(0, len(grid), job.chunk_size))

    def stock() -> None:
        cerebro = _stock(w)
        cerebro.optstrategy(cls, **GRID)
        cerebro.run(maxcpus=2)

    def spent() -> float:
        now = os.times()
        return now.user + now.system + now.children_user + now.children_system

    found = in_turn(1, {"ours": _clocked(spent, ours), "stock": _clocked(spent, stock)})
    return Row(
        "its sweep of 40 points on two processes",
        f"{found['ours']:.1f} s",
        "1 × `optstrategy`",
        f"`optstrategy`: {found['stock']:.1f} s",
    )
