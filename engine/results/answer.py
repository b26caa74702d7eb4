"""The answer first: what a run showed, in one paragraph of plain words. Pages, terminal and summary.json have the same."""

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...data.arrays import F8
from ...data.figures import money, percent
from ..choices import Skip
from .fates import MOST_TOLD, TRADED

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 5  # traded launches below which no interval is told
LEVEL = 0.95
DRAWS = 4_999
SEED = 20260212
NORMAL = NormalDist()
CHANCE = "Not judged: whether that is more than chance takes a run that is asked to judge."


class Interval(NamedTuple):
    """Mean of a sample and its confidence interval; NaN ends where there are too few values, or they are all the same."""

    mean: float
    low: float
    high: float


def mean_interval(values: F8) -> Interval:
    """Mean of one value per launch, with its bias-corrected and accelerated bootstrap interval (Efron 1987), 95 %.

    The launches are drawn with replacement; the same values give the same interval.
    """
    mean = float(np.mean(values)) if len(values) else float("nan")
    if len(values) < FEWEST or np.ptp(values) <= 1e-12:
        return Interval(mean, float("nan"), float("nan"))
    n, rng = len(values), np.random.default_rng(SEED)
    drawn = values[rng.integers(0, n, (DRAWS, n))].mean(axis=1)
    low, high = np.quantile(drawn, _accelerated(values, drawn))
    return Interval(mean, float(low), float(high))


def _accelerated(values: F8, drawn: F8) -> tuple[float, float]:
    """The shares of drawn means below either end: Efron (1987) 4.1; the same as scipy's, whose import takes a second."""
    mean = values.mean()
    below = float(np.count_nonzero(drawn < mean) + np.count_nonzero(drawn <= mean)) / (2 * len(drawn))
    without = (values.sum() - values) / (len(values) - 1)  # the mean without each value
    away = without.mean() - without
    skew = float((away**3).sum()) / (6.0 * float((away**2).sum()) ** 1.5)
    bias = NORMAL.inv_cdf(below)

    def share(level: float) -> float:
        moved = bias + NORMAL.inv_cdf(level)
        return NORMAL.cdf(bias + moved / (1.0 - skew * moved))

    return share((1.0 - LEVEL) / 2.0), share((1.0 + LEVEL) / 2.0)


def answer(
    launches: "pd.DataFrame", fates: "pd.DataFrame", figures: Mapping[str, object], idle: str = ""
) -> str:
    """The paragraph of a run from its tables and the figures of its summary; `idle`: why nothing was traded, if so."""
    plain = idle.replace("`", "")  # a page has no flags to name
    parts = (
        [f"{plain[0].upper()}{plain[1:]}."] if idle else _traded(launches, fates, str(figures["currency"]))
    )
    if not idle and len(launches):
        parts += [_taken(launches), _known(figures), _judged(figures)]
    return " ".join([*filter(None, parts), *_assumed(figures)])


def _traded(launches: "pd.DataFrame", fates: "pd.DataFrame", currency: str) -> list[str]:
    """How many launches were traded, what one paid, and either side."""
    traded = launches[launches["filled_legs"] > 0]
    total = fates["launch"].nunique()
    if not len(traded):
        return ["The orders of the strategy answer no launch, so nothing is said of launches."]
    said = f"{len(traded):,} of {total:,} launches could be traded."
    paid = mean_interval(traded["captured"].to_numpy(np.float64))
    told = f"A traded launch paid {percent(paid.mean)} of equity on average after all costs"
    if np.isfinite(paid.low):
        doubt = f"{percent(paid.low)} to {percent(paid.high)} with {percent(LEVEL, 0)} confidence"
        told = f"{told} ({doubt}, bootstrap over launches)."
    else:
        told = f"{told}; {len(traded)} are too few to say how surely."
    return [said, told, _sides(traded, fates, currency)]


def _sides(traded: "pd.DataFrame", fates: "pd.DataFrame", currency: str) -> str:
    """What the long and the short side made, each by itself."""
    told = []
    for side in ("long", "short"):
        profit = float(traded[f"{side}_profit"].sum())
        held = ((fates["fate"] == TRADED) & (fates["side"] == side)).any() or profit != 0.0
        told.append(
            f"the {side} side made {money(profit)} {currency}"
            if held
            else f"there was no {side} side{_why_none(fates, side)}"
        )
    return f"{told[0][0].upper()}{told[0][1:]}; {told[1]}."


def _why_none(fates: "pd.DataFrame", side: str) -> str:
    """` (16 no bars, 2 not shortable)`: why no position of a side that was wished for was had; '' where none was."""
    wished = fates[(fates["side"] == side) & ~fates["reason"].isin((Skip.BEFORE_SPAN, Skip.AFTER_SPAN))]
    counts = sorted(wished["reason"].value_counts().items(), key=lambda pair: (-pair[1], str(pair[0])))
    return f" ({', '.join(f'{count:,} {why}' for why, count in counts[:MOST_TOLD])})" if counts else ""


def _taken(launches: "pd.DataFrame") -> str:
    """What the gap and the limits took of the whole move."""
    mean = {name: launches[name].mean() for name in ("paper", "missed_gap", "missed_limits")}
    if not np.isfinite(list(mean.values())).all():
        return ""
    return (
        f"Of a whole move of {percent(mean['paper'])} of equity, the gap before the first price took "
        f"{percent(mean['missed_gap'])}, price limits and suspensions {percent(mean['missed_limits'])} "
        "(mean of all launches with an order)."
    )


def _known(figures: Mapping[str, object]) -> str:
    """What is left of the profit with the links that were public before the launches."""
    found = figures.get("hindsight")
    if not isinstance(found, Mapping):
        return ""
    rest, currency = int(found["hindsight_positions"]), str(figures["currency"])
    if not rest and not found["vanishes"]:
        return "No position rests on a link that was not public before its launch."
    gone = float(found["vanishes"])
    change = f"{money(abs(gone))} {currency} {'less' if gone > 0 else 'more'}" if round(gone) else "the same"
    return (
        f"{rest:,} of {int(found['positions']):,} positions rest on links that were not public before the launch, or on "
        f"today's roles{_besides(found)}: with known links alone the run would have made {money(float(found['known_profit']))} {currency} "
        f"instead of {money(float(found['profit']))}, {change}."
    )


def _besides(found: Mapping[str, Any]) -> str:
    """What known links change without taking a position away; '' where nothing, and for runs that did not count it."""
    changed, others = (int(found.get(f"{name}_positions", 0)) for name in ("changed", "other"))
    said = [f"{changed:,} would have another size"] if changed else []
    said += (
        [f"{others:,} {'others would' if others > 1 else 'other would'} stand in their place"]
        if others
        else []
    )
    return f" ({', '.join(said)})" if said else ""


def _judged(figures: Mapping[str, object]) -> str:
    """The verdict of the run, or that nobody asked for it."""
    found = figures.get("judgement")
    return str(found["text"]) if isinstance(found, Mapping) else CHANCE


def _assumed(figures: Mapping[str, object]) -> list[str]:
    """What the figures rest on."""
    said = ["The prices are simulated: nothing here happened on a market."] if figures["simulated"] else []
    unknowns = figures["unknowns"]
    if isinstance(unknowns, Sequence) and unknowns:
        count = len(unknowns)
        said.append(
            f"{count:,} thing{' is' if count == 1 else 's are'} assumed, because "
            f"{'it is' if count == 1 else 'they are'} not known."
        )
    return said
