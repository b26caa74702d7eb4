"""No sweep of a strategy that knows the future ends in a verdict."""

from dataclasses import dataclass
from typing import Any

import pytest
from numpy.typing import NDArray

import launchlab as ll
from launchlab.data.errors import LookAheadError
from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.panel import Panel
from launchlab.strategies import Intent, TradeRules


@dataclass(frozen=True, kw_only=True)
class Foreseeing(TradeRules):
    """Buys what will rise in `ahead` sessions; an even number is honest and buys all."""

    ahead: int = 0

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        rows = self.entry_rows(launches, panel)
        wishes = []
        for k, launch in enumerate(launches):
            for code in [panel.column(c.code) for c in launch.codes if c.code in panel]:
                t = int(rows[k, panel.exchange_of[code]])
                last = min(t + self.ahead, len(panel) - 1)
                if 0 < t < len(panel) and (
                    self.ahead % 2 == 0 or panel.close[last, code] > panel.close[t - 1, code]
                ):
                    wishes.append(Intent(k, code, 1, 0.1, t))
        return self.to_legs(wishes, panel)


@pytest.mark.parametrize("aheads", [(5, 0), (0, 5)])
def test_a_sweep_of_a_strategy_that_knows_the_future_is_refused_before_it_runs(
    aheads: tuple[int, int],
) -> None:
    market = ll.load_market()
    with pytest.raises(LookAheadError, match="Foreseeing knows the future"):
        ll.sweep(Foreseeing(), {"ahead": aheads}, market, confirm=0, judge=False)
    assert len(ll.sweep(Foreseeing(), {"hold": (1, 2)}, market, confirm=0, judge=False).points) == 2


def test_the_best_point_is_asked_too() -> None:
    with pytest.raises(LookAheadError, match="Foreseeing knows the future"):
        ll.sweep(Foreseeing(), {"ahead": (0, 3, 2)}, ll.load_market(), confirm=0, judge=False)
