"""Bars of an instrument under every code it has had, as one series under today's code.

Beijing renumbered its stocks on 2025-10-09 (839493.BJ became 920493.BJ): shares, prices and rights went on unchanged,
so the bars before and after are one series without a corporate action.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from ..bars.bars import Bars, file_codes
from ..instruments.table import Instrument
from .merge import merge_bars
from .store import Store, is_store, iter_prices


def iter_instruments(prices: Path | Store, instruments: Sequence[Instrument]) -> Iterator[Bars]:
    """Bars of each instrument, one at a time, from a store, folder or zip; earlier codes are joined in front.

    Where two codes have the same session the later code's bar stands. A missing code is a DataError naming it.
    """
    aliased = [one for one in instruments if one.aliases]
    have = _codes(prices) if aliased else frozenset()
    for one in instruments:
        earlier = [code for code in one.aliases if code in have and code != one.code]
        if not earlier:
            yield from iter_prices(prices, [one.code])
            continue
        names = [*earlier, one.code] if one.code in have else earlier
        yield _join(one.code, list(iter_prices(prices, names)))


def _codes(prices: Path | Store) -> frozenset[str]:
    if isinstance(prices, Store):
        return frozenset(prices.codes())
    return frozenset(Store(prices).codes() if is_store(prices) else file_codes(prices))


def _join(code: str, parts: Sequence[Bars]) -> Bars:
    whole = replace(parts[0].tidy(), code=code)
    for part in parts[1:]:
        if len(part):
            whole = merge_bars(
                whole, replace(part, code=code), str(part.sessions.min()), str(part.sessions.max())
            )
    names = [str(part.source.get("path", part.code)) for part in parts]
    digests = [str(part.source.get("sha256", "")) for part in parts]
    source = {**parts[-1].source, "path": "; ".join(names), "sha256": "+".join(digests), "rows": len(whole)}
    return replace(whole, source=MappingProxyType(source))
