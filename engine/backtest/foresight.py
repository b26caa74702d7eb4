"""Does a strategy know the future? Its legs must be the same when the future is hidden from it.

At some auctions of a run the strategy is asked again on the ledger and the panel as they stood just before: sessions
that had not begun are gone, and of the session whose opening auction it is, everything after the open is another
number. The legs up to that auction must not change.
"""

from dataclasses import replace
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.calendars.hours import CHINA_TIME
from ...data.errors import LaunchlabError, LookAheadError
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from ..legs import CLOSE, LEG, OPEN, at_name, moment
from .memory import Unasked

if TYPE_CHECKING:
    from .backtest import Strategy

CUTS, FEWER_CUTS = (
    12,
    3,
)  # auctions at which a strategy is asked again, and in a panel that takes long to copy
MANY = 4_000_000  # sessions × codes above which a panel takes long to copy
LAST_OPENING = time(9, 30)  # no exchange takes orders for its opening auction any more
AFTER_THE_OPEN = ("high", "low", "close", "volume", "mark")
RULES = tuple(name for name in LEG.names or () if name not in ("launch", "code", "row", "at"))


class Auction(NamedTuple):
    """Row of the session, and OPEN, CLOSE, or a minute of it."""

    row: int
    at: int


def refuse_foresight(
    strategy: "Strategy",
    launches: Launches,
    panel: Panel,
    legs: NDArray[Any],
    *,
    name: str = "",
    seed: int = 0,
) -> int:
    """How often the strategy was asked; LookAheadError where `legs`, its own on the whole market, depend on what came later.

    `launches` on the portfolio's clock. Names the session, the code and the launch of the first leg that differs.
    """
    rng = np.random.default_rng(seed)
    who = name or type(strategy).__name__
    cuts = chosen_cuts(legs, panel, rng)
    unasked = Unasked(strategy)
    for cut in cuts:
        then = launches.as_of(moment_of(cut, panel))
        known = known_at(cut, panel, rng)
        whole = until(legs, cut)
        try:
            seen = until(unasked().legs(then, known), cut)
            if _are_the_same(seen, then, whole, launches):
                continue
            after = described(seen, then, panel)
        except (LaunchlabError, LookupError, ValueError, ArithmeticError) as error:
            if not len(whole):
                continue  # too little history for any decision is no foresight
            raise LookAheadError(_cannot(who, cut, panel, error)) from error
        before = described(whole, launches, panel)
        if before != after:
            raise LookAheadError(_differs(who, cut, panel, before, after))
    return len(cuts)


def chosen_cuts(legs: NDArray[Any], panel: Panel, rng: np.random.Generator) -> list[Auction]:
    """Auctions at which legs begin, drawn without repetition, and one close at which perhaps none does; ascending."""
    begins = np.unique(np.stack([legs["row"], legs["at"]], axis=1), axis=0)
    count = min(len(begins), CUTS if panel.close.size <= MANY else FEWER_CUTS)
    drawn = {Auction(int(row), int(at)) for row, at in rng.permutation(begins)[:count]}
    if len(panel) > 2:
        drawn.add(Auction(int(rng.integers(1, len(panel) - 1)), OPEN))
    return sorted(drawn)


def moment_of(cut: Auction, panel: Panel) -> datetime:
    """The last instant whose news somebody could have before the auction: the opening, or the end of the session's day."""
    day = panel.sessions[cut.row].astype(object)
    if cut.at > CLOSE:
        return datetime.combine(day, time(cut.at // 60, cut.at % 60), CHINA_TIME)
    return datetime.combine(day, LAST_OPENING if cut.at == OPEN else time(23, 59, 59), CHINA_TIME)


def known_at(cut: Auction, panel: Panel, rng: np.random.Generator) -> Panel:
    """The panel as it stood at the auction or the minute; what its session brought later is replaced by other numbers."""
    known = panel.until(cut.row)
    if cut.at == CLOSE:
        return known
    factor = rng.choice((0.5, 0.8, 1.25, 2.0), len(panel.codes))
    later: dict[str, Any] = {}
    for field in AFTER_THE_OPEN:
        values = getattr(known, field).copy(order="F")
        values[-1] *= factor
        later[field] = values
    if len(known.minutes):
        later["minutes"] = known.minutes.with_other_prices(cut.row, cut.at, factor)
    rates = known.fx.copy(order="F")
    rates[-1] *= rng.choice((0.9, 1.1), rates.shape[1])  # the fixing comes in the afternoon
    return replace(known, **later, fx=rates)


def until(legs: NDArray[Any], cut: Auction) -> NDArray[Any]:
    """The legs that begin at or before an auction."""
    row, at = legs["row"], legs["at"]
    return legs[(row < cut.row) | ((row == cut.row) & (moment(at) <= moment(cut.at)))]


def _are_the_same(seen: NDArray[Any], then: Launches, whole: NDArray[Any], launches: Launches) -> bool:
    """Whether two tables of legs, each with its own ledger, are equal as they stand, so that neither need be described."""
    if seen.dtype != whole.dtype or len(seen) != len(whole):
        return False
    same = all(np.array_equal(seen[name], whole[name], equal_nan=True) for name in whole.dtype.names or ())
    return same and all(then[k].id == launches[k].id for k in set(whole["launch"].tolist()))


def described(legs: NDArray[Any], launches: Launches, panel: Panel) -> list[tuple[Any, ...]]:
    """Legs in an order of their own: row, auction, code, id of the launch, then the rules, none as text."""
    return sorted(
        (
            int(leg["row"]),
            int(leg["at"]),
            panel.codes[int(leg["code"])],
            launches[int(leg["launch"])].id,
            *(f"{leg[rule]:.12g}" for rule in RULES),
        )
        for leg in legs
    )


def _differs(
    who: str, cut: Auction, panel: Panel, whole: list[tuple[Any, ...]], seen: list[tuple[Any, ...]]
) -> str:
    """One sentence about the first leg that is not the same."""
    row, at, code, launch = key = min(set(whole) ^ set(seen))[:4]
    return (
        f"{who} knows the future: its leg for {code} at the {at_name(at)} of {panel.sessions[row]} (launch {launch}) "
        f"{change_of(key, whole, seen)} when {_hidden(cut, panel)}; a leg of row t may use rows before t and, at the "
        "open, open[t] and ref[t]"
    )


def change_of(key: tuple[Any, ...], whole: list[tuple[Any, ...]], seen: list[tuple[Any, ...]]) -> str:
    """What becomes of the leg of a row, auction, code and launch: `is gone`, `appears only`, `has hold 3 instead of 5`."""
    mine, others = ([leg[4:] for leg in legs if leg[:4] == key] for legs in (whole, seen))
    if not mine:
        return "appears only"
    if not others:
        return "is gone"
    pairs = zip(RULES, mine[0], others[0], strict=True)
    name, was, now = next((pair for pair in pairs if pair[1] != pair[2]), ("number", len(mine), len(others)))
    return f"has {name} {now} instead of {was}"


def _cannot(who: str, cut: Auction, panel: Panel, error: Exception) -> str:
    return (
        f"{who} knows the future: it fails ({type(error).__name__}: {error}) when {_hidden(cut, panel)}; "
        "a leg of row t may use rows before t and, at the open, open[t] and ref[t]"
    )


def _hidden(cut: Auction, panel: Panel) -> str:
    return f"what follows the {at_name(cut.at)} of {panel.sessions[cut.row]} is hidden"
