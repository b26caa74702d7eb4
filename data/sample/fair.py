"""What each simulated code is worth at every close: chance, shocks, and waypoints that the path must meet.

Chance is a hash of its own name, and the arithmetic is only + - * /, so that every machine draws the same
numbers; no library's random stream is involved.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

FIRST, LAST = "2025-07-02", "2026-07-17"
MARKET_VOLATILITY = 1.0  # percent a day
AFTERGLOW = (0.05, -0.04, -0.03)  # of a shock, on the sessions after it: some more, then part of it back
CRASH = -0.45  # no day is worse


@dataclass(frozen=True)
class Stock:
    """One row of names.csv: `volatility` is the code's own, in percent a day; `shares` its usual daily volume."""

    code: str
    start: float
    volatility: float
    beta: float
    shares: int


def noise(*name: object) -> float:
    """A number with mean 0 and standard deviation 1, within ±6, drawn from the hash of its name."""
    digest = hashlib.sha256("/".join(map(str, ("launchlab sample", *name))).encode()).digest()
    twelve = (int.from_bytes(digest[i : i + 2]) for i in range(0, 24, 2))
    return sum(twelve) / 65536.0 - 6.0


def market_move(code: str, session: str) -> float:
    """Return of the code's market that day, in percent; Hong Kong and the mainland share half of it."""
    common = noise("common", session)
    hong_kong = code.endswith(".HK") or code == "513180.SS"
    own = noise("hong kong" if hong_kong else "mainland", session)
    return MARKET_VOLATILITY * (0.7 * common + 0.7 * own)


def fair_values(
    name: Stock, sessions: Sequence[str], shocks: Mapping[str, float], waypoints: Mapping[str, float]
) -> list[float]:
    """Value at the close of each session, before ex-dates; `shocks` are fractions by session.

    Between two waypoints every day without a shock is moved by the same amount, so that the path meets both.
    """
    moves = [_move(name, session) for session in sessions]
    for i, session in enumerate(sessions):
        for later, share in enumerate((1.0, *AFTERGLOW)):
            if session in shocks and i + later < len(sessions):
                moves[i + later] += share * shocks[session]
    bounds = [-1, *(i for i, session in enumerate(sessions) if session in waypoints), len(sessions) - 1]
    values: list[float] = []
    level = name.start
    for first, last in pairwise(bounds):
        rows = range(first + 1, last + 1)
        free = [sessions[i] not in shocks for i in rows]
        part = [moves[i] for i in rows]
        if rows and sessions[last] in waypoints:
            part = _steered(part, free, waypoints[sessions[last]] / level)
        for move in part:
            level *= 1.0 + max(move, CRASH)
            values.append(level)
    return values


def _move(name: Stock, session: str) -> float:
    own = name.volatility * noise(name.code, session, "move")
    return (name.beta * market_move(name.code, session) + own) / 100.0


def _steered(moves: list[float], free: list[bool], growth: float) -> list[float]:
    """`moves` with the same amount added on every free day, found by halving, so that they compound to `growth`."""
    low, high = -0.9, 3.0
    for _ in range(80):
        middle = (low + high) / 2.0
        compound = 1.0
        for move in _shifted(moves, free, middle):
            compound *= 1.0 + max(move, CRASH)
        low, high = (middle, high) if compound < growth else (low, middle)
    return _shifted(moves, free, low)


def _shifted(moves: list[float], free: list[bool], by: float) -> list[float]:
    return [move + by if is_free else move for move, is_free in zip(moves, free, strict=True)]
