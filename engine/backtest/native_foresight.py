"""Does a backtrader strategy know the future? Its orders must be the same when what follows them is other numbers.

It runs again up to some rows, the cuts, on markets whose later prices are invented and whose later launches are hidden.
What it sends up to the cut must not change. Cuts are rows at which it sent something; each is asked twice, with prices
that jump to opposite sides, and one is asked before any other run, so that nothing can be remembered from one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from ...data.errors import ConfigError, LookAheadError
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from ..backtrader.native.plan import NativeStrategy
from ..backtrader.native.result import sent_until
from ..backtrader.native.sent import Sent
from ..config import Config
from ..legs import OPEN
from .foresight import Auction, moment_of

FIRST = 0.5  # part of the rows in which the first cut lies
ROWS = 0.5  # of a run: rows of the asks after it, unless a single cut needs more
JUMP, JITTER = 2.0, 0.2  # later prices: twice or half, and as much noise (log) from row to row
PRICES = ("open", "high", "low", "close", "mark", "ref", "limit_up", "limit_down")


class Cut(NamedTuple):
    """The last row that is true, and to which side the first code jumps after it; every second code jumps to the other."""

    row: int
    side: int


class Deed(NamedTuple):
    """An order or cancellation: session after which it was sent, code, id of the launch it answers or empty, in words."""

    row: int
    session: str
    code: str
    launch: str
    words: str


class Answer(NamedTuple):
    """What was sent up to a cut, or what the strategy's code raised."""

    cut: Cut
    deeds: tuple[Deed, ...]
    fault: Exception | None = None


Sender = Callable[[Launches, Panel, int], Sequence[Sent]]


@dataclass(frozen=True)
class Asked:
    """What sends orders, by its name, and the market on which it is asked; `launches` on the portfolio's clock.

    `send` runs it on launches and a panel up to a row, and gives what it has sent.
    """

    name: str
    send: Sender
    launches: Launches
    panel: Panel
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def first(self) -> list[Answer]:
        """The ask that comes before any other run."""
        last = int(len(self.panel) * FIRST)
        return [self.answer(Cut(int(self.rng.integers(last // 2, last)), 1))] if last > 2 else []

    def refuse(self, sent: Sequence[Sent], before: Sequence[Answer] = ()) -> int:
        """How many answers were compared; LookAheadError where what was `sent` on the true market depends on what came later.

        `before` are earlier answers. ConfigError where it depends on chance, or on what an earlier run left behind.
        """
        whole = deeds(sent, self.launches, self.panel)
        for answer in before:
            self._compare(whole, answer)
        cuts = self._cuts(whole)
        for cut in cuts:
            self._compare(whole, self.answer(cut))
        return len(before) + len(cuts)

    def answer(self, cut: Cut) -> Answer:
        """What the strategy sends up to a cut when the rest is other numbers."""
        known = self.launches.as_of(moment_of(Auction(cut.row + 1, OPEN), self.panel))
        return self._run(cut, known, other_future(self.panel, cut, self.rng))

    def _run(self, cut: Cut, launches: Launches, panel: Panel) -> Answer:
        try:
            sent = self.send(launches, panel, cut.row)
        except AssertionError:
            raise  # a fault of ours
        except Exception as fault:  # noqa: BLE001 whatever its code raises when the future is another
            return Answer(cut, (), fault)
        return Answer(cut, deeds(sent, launches, panel))

    def _cuts(self, whole: Sequence[Deed]) -> list[Cut]:
        """Rows in the earlier half of those at which something was sent, as many as the rows allowed are enough for."""
        rows = sorted({deed.row for deed in whole if deed.row < len(self.panel) - 1})
        cuts: list[Cut] = []
        left = len(self.panel) * ROWS
        for row in self.rng.permutation(rows[: (len(rows) + 1) // 2]).tolist():
            if not cuts or 2 * (row + 1) <= left:
                left -= 2 * (row + 1)
                cuts += [Cut(row, 1), Cut(row, -1)]
        return cuts

    def _compare(self, whole: Sequence[Deed], answer: Answer) -> None:
        mine = tuple(deed for deed in whole if deed.row <= answer.cut.row)
        if answer.fault is None and answer.deeds == mine:
            return
        self.refuse_unsteady(mine, answer.cut.row)
        session = str(self.panel.sessions[answer.cut.row])
        raise LookAheadError(_knows(self.name, mine, answer, session))

    def refuse_unsteady(self, mine: tuple[Deed, ...], row: int) -> None:
        """ConfigError where the strategy does not send the same again up to a row of the true market."""
        same = self._run(Cut(row, 1), self.launches, self.panel)
        if same.fault is not None or same.deeds != mine:
            raise ConfigError(_unsteady(self.name, mine, same))


def asked_by_name(native: NativeStrategy, launches: Launches, panel: Panel, config: Config) -> Asked:
    """A backtrader strategy that is to be asked."""

    def send(known: Launches, other: Panel, last: int) -> Sequence[Sent]:
        return sent_until(native, known, other, config, last)

    return Asked(native.cls.__name__, send, launches, panel)


def other_future(panel: Panel, cut: Cut, rng: np.random.Generator) -> Panel:
    """The panel with other prices, volumes and rates after a cut, and without the corporate actions that come then."""
    shape = (len(panel) - cut.row - 1, len(panel.codes))
    sides = np.where(np.arange(shape[1]) % 2 == 0, cut.side, -cut.side)
    factor = JUMP**sides * np.exp(rng.normal(0.0, JITTER, shape))
    others: dict[str, Any] = {name: _after(getattr(panel, name), cut.row, factor) for name in PRICES}
    others["volume"] = _after(panel.volume, cut.row, np.exp(rng.normal(0.0, 1.0, shape)))
    rates = np.exp(rng.normal(0.0, JITTER, (shape[0], panel.fx.shape[1])))
    others["fx"] = _after(panel.fx, cut.row, rates)
    return replace(panel, **others, actions=panel.actions[panel.actions["row"] <= cut.row])


def deeds(sent: Sequence[Sent], launches: Launches, panel: Panel) -> tuple[Deed, ...]:
    """What was sent, with the names of codes and launches instead of their numbers."""
    return tuple(
        Deed(
            deed.row,
            str(panel.sessions[max(deed.row, 0)]),
            panel.codes[deed.code],
            launches[deed.launch].id if deed.launch >= 0 else "",
            deed.deed,
        )
        for deed in sent
    )


def _after(values: Any, row: int, factor: Any) -> Any:
    changed = values.copy(order="F")
    changed[row + 1 :] *= factor
    return changed


def _knows(name: str, mine: Sequence[Deed], answer: Answer, session: str) -> str:
    hidden = f"what follows the close of {session} is another"
    what = f"it fails ({answer.fault})" if answer.fault is not None else difference_of(mine, answer.deeds)
    return f"{name} knows the future: {what} when {hidden}; decide by bars and launches up to the present one"


def _unsteady(name: str, mine: Sequence[Deed], again: Answer) -> str:
    what = f"it fails ({again.fault})" if again.fault is not None else difference_of(mine, again.deeds)
    return (
        f"{name} is not the same twice: {what} when it runs again on the same market; give every generator of random "
        "numbers a seed, and keep what a run learns in the strategy's instance, not in its class or module"
    )


def difference_of(mine: Sequence[Deed], seen: Sequence[Deed]) -> str:
    """In words, the first deed that is not the same."""
    at = next(
        (k for k, (a, b) in enumerate(zip(mine, seen, strict=False)) if a != b), min(len(mine), len(seen))
    )
    was = mine[at] if at < len(mine) else None
    now = seen[at] if at < len(seen) else None
    if was is not None and now is not None and was[:4] == now[:4]:
        return f"after the close of {was.session} it sends {now.words} of {_of(was)} instead of {was.words}"
    if was is not None and (now is None or was.row <= now.row):
        return f"after the close of {was.session} it does not send {was.words} of {_of(was)}"
    more = seen[at]
    return f"after the close of {more.session} it sends {more.words} of {_of(more)} besides"


def _of(deed: Deed) -> str:
    return f"{deed.code} (launch {deed.launch})" if deed.launch else deed.code
