"""What a strategy wishes, as it is asked for: weights, neutrality and hedges by launch, then what overlaps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...data.arrays import F8, I4
from ...data.errors import ConfigError, did_you_mean
from ...data.instruments.futures import advice, future_code
from ...data.ledger.launch import Launches
from ...data.panel.estimates import Window, filled_in, shrunk
from ...data.panel.history import Basket, History, history_of
from ...data.panel.panel import Panel
from ...data.panel.reach import first_rows
from ...engine.choices import Choice, Skip, outside
from .neutral import bounded, hedge_needed, sides_balanced
from .overlap import LEAST, Legs, exit_rows, without_overlap
from .rules import BalanceRules
from .weights import by_liquidity, capped, inverse_volatility

ANY = 1  # session is enough to say what is usually traded
_COUNTED = ("", Skip.BEFORE_SPAN, Skip.AFTER_SPAN)  # those outside the span keep their share, unspent


def balanced(
    choices: Sequence[Choice], rules: BalanceRules, hold: int, launches: Launches, panel: Panel
) -> tuple[Choice, ...]:
    """The choices with the weights that the rules give them, and a choice for each hedge.

    A position that nothing is left of has a reason. Estimates use rows before the first session, on any exchange,
    that could follow the launch, so that neither the launch nor its reaction is among them.
    """
    weighed = list(choices)
    if rules.weighs:
        weighed = _weighed(weighed, rules, launches, panel)
    if rules.overlap != "stack":
        weighed = _apart(weighed, rules, hold, panel)
    return tuple(weighed)


def base_rows(launches: Launches, panel: Panel) -> I4:
    """Last row that was over before a launch could be traded on any exchange, (launches,); −1 where there is none."""
    traded = sorted({int(e) for e in panel.exchange_of})
    first = first_rows(launches, panel, "close")[:, traded]
    return np.asarray(np.maximum(first.min(axis=1, initial=len(panel)) - 1, -1), np.int32)


def _weighed(choices: list[Choice], rules: BalanceRules, launches: Launches, panel: Panel) -> list[Choice]:
    base, history = base_rows(launches, panel), history_of(panel)
    hedges = tuple(_hedge_column(code, panel) for code in rules.hedge)
    groups: dict[tuple[int, int], list[int]] = {}
    for k, choice in enumerate(choices):
        if choice.side and choice.weight > 0.0 and choice.code in panel and choice.reason in _COUNTED:
            groups.setdefault((choice.launch, choice.row if rules.decided_at_entry else 0), []).append(k)
    added: list[Choice] = []
    for (launch, _), members in groups.items():
        basket = Positions.of([choices[k] for k in members], panel)
        weigher = Weigher(rules, history, int(base[launch]))
        weights, hedging = weigher.weights(basket, hedges)
        for k, weight in zip(members, weights.tolist(), strict=True):
            choices[k] = _with_weight(choices[k], weight, Skip.NO_VALUE)
        why = "" if any(not choices[k].reason for k in members) else choices[members[0]].reason
        added += _hedge_choices(launch, hedging, hedges, basket, panel, why)
    return sorted(choices + added, key=lambda choice: choice.launch) if added else choices


def _hedge_column(code: str, panel: Panel) -> int:
    future = future_code(code)
    if code not in panel and future:
        raise ConfigError(f"the hedge {future} is an index future without bars or terms; {advice(future)}")
    if code not in panel:
        raise ConfigError(
            f"the hedge {code} has no bars in the panel{did_you_mean(code, panel.codes)}; add its file to the prices, and "
            "the code to the universe with the role hedge"
        )
    return panel.column(code)


def _with_weight(choice: Choice, weight: float, why: str) -> Choice:
    if weight >= LEAST:
        return choice._replace(weight=weight)
    return choice._replace(weight=0.0, reason=choice.reason or why)


@dataclass(frozen=True)
class Positions:
    """The positions of one launch: columns, signed weights, first rows, each (n,)."""

    code: I4
    signed: F8
    row: I4

    @classmethod
    def of(cls, choices: Sequence[Choice], panel: Panel) -> "Positions":
        return cls(
            np.array([panel.column(choice.code) for choice in choices], np.int32),
            np.array([choice.side * choice.weight for choice in choices], np.float64),
            np.array([choice.row for choice in choices], np.int32),
        )


@dataclass(frozen=True)
class Weigher:
    """The weights of one launch, from what was known at the end of row `base`."""

    rules: BalanceRules
    history: History
    base: int

    def weights(self, basket: Positions, hedges: tuple[int, ...]) -> tuple[F8, F8]:
        """Weight of each position (n,), and signed weight of each hedge (hedges,)."""
        signed = basket.signed.copy()
        most = self._most(basket.code)
        for side in (basket.signed > 0.0, basket.signed < 0.0):
            if side.any():
                signed[side] = np.sign(signed[side]) * self._shares(
                    basket.code[side], np.abs(signed[side]), most[side]
                )
        hedging = np.zeros(len(hedges))
        if self.rules.neutral != "none":
            signed, hedging = self._hedged(basket.code, signed, hedges)
            held = np.abs(signed) > LEAST
            fits = float(np.min(most[held] / np.abs(signed[held]), initial=1.0))
            signed, hedging = signed * fits, hedging * fits
        return np.abs(signed), hedging

    def _shares(self, codes: I4, given: F8, most: F8) -> F8:
        money = float(given.sum())
        if self.rules.weights == "inverse-vol":
            found = [self.history.volatility(int(i), self.base, self.rules.estimates) for i in codes]
            given = inverse_volatility(money, filled_in(np.array(found), 1.0))
        elif self.rules.weights == "liquidity":
            values = self._values(codes)
            known = values[np.isfinite(values)]
            least = float(known.min()) if len(known) else 1.0
            given = by_liquidity(money, np.where(np.isfinite(values), values, least))
        return capped(given, most)

    def _values(self, codes: I4) -> F8:
        window = Window(self.rules.window, ANY)
        return np.array([self.history.traded_value(int(i), self.base, window) for i in codes])

    def _most(self, codes: I4) -> F8:
        """Largest weight of each position by its traded value; nothing where none is known."""
        if self.rules.adv_cap is None:
            return np.full(len(codes), np.inf)
        return np.nan_to_num(self._values(codes)) * self.rules.adv_cap / self.rules.adv_capital

    def _hedged(self, codes: I4, signed: F8, hedges: tuple[int, ...]) -> tuple[F8, F8]:
        gross = float(np.abs(signed).sum())
        if not hedges:
            return signed * sides_balanced(signed, self._against_shorts(codes, signed)), np.zeros(0)
        chosen = hedges_of(codes, hedges, self.history.panel)
        baskets: list[Basket] = [((hedges[h],), (1.0,)) for h in chosen]
        needed = hedge_needed(signed, self._betas(codes, signed, baskets), chosen, len(hedges))
        scale = gross / max(gross + float(np.abs(needed).sum()), LEAST)
        return signed * scale, needed * scale

    def _against_shorts(self, codes: I4, signed: F8) -> F8:
        """Exposure of each unit to the basket of the launch's own shorts, which has 1."""
        short = signed < 0.0
        if self.rules.neutral == "money" or not short.any() or short.all():
            return np.ones(len(codes))
        basket: Basket = (tuple(codes[short].tolist()), tuple((-signed[short]).tolist()))
        return np.where(short, 1.0, self._betas(codes, signed, [basket] * len(codes)))

    def _betas(self, codes: I4, signed: F8, against: Sequence[Basket]) -> F8:
        """Shrunk betas; a name without enough sessions has the mean of its side's, a side without any has 1."""
        if self.rules.neutral == "money":
            return np.ones(len(codes))
        window = self.rules.estimates
        estimates = [
            self.history.beta(int(i), basket, self.base, window)
            for i, basket in zip(codes, against, strict=True)
        ]
        known = np.array([shrunk(value, self.rules.shrink) for value in estimates])
        for side in (signed > 0.0, signed < 0.0):
            known[side] = filled_in(known[side], 1.0)
        return bounded(known)


def hedges_of(codes: I4, hedges: tuple[int, ...], panel: Panel) -> I4:
    """Position in `hedges` (columns) of the first in each code's currency, else of the first, (n,)."""
    currencies = panel.currency_of[list(hedges)]
    same = panel.currency_of[codes][:, None] == currencies[None, :]
    return np.asarray(np.where(same.any(axis=1), same.argmax(axis=1), 0), np.int32)


def _hedge_choices(
    launch: int, hedging: F8, hedges: tuple[int, ...], basket: Positions, panel: Panel, why: str
) -> Iterator[Choice]:
    """A choice for each hedge, from the first session of its own that is not before those it hedges.

    `why` is the reason for which none of these is traded, and then the hedge is not either; empty where one is.
    """
    if not hedges:
        return
    chosen = hedges_of(basket.code, hedges, panel)
    for h, signed in enumerate(hedging.tolist()):
        if abs(signed) >= LEAST:
            row = _own_row(int(basket.row[chosen == h].min()), hedges[h], panel)
            side = 1 if signed > 0.0 else -1
            yield Choice(launch, panel.codes[hedges[h]], side, abs(signed), row, outside(row, panel) or why)


def _own_row(row: int, code: int, panel: Panel) -> int:
    """The first row from `row` on that is a session of the code's exchange."""
    own = panel.own_rows(int(panel.exchange_of[code]))
    if row < 0:
        return row
    later = np.searchsorted(own, row)
    return int(own[later]) if later < len(own) else len(panel)


def _apart(choices: list[Choice], rules: BalanceRules, hold: int, panel: Panel) -> list[Choice]:
    """The choices without what overlaps."""
    wanted = [k for k, one in enumerate(choices) if not one.reason]
    code = np.array([panel.column(choices[k].code) for k in wanted], np.int64)
    launch, side, row = (
        np.array([getattr(choices[k], name) for k in wanted], np.int64) for name in ("launch", "side", "row")
    )
    weight = np.array([choices[k].weight for k in wanted], np.float64)
    legs = Legs(launch, code, side, weight, row, exit_rows(row, code, hold, panel))
    kept = without_overlap(legs, rules.overlap, rules.caps)
    why = Skip.NO_ROOM if rules.overlap == "cap" else Skip.OVERLAP
    for k, left in zip(wanted, kept.tolist(), strict=True):
        choices[k] = _with_weight(choices[k], left, why)
    return choices
