"""A backtrader strategy asked at every row: does it send the same when what follows is something else?

It runs again up to each row, on markets whose later numbers are invented and whose later launches are hidden. A look at a
bar that is not there yet, as `close[1]`, ends a run at once and is told with its line.
"""

import linecache
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from ...data.errors import ConfigError
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from ..backtrader.native.plan import NativeStrategy
from ..backtrader.native.result import run_native, sent_until
from ..backtrader.native.undone import undone
from ..config import Config
from ..legs import OPEN
from .culprit import Rows, culprit
from .every import HIDDEN, TRACED, Step, folder_of
from .foresight import Auction, moment_of
from .leaks import Leak
from .native_foresight import Answer, Asked, Cut, Deed, asked_by_name, deeds, difference_of, other_future

LINES = "linebuffer.py"  # of backtrader, where a bar that is not there is asked for


@dataclass
class EveryRow:
    """One backtrader strategy on one market; `launches` on the portfolio's clock."""

    native: NativeStrategy
    launches: Launches
    panel: Panel
    config: Config
    asked: int = 0
    decisions: int = 0
    leaks: dict[tuple[str, ...], Leak] = field(default_factory=dict)
    traced: int = 0

    def ask(self, progress: Step = lambda done: None) -> list[Leak]:
        """The leaks, in the order of the rows; `progress` is called with the rows done."""
        asked = asked_by_name(self.native, self.launches, self.panel, self.config)
        before = asked.first()
        self.asked = 1 + len(before)
        try:
            with undone(self.native.cls):
                done = run_native(self.native, self.launches, self.panel, self.config)
        except Exception as fault:
            leak = self._beyond(fault)
            if leak is None:
                raise
            return [leak]
        whole = deeds(done.sent, self.launches, self.panel)
        self.decisions = len(whole)
        last = len(self.panel) - 2
        asked.refuse_unsteady(tuple(deed for deed in whole if deed.row <= last), last)
        for answer in self._answers(asked, before, progress):
            mine = tuple(deed for deed in whole if deed.row <= answer.cut.row)
            if answer.fault is not None or answer.deeds != mine:
                self._note(answer, mine)
        return list(self.leaks.values())

    def _answers(self, asked: Asked, before: Sequence[Answer], progress: Step) -> Iterator[Answer]:
        yield from before
        for row in range(1, len(self.panel) - 1):
            self.asked += 1
            yield asked.answer(Cut(row, 1 if row % 2 else -1))
            progress(row + 1)

    def _note(self, answer: Answer, mine: Sequence[Deed]) -> None:
        fresh = next(iter(sorted(set(mine) ^ set(answer.deeds))), None)
        if answer.fault is not None:
            fresh = mine[-1] if mine else None
        if fresh is None:
            return
        key = (fresh.session, fresh.code, fresh.launch)
        if key in self.leaks:
            return
        what = f"cannot be decided ({answer.fault})" if answer.fault else difference_of(mine, answer.deeds)
        line, source = self._line(answer.cut)
        self.leaks[key] = Leak(fresh.session, "close", fresh.code, fresh.launch,
                               f"changes: {what} when {HIDDEN['prices']}", "prices", line, source)  # fmt: skip

    def _line(self, cut: Cut) -> tuple[str, str]:
        if self.traced >= TRACED:
            return "", ""
        self.traced += 1
        known = self.launches.as_of(moment_of(Auction(cut.row + 1, OPEN), self.panel))
        other = other_future(self.panel, cut, np.random.default_rng(2))

        def run(launches: Launches, panel: Panel) -> Callable[[], object]:
            return lambda: sent_until(self.native, launches, panel, self.config, cut.row)

        return culprit(folder_of(self.native.cls), Rows(0, 0), run(known, self.panel), run(known, other))

    def _beyond(self, fault: Exception) -> Leak | None:
        """The leak of a run that asked for a bar which is not there yet; None where it failed at something else."""
        from ..backtrader.native.stepping.loop import run_through

        error = fault.__cause__ if isinstance(fault, ConfigError) and fault.__cause__ else fault
        frames = list(_frames(error))
        if not isinstance(error, IndexError) or not frames or not _is(frames[-1][0], LINES):
            return None
        runs = [frame.f_locals["cerebro"] for frame, _ in frames if frame.f_code is run_through.__code__]
        row = runs[0].broker.row if runs else -1
        if row < 0:
            return None  # before the first bar there is none to be seen
        folder = folder_of(self.native.cls)
        own = [(frame, line) for frame, line in frames if _path(frame).parent == folder]
        where, source = "", ""
        if own:
            frame, line = own[-1]
            where = f"{_path(frame).name} line {line}"
            source = linecache.getline(frame.f_code.co_filename, line).strip()
        code = _code(frames, runs[0].datas)
        what = "asks for a bar that is not there yet"
        return Leak(str(self.panel.sessions[row]), "close", code, "", what, "prices", where, source)


def _frames(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _path(frame: FrameType) -> Path:
    return Path(frame.f_code.co_filename)


def _is(frame: FrameType, name: str) -> bool:
    return _path(frame).name == name


def _code(frames: Sequence[tuple[FrameType, int]], feeds: Sequence[Any]) -> str:
    """The feed whose line was asked; the first one where it was a line made of several."""
    line = frames[-1][0].f_locals.get("self")
    for feed in feeds:
        if any(own is line for own in feed.lines):
            return str(feed._name)
    clock = getattr(line, "_clock", None)
    return str(getattr(clock, "_name", "") or feeds[0]._name)
