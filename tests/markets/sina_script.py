"""Sina's script of daily bars (kind 3466), written bit by bit as its decoder reads it.

Six bits a letter, the lowest first. A bar is control bits (what changes: widths, decimals, the day) and then open
against the close before, high, low and close against the open, volume and turnover against those before, each in its
width of three-bit units.
"""

from collections.abc import Sequence
from datetime import date

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
EPOCH = date(1970, 1, 1)
FIRST_DAY = 7657
KIND, NEWEST = 3466, 63
# Widths of open, high, low, close, volume, turnover, in three bits; as the decoder starts, and as they are set.
BEFORE, WIDTHS = (3, 3, 3, 3, 5, 5), (9, 9, 9, 9, 15, 17)
SIGNED = (True, False, False, True, True, True)

Row = tuple[str, float, float, float, float, float, float]


class _Bits:
    def __init__(self) -> None:
        self.bits: list[int] = []

    def add(self, *bits: int) -> None:
        self.bits += bits

    def number(self, value: int, width: int, *, signed: bool = False) -> None:
        low, high = (-(1 << width - 1), 1 << width - 1) if signed else (0, 1 << width)
        assert low <= value < high, (value, width)
        self.bits += [(value >> k) & 1 for k in range(width)]

    def change(self, by: int) -> None:
        """A step up or down: its sign, then as many ones as it is large, less one, and a zero."""
        self.add(1 if by > 0 else 0, *[1] * (abs(by) - 1), 0)

    def text(self) -> str:
        padded = self.bits + [0] * (-len(self.bits) % 6)
        parts = [padded[k : k + 6] for k in range(0, len(padded), 6)]
        return "".join(LETTERS[sum(bit << k for k, bit in enumerate(part))] for part in parts)


def sina_script(rows: Sequence[Row], decimals: int = 2) -> str:
    """Rows of (day, open, high, low, close, volume, turnover) as the letters between the quotes of Sina's answer."""
    out = _Bits()
    out.number(KIND, 12)
    out.number(NEWEST, 6)
    close = volume = amount = 0
    for k, row in enumerate(rows):
        out.add(1, 1)
        if k == 0:
            out.add(1, 1, 1, 0, 0, 0, 0)  # flags: turnover stands by itself
            out.add(1 if decimals != 2 else 0)
            if decimals != 2:
                out.change(3 * (decimals - 2))
            out.add(0, 0)
        else:
            out.add(0)
        out.add(1)
        for before, after in zip(BEFORE, WIDTHS, strict=True):
            out.add(1 if k == 0 else 0)
            if k == 0:
                out.change(after - before)
        out.add(1)
        out.number(1, 3)  # the day by itself
        out.number((date.fromisoformat(row[0]) - EPOCH).days - FIRST_DAY, 18, signed=True)
        out.add(0)
        opened, high, low, last = (round(price * 10**decimals) for price in row[1:5])
        steps = (
            opened - close,
            high - opened,
            opened - low,
            last - opened,
            int(row[5]) - volume,
            int(row[6]) - amount,
        )
        for step, width, signed in zip(steps, WIDTHS, SIGNED, strict=True):
            out.number(step, 3 * width, signed=signed)
        close, volume, amount = last, int(row[5]), int(row[6])
    out.add(1, 1, 0, 0, 0)
    return out.text()
