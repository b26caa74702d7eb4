"""What a panel's sessions say of its codes up to a row: beta, volatility, traded value. Worked out once per market."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..arrays import F8, Bool, Rows
from .estimates import Window, beta, mean_return, traded_value, volatility
from .panel import SUSPENDED, TRADING, Panel
from .returns import Returns, levels_of, panel_returns

_KEPT = "_launch_history"
Basket = tuple[tuple[int, ...], tuple[float, ...]]  # columns and weights


@dataclass(frozen=True)
class History:
    """Estimates of a panel's codes, each from rows up to `base` alone, on the code's own sessions; NaN where not known."""

    panel: Panel
    _known: dict[tuple[object, ...], float] = field(default_factory=dict, repr=False, compare=False)
    _ranked: dict[tuple[object, ...], tuple[str, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @cached_property
    def returns(self) -> Returns:
        """Of every code, whole of corporate actions."""
        return panel_returns(self.panel)

    @cached_property
    def levels(self) -> F8:
        """Total-return level of every code in its own currency, (T, N); carried where its exchange is shut."""
        found = levels_of(self.panel, self.returns, self.panel.codes, {})
        return np.column_stack([found[code].level for code in self.panel.codes])

    @cached_property
    def value(self) -> F8:
        """Value traded in base currency, (T, N): the close times the volume, 0 on a suspended session."""
        p = self.panel
        money = p.close * p.volume * p.fx[:, p.currency_of]
        return np.where(p.status == TRADING, money, 0.0)

    @cached_property
    def listed(self) -> Bool:
        """Sessions on which a code could have been traded, or was suspended, (T, N)."""
        return np.asarray((self.panel.status == TRADING) | (self.panel.status == SUSPENDED))

    def beta(self, code: int, against: Basket, base: int, window: Window) -> float:
        """Beta of a code against a basket, in the code's currency and over exactly the days of its own returns."""
        key = ("beta", code, against, base, window)
        if key not in self._known:
            columns, rows = list(against[0]), self._rows(code, base, window)
            worth = self.levels[:, columns] * self.panel.fx[:, self.panel.currency_of[columns]]
            moves = mean_return(self._moves(code, worth, rows), np.array(against[1]))
            self._known[key] = beta(self.returns.simple[rows, code], moves, least=window.least)
        return self._known[key]

    def beta_to(self, level: F8, code: int, base: int, window: Window) -> float:
        """The same against a level (T,) in base currency, such as a benchmark's; NaN where it is not known."""
        rows = self._rows(code, base, window)
        moves = self._moves(code, level[:, None], rows)[:, 0]
        return beta(self.returns.simple[rows, code], moves, least=window.least)

    def volatility(self, code: int, base: int, window: Window) -> float:
        """Standard deviation of the code's daily returns."""
        key = ("volatility", code, base, window)
        if key not in self._known:
            rows = self._rows(code, base, window)
            self._known[key] = volatility(self.returns.simple[rows, code], least=window.least)
        return self._known[key]

    def traded_value(self, code: int, base: int, window: Window) -> float:
        """Mean value of a session in base currency; suspended sessions count as 0."""
        key = ("value", code, base, window)
        if key not in self._known:
            rows = np.flatnonzero(self.listed[: base + 1, code])[-window.most :]
            self._known[key] = traded_value(self.value[rows, code], least=window.least)
        return self._known[key]

    def by_value(self, role: str, base: int, theme: str, window: Window) -> tuple[str, ...]:
        """Members of a role on row `base`, the most traded first; without those of which nothing was traded."""
        key = (role, base, theme, window)
        if key not in self._ranked:
            members = self.panel.members(role, base, theme)
            value = {code: self.traded_value(self.panel.column(code), base, window) for code in members}
            traded = (code for code in members if value[code] > 0.0)
            self._ranked[key] = tuple(sorted(traded, key=lambda code: -value[code]))
        return self._ranked[key]

    def _rows(self, code: int, base: int, window: Window) -> Rows:
        """The last rows up to `base` on which the code has a return."""
        return np.flatnonzero(self.returns.since[: base + 1, code] >= 0)[-window.most :]

    def _moves(self, code: int, worth: F8, rows: Rows) -> F8:
        """Returns, over the days that each of the code's spans and in its currency, of what is `worth` so much base money."""
        level = worth / self.panel.fx[:, [self.panel.currency_of[code]]]
        before = self.returns.since[rows, code]
        return np.asarray(level[rows] / level[before] - 1.0, np.float64)


def history_of(panel: Panel) -> History:
    """The history of a panel, kept with it: thousands of points of a sweep ask the same panel."""
    kept = vars(panel)  # as a cached property of the panel would; not copied to other processes
    if _KEPT not in kept:
        kept[_KEPT] = History(panel)
    history: History = kept[_KEPT]
    return history
