"""The minutes of a market: for a code in a row of the panel, the bars of its continuous trading, one after the other.

Only the sessions that somebody gave are there. Bars of all sessions stand in one table, in order of row, code and
time, so that what was known by a row is a beginning of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..arrays import F8, I8, Bool, Records
from .pools import Seal

# One bar: minutes after midnight on the exchange's clock at which it starts and stops; prices in local currency, raw,
# `open` NaN where the vendor gives none, `vwap` (turnover over volume) NaN without a turnover; volume in shares.
MINUTE_BAR = np.dtype(
    [("start", "i4"), ("stop", "i4")]
    + [(name, "f8") for name in ("open", "high", "low", "close", "vwap", "volume")],
    align=True,
)
PRICES = ("open", "high", "low", "close", "vwap")
MinuteTable = Records  # of MINUTE_BAR


@dataclass(frozen=True)
class Minutes:
    """Minute bars by row and code of a panel of `codes` codes; read-only.

    `key` (M,) is row × codes + code of each session that has bars, ascending; those of the m-th are
    `bars[first[m] : first[m + 1]]`, in order of time. `sources` says for each code where its bars came from,
    `seals` by key what a limit pool says of a session.
    """

    codes: int = 0
    key: I8 = field(default_factory=lambda: np.zeros(0, np.int64))
    first: I8 = field(default_factory=lambda: np.zeros(1, np.int64))
    bars: MinuteTable = field(default_factory=lambda: np.zeros(0, MINUTE_BAR))
    sources: tuple[Mapping[str, object], ...] = ()
    seals: Mapping[int, tuple[Seal, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("key", "first", "bars"):
            values = getattr(self, name).view()
            values.flags.writeable = False
            object.__setattr__(self, name, values)

    def __len__(self) -> int:
        """Sessions of a code that have bars."""
        return len(self.key)

    def of(self, row: int, code: int) -> MinuteTable:
        """The bars (MINUTE_BAR) of a code in a row, none where nobody gave any."""
        m = int(np.searchsorted(self.key, row * self.codes + code))
        if m == len(self.key) or self.key[m] != row * self.codes + code:
            return self.bars[:0]
        return self.bars[self.first[m] : self.first[m + 1]]

    def has(self, rows: I8, codes: I8) -> Bool:
        """Whether there are bars of codes in rows, shape as given."""
        found: Bool = np.isin(np.asarray(rows, np.int64) * self.codes + codes, self.key)
        return found

    def until(self, row: int) -> "Minutes":
        """The minutes of the rows up to `row`."""
        m = int(np.searchsorted(self.key, (row + 1) * self.codes))
        seals = {key: said for key, said in self.seals.items() if key < (row + 1) * self.codes}
        return Minutes(
            self.codes, self.key[:m], self.first[: m + 1], self.bars[: self.first[m]], self.sources, seals
        )

    def of_columns(self, kept: Sequence[int]) -> "Minutes":
        """The minutes of some columns of the panel, which become the only ones."""
        place = {code: i for i, code in enumerate(kept)}
        sessions = [
            (int(key) // self.codes, place[int(key) % self.codes], self.bars[a:b])
            for key, a, b in zip(self.key, self.first[:-1], self.first[1:], strict=True)
            if int(key) % self.codes in place
        ]
        seals = {
            key // self.codes * len(kept) + place[key % self.codes]: said
            for key, said in self.seals.items()
            if key % self.codes in place
        }
        return replace(to_minutes(len(kept), sessions, self.sources), seals=seals)

    def for_everybody(self) -> "Minutes":
        """The same bars with volume for any order, where anything was traded."""
        bars = self.bars.copy()
        bars["volume"] = np.where(bars["volume"] > 0.0, np.inf, bars["volume"])
        return replace(self, bars=bars)

    def with_other_prices(self, row: int, minute: int, factor: F8) -> "Minutes":
        """The same up to a minute of a row; what starts there or later is multiplied by each code's `factor` (codes,)."""
        bars = self.bars.copy()
        for m in range(int(np.searchsorted(self.key, row * self.codes)), len(self.key)):
            part = slice(int(self.first[m]), int(self.first[m + 1]))
            after = (bars["start"][part] >= minute) | (self.key[m] >= (row + 1) * self.codes)
            for name in (*PRICES, "volume"):
                bars[name][part] *= np.where(after, factor[self.key[m] % self.codes], 1.0)
        return replace(self, bars=bars)


def to_minutes(
    codes: int,
    sessions: Sequence[tuple[int, int, MinuteTable]],
    sources: tuple[Mapping[str, object], ...] = (),
) -> Minutes:
    """Minutes of (row, code, bars in order of time); sessions without a bar are left out."""
    held = sorted((one for one in sessions if len(one[2])), key=lambda one: one[:2])
    key = np.array([row * codes + code for row, code, _ in held], np.int64)
    lengths = [len(bars) for _, _, bars in held]
    first = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    bars = np.concatenate([bars for _, _, bars in held]) if held else np.zeros(0, MINUTE_BAR)
    return Minutes(codes, key, first, bars, sources)


NO_MINUTES = Minutes()
