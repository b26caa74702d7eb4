"""Sentences about what a loaded market leaves out or thins out."""

from collections.abc import Sequence

import numpy as np

from ..ledger.launch import Launches
from ..panel.benchmark import Benchmark
from ..panel.panel import TRADING, Panel
from ..panel.reach import first_rows
from .source import few

MANY_IDLE = 20  # sessions at either end of a panel without any bar: a warning


def left_outside(launches: Launches, panel: Panel) -> tuple[str, ...]:
    """A sentence naming the launches that no session of the panel can answer; none for the shipped ledger.

    A launch answered at the panel's first session counts: nothing is known before it to size an order with.
    """
    if not launches.path:
        return ()
    rows = first_rows(launches, panel, "open")
    missed: list[str] = []
    for k, launch in enumerate(launches):
        columns = [panel.column(one.code) for one in launch.codes if one.code in panel]
        reached = [rows[k, panel.exchange_of[i]] for i in columns]
        if reached and not any(0 < row < len(panel) for row in reached):
            missed.append(launch.id)
    if not missed:
        return ()
    told = f"{len(missed)} of {len(launches)} launches cannot be traded from {panel.sessions[0]} to {panel.sessions[-1]}"
    return (f"{told}, which needs a session before and one after the news: {few(missed)}",)


def shorter_benchmarks(panel: Panel, chosen: Benchmark, tried: Sequence[Benchmark]) -> tuple[str, ...]:
    """Sentences about a benchmark that does not cover the panel, and about those before it in the list that cover less."""
    before = tried[: [one is chosen for one in tried].index(True)]
    told = [f"{_covers(panel, one)}: {chosen.name} takes its place" for one in before]
    if not chosen.is_whole:
        first, last = chosen.span
        beside = f"it is compared over these {last - first + 1:,} of {len(panel):,} sessions"
        told.append(f"{_covers(panel, chosen)}: {beside}")
    return tuple(told)


def _covers(panel: Panel, benchmark: Benchmark) -> str:
    first, last = benchmark.span
    return (
        f"the benchmark {benchmark.name} has bars from {panel.sessions[first]} to {panel.sessions[last]} only"
    )


def without_bars(panel: Panel) -> tuple[str, ...]:
    """A sentence naming the codes whose files have no bar within the panel."""
    traded = (panel.status == TRADING).any(axis=0)
    named = zip(panel.codes, traded, strict=True)
    idle = [code for code, some in named if not some and code not in panel.beside]
    if not idle:
        return ()
    span = f"from {panel.sessions[0]} to {panel.sessions[-1]}"
    return (
        f"no bars of {few(idle)} {span}: {len(idle)} of {len(panel.codes) - len(panel.beside)} codes are not traded",
    )


def idle_ends(panel: Panel) -> tuple[str, ...]:
    """Sentences about long spans before the first bar and after the last, which thin out every yearly figure."""
    traded = np.flatnonzero((panel.status == TRADING).any(axis=1))
    if not len(traded):
        return ()
    days, first, last = panel.sessions, int(traded[0]), int(traded[-1])
    idle = "cash that waits there thins out every yearly figure"
    said = []
    if first >= MANY_IDLE:
        said.append(
            f"no code has a bar in the first {first:,} sessions; {idle}, so take `start={days[first]}`"
        )
    if len(panel) - 1 - last >= MANY_IDLE:
        said.append(
            f"no code has a bar in the last {len(panel) - 1 - last:,} sessions; {idle}, so take `end={days[last]}`"
        )
    return tuple(said)
