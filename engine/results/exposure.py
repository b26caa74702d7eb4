"""How much of the market a book held: net value, the same weighted by betas, and what each launch was left with.

A beta is that of a name against the benchmark of the run, from the `USUAL` sessions before it was bought or sold, moved by
`SHRINK` of the way to 1, where it also is with too little history. Fractions are of equity.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8
from ...data.ledger.launch import Launches
from ...data.panel.estimates import Window, shrunk
from ...data.panel.history import history_of
from ...data.panel.panel import Panel
from ..legs import Reason
from .run import Run
from .tables import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

Table = NDArray[Any]

USUAL = Window(60, 20)
SHRINK = 0.33


@dataclass(frozen=True)
class Betas:
    """Betas of a panel's codes against a benchmark's level (T,) in base currency; of 1 where it is None."""

    panel: Panel
    level: F8 | None

    @classmethod
    def to(cls, panel: Panel, benchmark: tuple[str, F8] | None) -> "Betas":
        if benchmark is None:
            return cls(panel, None)
        grown = np.cumprod(1.0 + np.nan_to_num(benchmark[1]))
        level = np.where(np.isfinite(benchmark[1]), grown, np.nan)  # nothing is known outside its bars
        return cls(panel, level)

    def of(self, code: int, base: int) -> tuple[float, bool]:
        """Beta of a code from the sessions up to `base`, and whether it is estimated: else it is 1."""
        if self.level is None:
            return 1.0, False
        found = history_of(self.panel).beta_to(self.level, code, base, USUAL)
        return (shrunk(found, SHRINK), True) if np.isfinite(found) else (1.0, False)


def to_exposure(days: NDArray[Any], run: Run, betas: Betas) -> "pd.DataFrame":
    """One row per session; columns as in `COLUMNS["exposure"]`, the betas' NaN where there is no benchmark."""
    import pandas as pd

    value, sensitive = _values(run, betas)
    alive = np.where(run.equity > 0.0, run.equity, np.inf)[:, None]
    value, sensitive = value / alive, sensitive / alive
    known = 1.0 if betas.level is not None else np.nan
    columns = {
        "session": days,
        "net": value.sum(axis=1),
        "beta_net": sensitive.sum(axis=1) * known,
        "long_beta": np.where(value > 0.0, sensitive, 0.0).sum(axis=1) * known,
        "short_beta": np.where(value < 0.0, sensitive, 0.0).sum(axis=1) * known,
    }
    return pd.DataFrame({name: columns[name] for name in COLUMNS["exposure"]})


def _values(run: Run, betas: Betas) -> tuple[F8, F8]:
    """Signed value of each code at each close, base money, (T, N), and the same times its beta before it was held."""
    p, held = betas.panel, run.positions
    value = np.zeros((len(p), len(p.codes)))
    at = (held["row"], held["code"])
    np.add.at(value, at, held["shares"] * p.mark[at] * p.rate(*at))
    sensitive = np.zeros_like(value)
    for i in np.unique(held["code"]).tolist():
        rows = np.flatnonzero(value[:, i])
        for spell in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
            sensitive[spell, i] = value[spell, i] * betas.of(i, int(spell[0]) - 1)[0] if len(spell) else 0.0
    return value, sensitive


def to_hedges(launches: Launches, legs: Table, run: Run, betas: Betas) -> "pd.DataFrame":
    """One row per launch with a filled entry; columns as in `COLUMNS["hedges"]`, from the prices of the entries."""
    import pandas as pd

    entries = run.fills[(run.fills["reason"] == Reason.ENTRY) & (run.fills["launch"] >= 0)]
    rows = []
    for k in np.unique(entries["launch"]).tolist():
        own, mine = entries[entries["launch"] == k], legs[legs["launch"] == k]
        nav = float(run.equity[max(int(own["row"].min()) - 1, 0)])
        share = own["shares"] * own["price"] * own["fx"] / (nav if nav > 0.0 else np.inf)
        pairs = [betas.of(int(fill["code"]), int(fill["row"]) - 1) for fill in own]
        rows.append(
            {
                "launch": launches[k].id,
                "wanted_net": float((mine["side"] * mine["weight"]).sum()),
                "long": float(share[share > 0.0].sum()),
                "short": float(np.abs(share[share < 0.0]).sum()),
                "net": float(share.sum()),
                "beta_net": _times(share, pairs) if betas.level is not None else np.nan,
                "guessed": sum(not known for _, known in pairs) if betas.level is not None else 0,
                "lacking": ";".join(_without_fill(betas.panel, mine, legs, own)),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS["hedges"]))


def _times(share: F8, betas: list[tuple[float, bool]]) -> float:
    return float(sum(part * beta for part, (beta, _) in zip(share.tolist(), betas, strict=True)))


def _without_fill(panel: Panel, mine: Table, legs: Table, entries: Table) -> list[str]:
    """Codes that a launch wanted and got nothing of."""
    got = set(legs["code"][entries["leg"]].tolist())
    return [panel.codes[i] for i in dict.fromkeys(mine["code"].tolist()) if i not in got]


def told_exposure(
    exposure: "pd.DataFrame", hedges: "pd.DataFrame", run: Run, against: str | None
) -> dict[str, str | float | None]:
    """What a summary says of both: means over sessions that ended with a position, and over launches with a fill.

    `against`: the benchmark of the betas, None without one. `unhedged` is the size of the beta-adjusted net, or of the
    net where there is no benchmark. None where nothing was held, and for betas that are not known.
    """
    held = exposure.iloc[np.unique(run.positions["row"])]
    left = held["net" if against is None else "beta_net"].to_numpy(np.float64)
    worst = int(np.abs(left).argmax()) if len(left) else None
    return {
        "against": against,
        "mean_net": _mean(held["net"]),
        "mean_beta_net": _mean(held["beta_net"]),
        "mean_unhedged": None if worst is None else float(np.abs(left).mean()),
        "largest_unhedged": None if worst is None else float(abs(left[worst])),
        "largest_on": None if worst is None else str(held["session"].iloc[worst]),
        "launch_wanted_net": _mean(hedges["wanted_net"]),
        "launch_net": _mean(hedges["net"]),
        "launch_beta_net": _mean(hedges["beta_net"]),
        "betas_guessed": int(hedges["guessed"].sum()),
    }


def _mean(values: "pd.Series") -> float | None:
    """None where there is nothing to say, or something is not known."""
    return None if values.empty or values.isna().any() else float(values.mean())
