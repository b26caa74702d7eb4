"""Baskets of the universe: who played a role on the session before a launch could be traded, the most traded first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..data.arrays import I4
from ..data.errors import ConfigError
from ..data.ledger.launch import Launch, unknown_word
from ..data.panel.estimates import Window
from ..data.panel.panel import TRADING, UNLISTED, Panel
from .base import ChoiceRules, Skip, about

USUAL_TRADE = Window(20, 1)  # sessions whose mean traded value says how liquid a name is
SECTOR_FUND = "3033.HK"  # the Hang Seng Tech fund in Hong Kong dollars


@dataclass(frozen=True, kw_only=True)
class BasketRules(ChoiceRules):
    """Trade rules of a strategy that takes names from the universe where a launch has none of its own.

    A basket is decided on the last session that was over on every exchange before the first that could follow the
    launch: members of that day, by the mean value traded in the 20 sessions up to it.
    """

    names: int = field(default=5, metadata=about("largest number of names in a basket, the most traded"))
    theme: str = field(default="", metadata=about("theme of the universe; empty: all of it"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.names <= 100:
            raise ConfigError(f"names must be from 1 to 100, not {self.names}")

    def members(
        self, role: str, base: int, panel: Panel, but: Collection[str] = ()
    ) -> tuple[list[str], list[str]]:
        """The basket of a role on row `base`, and the more traded names that were sealed at their limit up that day.

        The next name takes the place of a sealed one. Nothing before the panel, and nothing of an empty universe.
        """
        if not 0 <= base < len(panel):
            return [], []
        from ..data.panel.history import history_of

        chosen: list[str] = []
        passed: list[str] = []
        for code in history_of(panel).by_value(role, base, self.theme, USUAL_TRADE):
            if len(chosen) == self.names:
                break
            if code in but:
                continue
            (passed if role == "pure_play" and is_sealed(code, base, panel) else chosen).append(code)
        return chosen, passed


def base_row(rows: I4, panel: Panel) -> int:
    """The last row that was over on every exchange before the first of `rows` (exchanges,); −1 before the panel."""
    return min(int(rows[e]) for e in {int(e) for e in panel.exchange_of}) - 1


def is_sealed(code: str, t: int, panel: Panel) -> bool:
    """Whether a buyer found nobody at the close of row t."""
    i = panel.column(code)
    return bool(panel.status[t, i] == TRADING and panel.locked(t, i, 1, "close"))


def not_listed(code: str, base: int, panel: Panel) -> str:
    """Why a code has no price on row `base`: no bars at all, or none yet; empty where it has one, or before the panel."""
    if code not in panel:
        return Skip.NO_BARS
    i = panel.column(code)
    if not 0 <= base < len(panel) or np.isfinite(panel.mark[base, i]):
        return ""
    return Skip.BEFORE_LISTING if panel.status[base, i] == UNLISTED else Skip.NO_BARS


def can_be_shorted(code: str, t: int, panel: Panel) -> bool:
    """Whether a code could be sold short on row t."""
    return bool(panel.shortable[t, panel.column(code)])


def sector_fund(base: int, panel: Panel, theme: str = "") -> str | None:
    """The fund that stands for the sector on row `base`: Hang Seng Tech's where it is in the panel, else the most traded."""
    if not 0 <= base < len(panel):
        return None
    from ..data.panel.history import history_of

    traded = history_of(panel).by_value("hedge", base, theme, USUAL_TRADE)
    ranked = [code for code in traded if can_be_shorted(code, base, panel)]
    return SECTOR_FUND if SECTOR_FUND in ranked else next(iter(ranked), None)


def launcher_codes(launch: Launch) -> list[str]:
    """The launcher's own codes; one whose role nobody says is taken for it."""
    return [one.code for one in launch.codes if one.launches]


def codes_of_roles(launch: Launch, roles: Sequence[str]) -> list[str]:
    """Codes of a launch that have one of the roles; a code without one counts as the issuer."""
    return [one.code for one in launch.codes if (one.role or "issuer") in roles]


def check_words(name: str, words: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a word that a parameter does not know."""
    for word in words:
        if word not in known:
            raise ConfigError(unknown_word(name, word, known))
