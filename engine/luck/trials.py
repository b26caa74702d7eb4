"""The ledger of trials: every sweep run on the same data counts against the best of them.

One JSON object per line, appended; a sweep run again (same data, same key) counts once. Points tried in two
different sweeps count twice, which errs on the side of doubt.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ...data.arrays import F8
from ...data.errors import ConfigError
from ...data.files import held_alone
from .sharpe import independent_trials, mean_correlation, sharpe_ratios


@dataclass(frozen=True)
class SweepTrials:
    """What one sweep adds: `data` and `sweep` name the data and the grid (sha256 or any text); Sharpe per period."""

    data: str
    sweep: str
    points: int
    independent: float
    mean_sharpe: float
    variance: float


@dataclass(frozen=True)
class Trials:
    """All trials on the same data: raw and independent count, and the variance of their Sharpe ratios."""

    sweeps: int
    points: int
    independent: float
    variance: float


def sweep_trials(data: str, sweep: str, returns: F8, points: int | None = None) -> SweepTrials:
    """The entry of a sweep with daily returns (T, P); `points` when only a sample of its points is passed."""
    ratios = sharpe_ratios(returns)
    count = returns.shape[1] if points is None else points
    variance = float(ratios.var(ddof=1)) if len(ratios) > 1 else 0.0
    independent = independent_trials(count, mean_correlation(returns))
    return SweepTrials(data, sweep, count, independent, float(ratios.mean()), variance)


def record(path: Path, entry: SweepTrials) -> None:
    """Append a sweep to the ledger at `path`, under a lock; the folder must exist."""
    with held_alone(path), path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(entry), sort_keys=True) + "\n")


def read(path: Path, data: str) -> tuple[SweepTrials, ...]:
    """Sweeps recorded on `data`, the last run of each; no ledger yet means none."""
    if not path.exists():
        return ()
    latest: dict[str, SweepTrials] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            entry = SweepTrials(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise ConfigError(
                f"{path}, line {number}: not a recorded sweep ({error}); repair the line or start a new ledger"
            ) from None
        if entry.data == data:
            latest[entry.sweep] = entry
    return tuple(latest.values())


def together(entries: tuple[SweepTrials, ...]) -> Trials:
    """Trials of all sweeps: counts add up, the variance is that of all points pooled."""
    points = sum(entry.points for entry in entries)
    if not points:
        return Trials(0, 0, 0.0, 0.0)
    mean = sum(e.points * e.mean_sharpe for e in entries) / points
    variance = sum(e.points * (e.variance + (e.mean_sharpe - mean) ** 2) for e in entries) / points
    return Trials(len(entries), points, sum(e.independent for e in entries), variance)
