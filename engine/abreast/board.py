"""What the exchange says of each code in each session at the open, whoever asks and for how much: the judge's own answers."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I4, Bool
from ..compiled.windows import Layout, Rules
from ..judge.prices import exchange_answer
from ..judge.records import EPS, FILLED, Order, Quote, Tables
from ..legs import OPEN
from .asking import ask

COLUMNS = (
    "open", "high", "low", "close", "limit_up", "limit_down", "status", "shortable", "tick_table", "volume", "lot_min",
    "lot_step", "max_order", "cost_row", "size_price", "mark", "borrow",
)  # fmt: skip


class Action(NamedTuple):
    """A corporate action: its code's place in the board, what it pays and gives for an old share, and the price of fractions."""

    code: int
    terms: tuple[float, float, float]
    price: float


class Board(NamedTuple):
    """Arrays (T, N) of N codes, in local currency unless said; `enter` and `leave` by side, longs first, 0.0 for a refusal."""

    enter: tuple[F8, F8]
    leave: tuple[F8, F8]
    open: Bool  # the exchange
    allowed: F8  # shares under the participation cap
    lot_min: F8
    lot_step: F8
    max_order: F8
    cost_row: I4
    done: I4  # sessions of the exchange
    fx: F8  # base money for one unit
    known: F8  # the same when orders are sent
    base: F8  # base money that one share is sized at
    worth: F8  # base value of one share at the close
    night: F8  # base money that the borrow of one share costs the night after
    close: F8
    change: I4  # first row after this in which an action or a delisting is due, T for none
    gone: I4  # (N,): first delisted row
    last_mark: F8  # (N,): what a share is worth then
    exchange: I4  # (N,)
    row_of: I4  # (exchanges, T + 2): row of the n-th session
    costs: F8  # cost rows
    actions: dict[int, list[Action]]  # by row


def board_of(layout: Layout, codes: I4, rules: Rules) -> Board:
    """The board of these codes of a panel."""
    c, rows = layout.columns, len(layout.panel)
    turned = {name: np.ascontiguousarray(getattr(c, name)[codes].T) for name in COLUMNS}
    exchange, currency = c.exchange_of[codes], c.currency_of[codes]
    fx = np.ascontiguousarray(c.fx[currency].T)
    known = np.concatenate([fx[:1], fx[:-1]])
    worth = turned["mark"] * fx
    night = np.zeros_like(worth)
    night[:-1] = worth[:-1] * (turned["borrow"][:-1] * c.nights[1:, None] / 365.0)
    gone, actions = layout.gone[codes], _actions(layout, codes)
    return Board(
        *_answers(turned, rules, layout.tables),
        open=np.ascontiguousarray(c.exchange_open[exchange].T) != 0,
        allowed=np.floor(rules.participation * turned["volume"] + EPS),
        lot_min=turned["lot_min"].astype(np.float64),
        lot_step=turned["lot_step"].astype(np.float64),
        max_order=turned["max_order"].astype(np.float64),
        cost_row=turned["cost_row"],
        done=np.ascontiguousarray(c.sessions_done[exchange].T),
        fx=fx,
        known=known,
        base=turned["size_price"] * known,
        worth=worth,
        night=night,
        close=turned["close"],
        change=_changes(actions, gone, rows),
        gone=gone,
        last_mark=layout.panel.mark[np.maximum(gone - 1, 0), codes],
        exchange=exchange.astype(np.int32),
        row_of=layout.row_of,
        costs=layout.tables.costs,
        actions=actions,
    )


def _answers(c: dict[str, NDArray[Any]], rules: Rules, tables: Tables) -> tuple[tuple[F8, F8], tuple[F8, F8]]:
    """Price at which longs and shorts enter, and leave."""
    flat: dict[str, Any] = {name: values.reshape(-1) for name, values in c.items()}
    quote = Quote(
        flat["status"], flat["open"], flat["high"], flat["low"], flat["limit_up"], flat["limit_down"], 1.0, 1.0, np.inf,
        flat["shortable"], np.inf, flat["tick_table"], 0,
    )  # fmt: skip

    def price(wanted: float, held: float) -> F8:
        order = Order(wanted, OPEN, held, True, False)
        found, why = ask(exchange_answer, order, quote, rules.policy, tables)
        return np.where(why == FILLED, found, 0.0).reshape(c["open"].shape)

    return (price(1.0, 0.0), price(-1.0, 0.0)), (price(-1.0, 1.0), price(1.0, -1.0))


def _actions(layout: Layout, codes: I4) -> dict[int, list[Action]]:
    """The actions of these codes, by row, in the panel's order."""
    place = {int(code): k for k, code in enumerate(codes)}
    found: dict[int, list[Action]] = {}
    for row, code, (*terms, price) in zip(*(layout.actions[k].tolist() for k in (0, 1, 3)), strict=True):
        if code in place:
            found.setdefault(row, []).append(Action(place[code], (terms[0], terms[1], terms[2]), price))
    return found


def _changes(actions: dict[int, list[Action]], gone: I4, rows: int) -> I4:
    """First row after each in which an action or the end of a code is due, (T, N)."""
    at = np.full((rows + 1, len(gone)), rows, np.int32)
    for row, some in actions.items():
        for action in some if 0 <= row < rows else ():
            at[row, action.code] = row
    at[gone, np.arange(len(gone))] = gone
    return np.ascontiguousarray(np.minimum.accumulate(at[::-1], axis=0)[::-1][1:])
