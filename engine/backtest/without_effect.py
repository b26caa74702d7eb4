"""What was asked of a market or a portfolio and met no order of the run: said, so that nobody takes it for tested."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.panel.panel import Panel
from ..config import MINUTE_FIELDS, Config, ExitOn, Pairing
from ..legs import CLOSE
from ..results.result import Result

WITHOUT_EFFECT = "without effect"
OF_LEGS = ("pairing", "exit_on", *MINUTE_FIELDS)


def without_effect(legs: NDArray[Any], panel: Panel, config: Config) -> tuple[str, ...]:
    """A sentence for each option that no leg meets (LEG dtype); nothing for a run without legs."""
    if not len(legs):
        return ()
    told: list[str] = []
    minutes = len(panel.minutes) > 0
    enters, by_minutes = bool((legs["at"] > CLOSE).any()), bool((legs["hold_minutes"] > 0).any())
    touches = config.exit_on is ExitOn.TOUCH and _has_exits(legs)
    if enters and not minutes:
        told.append(
            "`entry=now` waits for the close of the session where there are no minute bars; give `minutes`"
        )
    if by_minutes and not minutes:
        told.append(
            "`hold_minutes` ends at the close of its session where there are no minute bars; give `minutes`"
        )
    if minutes and not (enters or by_minutes or touches):
        told.append(
            "`minutes` serve orders that trade inside a session, and this run has none; use `entry=now`, `hold_minutes`, or "
            "a stop with `exit_on=touch`"
        )
    met = {"minute_price": minutes and (enters or by_minutes or touches), "give_up": minutes and enters}
    told += [
        f"`{name}` is for orders that meet minute bars, and this run has none; give `minutes` and `entry=now`"
        for name in MINUTE_FIELDS
        if _asked(config, name) and not met[name]
    ]
    if config.exit_on is ExitOn.TOUCH and not _has_exits(legs):
        told.append("`exit_on` says when stop, target and trail are judged, and none is set")
    if config.pairing is Pairing.MATCHED and not _has_both_sides(legs):
        told.append("`pairing` sizes the shorts of a launch to its longs, and no launch of this run has both")
    if panel.futures.any() and not panel.futures[legs["code"]].any():
        told.append(
            "`futures` are traded as a hedge alone, and this run has none; use `neutral=beta` and `hedge=IF`"
        )
    return tuple(f"{WITHOUT_EFFECT}: {sentence}" for sentence in told)


def without_effect_on_orders(panel: Panel, config: Config) -> tuple[str, ...]:
    """The same for a backtrader strategy, which sends orders of its own and sees neither minutes nor futures."""
    told = [
        f"`{name}` is for strategies that return legs; a backtrader strategy sends its own orders"
        for name in OF_LEGS
        if _asked(config, name)
    ]
    if len(panel.minutes):
        told.append("`minutes` are not seen by a backtrader strategy")
    if panel.futures.any():
        told.append("`futures` are not seen by a backtrader strategy")
    return tuple(f"{WITHOUT_EFFECT}: {sentence}" for sentence in told)


def warned(result: Result, sentences: tuple[str, ...]) -> Result:
    """The result with these sentences among the warnings of its summary."""
    if not sentences:
        return result
    return replace(result, summary=replace(result.summary, warnings=(*result.summary.warnings, *sentences)))


def _asked(config: Config, name: str) -> bool:
    return bool(getattr(config, name) != Config.model_fields[name].default)


def _has_exits(legs: NDArray[Any]) -> bool:
    return any(bool(np.isfinite(legs[name]).any()) for name in ("stop", "target", "trail"))


def _has_both_sides(legs: NDArray[Any]) -> bool:
    longs, shorts = (legs["launch"][legs["side"] == side] for side in (1, -1))
    return len(np.intersect1d(longs, shorts)) > 0
