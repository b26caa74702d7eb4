"""Indexes beside the codes of a panel: levels to measure against, which no order may name."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .data.bars import Bars
from .data.instruments import Instrument
from .data.panel import CLOSED, SUSPENDED, TRADING, Panel

# What a level has in the arrays of rules: no limit, no lot, nothing to borrow.
_NO_RULES: Mapping[str, Any] = {
    "limit_up": np.inf,
    "limit_down": 0.0,
    "lot_min": 1,
    "lot_step": 1,
    "max_order": 0,
    "t_plus_one": False,
    "shortable": False,
    "borrow": 0.0,
}
_COPIED = ("tick_table",)


def with_level(panel: Panel, bars: Bars, instrument: Instrument) -> Panel:
    """The panel with one more column: the index's levels on the sessions of its exchange.

    A session counts as traded when it has a close, whatever the vendor says of volume. Its currency must be one
    that the panel has; the value of an index is in no base currency, so the panel's first currency stands in.
    """
    e = panel.exchanges.index(instrument.exchange)
    bars = bars.tidy()
    bars = bars.take(
        np.isin(bars.sessions, panel.sessions[panel.exchange_open[:, e]]) & np.isfinite(bars.close)
    )
    rows = np.searchsorted(panel.sessions, bars.sessions)
    columns: dict[str, Any] = {
        "status": np.where(panel.exchange_open[:, e], SUSPENDED, CLOSED),
        "volume": np.zeros(len(panel)),
    }
    columns["status"][rows] = TRADING
    for name in ("open", "high", "low", "close"):
        columns[name] = np.full(len(panel), np.nan)
        columns[name][rows] = getattr(bars, name)
    seen = np.maximum.accumulate(np.where(columns["status"] == TRADING, np.arange(len(panel)), -1))
    columns["mark"] = np.where(seen >= 0, columns["close"][np.maximum(seen, 0)], np.nan)
    columns["ref"] = np.full(len(panel), np.nan)
    columns |= {name: np.full(len(panel), value) for name, value in _NO_RULES.items()}
    columns |= {name: getattr(panel, name)[:, 0] for name in _COPIED}
    wider = {name: _beside(getattr(panel, name), column) for name, column in columns.items()}
    k = panel.currencies.index(instrument.currency) if instrument.currency in panel.currencies else 0
    return replace(
        panel,
        **wider,
        codes=(*panel.codes, instrument.code),
        instruments=(*panel.instruments, instrument),
        cost_class=np.append(panel.cost_class, panel.cost_class[:1]),
        currency_of=np.append(panel.currency_of, np.int8(k)),
        exchange_of=np.append(panel.exchange_of, np.int8(e)),
    )


def _beside(table: Any, column: Any) -> Any:
    """The (T, N) table with one more column, of the table's own type and order."""
    return np.asfortranarray(np.column_stack([table, column.astype(table.dtype)]))
