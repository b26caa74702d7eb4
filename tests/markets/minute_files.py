"""Minute bars as vendors write them: one session of one code, stamped with start or end, with or without auctions apart."""

import numpy as np

MAINLAND = ((570, 690), (780, 900))
HONG_KONG = ((570, 720), (780, 960))


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def starts_of(length: int, spans: tuple[tuple[int, int], ...] = MAINLAND) -> list[int]:
    return [minute for a, b in spans for minute in range(a, b, length)]


def session_text(
    day: str,
    *,
    length: int = 15,
    stamp: str = "end",
    spans: tuple[tuple[int, int], ...] = MAINLAND,
    first: float = 10.0,
    last: float = 10.0,
    volume: float = 1_000.0,
) -> str:
    """Rows without a head: closes on a line from `first` to `last`, `volume` shares a bar, and a turnover that agrees."""
    starts = starts_of(length, spans)
    closes = np.round(np.linspace(first, last, len(starts) + 1), 2)
    lines = []
    for k, start in enumerate(starts):
        a, b = closes[k], closes[k + 1]
        at = start if stamp == "start" else min(start + length, next(end for _, end in spans if start < end))
        paid = volume * (a + b) / 2.0
        lines.append(f"{day} {clock(at)}:00,{a},{max(a, b)},{min(a, b)},{b},{volume},{paid:.2f}")
    return "\n".join(lines) + "\n"


HEAD = "time,open,high,low,close,volume,amount\n"
