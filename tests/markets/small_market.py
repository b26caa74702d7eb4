"""One launch, fixed legs and a panel of a few sessions: enough to work a run out by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from launchlab.data.ledger.launch import Launch, LaunchCode, Launches
from launchlab.data.panel.panel import Panel
from launchlab.engine.legs import LEG, OPEN, empty_legs

# Sessions of both exchanges.
DAYS = ("2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13")


@dataclass(frozen=True)
class Fixed:
    """A strategy that always answers with the same legs."""

    table: NDArray[Any]

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        return self.table


def one_leg(**values: Any) -> NDArray[Any]:
    """A leg for half of the NAV from the second session's open, held for two sessions, unless said otherwise."""
    leg = empty_legs(1)
    usual = {"row": 1, "at": OPEN, "side": 1, "weight": 0.5, "hold": 2}
    for name, value in (usual | values).items():
        leg[name] = value
    return leg


def joined(*legs: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, LEG), *legs])


def launch_of(
    codes: str, when: str = "2026-03-05T20:00+08:00", name: str = "one", kind: str = "launch", **more: Any
) -> Launch:
    """A launch at an instant; `codes` as in a ledger, `CODE:role` joined by `;`."""
    parts = [part.split(":") for part in codes.split(";")]
    concerned = tuple(LaunchCode(part[0], part[1] if len(part) > 1 else None) for part in parts)
    precision = more.get("precision", "exact")
    return Launch(
        name, datetime.fromisoformat(when), precision, "Maker", "Product", kind, concerned, "https://x.org"
    )


def ledger(*launches: Launch) -> Launches:
    return Launches(launches)


def without_costs(panel: Panel) -> Panel:
    return replace(panel, costs=np.zeros_like(panel.costs))


def labels(rows: NDArray[Any], names: Sequence[str]) -> list[tuple[Any, ...]]:
    """Some columns of records as plain tuples."""
    return [tuple(row[name].item() for name in names) for row in rows]
