"""New bars laid over stored ones, and what that changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Days
from .bars import COLUMNS, CORPORATE_ACTION, PRICES, Bars, bars_from_columns
from .layout import bars_to_columns

NOTES = 20
# No vendor corrects a close by half: one of the two states is in another unit.
FACTOR = 1.5


@dataclass(frozen=True)
class Changes:
    """Sessions added, changed and removed against the stored bars; `past` when what was stored is no longer so."""

    added: int
    changed: int
    removed: int
    past: bool
    notes: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.added or self.past)


def merge_bars(old: Bars | None, new: Bars, first: str, last: str) -> Bars:
    """`new` in place of `old` from `first` to `last` (ISO days, both included), `old` elsewhere; sorted.

    An action on a day without a bar becomes a suspended row, as in the house format.
    """
    new = new.tidy()
    if len(new.actions) and not np.isin(new.actions["session"], new.sessions).all():
        new = bars_from_columns(new.code, bars_to_columns(new), new.source)
    if old is None or not len(old):
        return new
    begin, end = np.datetime64(first, "D"), np.datetime64(last, "D")
    keep = (old.sessions < begin) | (old.sessions > end)
    columns = {name: np.concatenate([getattr(old, name)[keep], getattr(new, name)]) for name in COLUMNS}
    order = np.argsort(columns["sessions"], kind="stable")
    held = (old.actions["session"] < begin) | (old.actions["session"] > end)
    actions = np.sort(np.concatenate([old.actions[held], new.actions]), order="session")
    columns = {name: values[order] for name, values in columns.items()}
    return Bars(code=new.code, **columns, actions=actions.astype(CORPORATE_ACTION), source=new.source).tidy()


def factor_apart(old: Bars, new: Bars) -> str:
    """The first session whose close differs between two states by a factor, with both values; empty when none does."""
    common, i, j = np.intersect1d(old.sessions, new.sessions, assume_unique=True, return_indices=True)
    before, after = old.close[i], new.close[j]
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.flatnonzero(np.abs(np.log(after / before)) > np.log(FACTOR))
    if not len(apart):
        return ""
    k = apart[0]
    return f"{common[k]} closed at {before[k]:.10g} in the store and at {after[k]:.10g} now"


def join_bars(code: str, parts: Sequence[Bars]) -> Bars:
    """One series under `code` of bars that stand under several codes, earliest code first; the later code's bar stands."""
    if len(parts) == 1:
        return parts[0] if parts[0].code == code else replace(parts[0], code=code)
    whole = replace(parts[0].tidy(), code=code)
    for part in parts[1:]:
        if len(part):
            first, last = str(part.sessions.min()), str(part.sessions.max())
            whole = merge_bars(whole, replace(part, code=code), first, last)
    names = [str(part.source.get("path", part.code)) for part in parts]
    digests = [str(part.source.get("sha256", "")) for part in parts]
    joined = {"path": "; ".join(names), "sha256": "+".join(digests), "rows": len(whole)}
    return replace(whole, source={**parts[-1].source, **joined})


def compare_bars(old: Bars | None, new: Bars) -> Changes:
    """What differs between two states of one code's bars, prices and volumes to the last digit."""
    if old is None:
        return Changes(len(new), 0, 0, past=False)
    common, i, j = np.intersect1d(old.sessions, new.sessions, assume_unique=True, return_indices=True)
    differs = np.zeros(len(common), bool)
    notes: list[str] = []
    for name in COLUMNS[1:]:
        before, after = getattr(old, name)[i], getattr(new, name)[j]
        apart = ~((before == after) | (np.isnan(before.astype(float)) & np.isnan(after.astype(float))))
        differs |= apart
        if name in (*PRICES, "volume", "pre_close"):
            notes += [
                f"{common[k]} {name} {before[k]:g} -> {after[k]:g}" for k in np.flatnonzero(apart)[:NOTES]
            ]
    removed = np.setdiff1d(old.sessions, new.sessions)
    notes += [f"{day} removed" for day in removed[:NOTES]]
    moved = np.setxor1d(old.actions, _actions_within(new, old.sessions))["session"]
    notes += [f"{day} corporate action" for day in np.unique(moved)[:NOTES]]
    differs |= np.isin(common, moved)
    changed = int(differs.sum())
    return Changes(
        added=len(new) - len(common),
        changed=changed,
        removed=len(removed),
        past=bool(changed or len(removed)),
        notes=tuple(sorted(notes)[:NOTES]),
    )


def _actions_within(bars: Bars, sessions: Days) -> NDArray[Any]:
    if not len(sessions):
        return bars.actions[:0]
    span = (bars.actions["session"] >= sessions[0]) & (bars.actions["session"] <= sessions[-1])
    return np.asarray(bars.actions[span])
