"""A strategy that reads the future is refused by name, session and code; one that does not, never."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import launchlab as ll
from launchlab.data.errors import LookAheadError
from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.build import load_panel
from launchlab.data.panel.panel import Panel
from launchlab.data.panel.reach import first_rows
from launchlab.engine.backtest.foresight import refuse_foresight
from launchlab.engine.legs import CLOSE, OPEN, empty_legs
from launchlab.strategies import STRATEGIES

LAUNCHES = ll.load_launches()
PANEL = load_panel(LAUNCHES.codes)


@dataclass(frozen=True)
class Chooser:
    """Buys the first code of a launch at the first auction it can reach, if `wants` likes the row; `shift` rows off."""

    wants: Any
    at: int = OPEN
    shift: int = 0

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        rows = first_rows(launches, panel, "open" if self.at == OPEN else "close")
        found = []
        for k, launch in enumerate(launches):
            for code in [c.code for c in launch.codes if c.code in panel][:1]:
                column = panel.column(code)
                t = int(rows[k, panel.exchange_of[column]]) + self.shift
                if 0 < t < len(panel) and self.wants(panel, t, column):
                    found.append((k, column, t))
        legs = empty_legs(len(found))
        legs["side"], legs["at"], legs["hold"], legs["weight"] = 1, self.at, 5, 0.1
        for name, values in zip(("launch", "code", "row"), zip(*found, strict=True), strict=False):
            legs[name] = values
        return legs


def rises(panel: Panel, first: int, last: int, code: int) -> bool:
    return bool(panel.close[last, code] > panel.close[first, code])


CHEATS = {
    "the close of the day at its open": Chooser(lambda p, t, c: p.close[t, c] > p.open[t, c]),
    "the volume of the day at its open": Chooser(lambda p, t, c: p.volume[t, c] > p.volume[t - 1, c]),
    "the mark of the day at its open": Chooser(lambda p, t, c: p.mark[t, c] > p.mark[t - 1, c]),
    "the next day at the close": Chooser(lambda p, t, c: rises(p, t, min(t + 1, len(p) - 1), c), at=CLOSE),
    "five days on": Chooser(lambda p, t, c: rises(p, t, min(t + 5, len(p) - 1), c)),
    "five days on, failing at the end": Chooser(lambda p, t, c: rises(p, t, t + 5, c)),
    "the mean of the whole sample": Chooser(lambda p, t, c: p.close[t - 1, c] < np.nanmean(p.close[:, c])),
    "a centred mean": Chooser(lambda p, t, c: p.close[t - 1, c] < np.nanmean(p.close[max(t - 5, 0) : t + 5, c])),
    "the news a day early": Chooser(lambda p, t, c: True, shift=-1),
    "the last close of the data": Chooser(lambda p, t, c: p.mark[-1, c] > p.mark[t - 1, c]),
}  # fmt: skip
HONEST = {
    "yesterday's close": Chooser(lambda p, t, c: p.mark[t - 1, c] > p.mark[t - 2, c]),
    "the gap at the open": Chooser(lambda p, t, c: p.open[t, c] > p.ref[t, c]),
    "the close at the close": Chooser(lambda p, t, c: p.close[t, c] > p.open[t, c], at=CLOSE),
    "the mean until yesterday": Chooser(lambda p, t, c: p.mark[t - 1, c] < np.nanmean(p.mark[:t, c])),
    "a day later": Chooser(lambda p, t, c: True, shift=1),
}


def ask(strategy: Any, seed: int = 0) -> None:
    refuse_foresight(strategy, LAUNCHES, PANEL, strategy.legs(LAUNCHES, PANEL), seed=seed)


@pytest.mark.parametrize("cheat", CHEATS)
def test_every_planted_look_into_the_future_is_found(cheat: str) -> None:
    strategy = CHEATS[cheat]
    if "failing" in cheat:  # the last launches lie too near the end: give it the market without them
        panel = PANEL
        launches = LAUNCHES.as_of(LAUNCHES[len(LAUNCHES) // 2].announced_at)
        legs = strategy.legs(launches, panel)
        with pytest.raises(LookAheadError, match="fails"):
            refuse_foresight(strategy, launches, panel, legs)
        return
    with pytest.raises(
        LookAheadError, match=r"Chooser knows the future: .* when what follows the (open|close) of 20"
    ):
        ask(strategy)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", HONEST)
def test_what_was_known_may_be_used(name: str, seed: int) -> None:
    strategy = HONEST[name]
    assert len(strategy.legs(LAUNCHES, PANEL)) > 0
    ask(strategy, seed)


@pytest.mark.parametrize("entry", ["open", "close"])
@pytest.mark.parametrize("name", STRATEGIES)
def test_our_own_strategies_know_nothing(name: str, entry: str) -> None:
    ask(STRATEGIES[name](entry=entry))


def test_the_sentence_names_session_code_and_launch() -> None:
    with pytest.raises(LookAheadError) as refused:
        ll.backtest(CHEATS["the news a day early"], LAUNCHES, PANEL)
    sentence = str(refused.value)
    assert any(launch.id in sentence for launch in LAUNCHES)
    assert any(code in sentence for code in PANEL.codes)
    assert any(str(session) in sentence for session in PANEL.sessions)
    assert "is gone when" in sentence


def test_too_little_history_for_a_first_decision_is_no_foresight() -> None:
    @dataclass(frozen=True)
    class Patient(Chooser):
        def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
            if len(panel) < 200:
                raise ValueError("a mean of 200 sessions needs 200 sessions")
            found = Chooser.legs(self, launches, panel)
            return found[found["row"] >= 200]

    ask(Patient(lambda p, t, c: True))
