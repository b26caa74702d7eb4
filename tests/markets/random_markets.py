"""Random markets that exercise every rule at once, for laws that must hold in all of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from launchlab.data.instruments.table import Instrument
from launchlab.data.panel.panel import ACTION, CLOSED, DELISTED, SUSPENDED, TRADING, UNLISTED, Panel
from launchlab.data.rules.costs import COST_WIDTH, FIRST_LEVY
from launchlab.engine.config import Config, ExitOn, LimitPolicy, Pairing
from launchlab.engine.legs import CLOSE, OPEN, empty_legs

EXCHANGES = ("XSHG", "XSHE", "XBSE", "XHKG")


def cost_row(*, hk: bool) -> NDArray[np.float64]:
    """A cost row with every kind of charge: rates, a fixed fee, minimum and maximum, both stamp roundings."""
    row = np.zeros(COST_WIDTH)
    row[FIRST_LEVY + 3 :: 4] = np.inf
    row[3], row[4] = (0.0008, 15.0) if hk else (0.00025, 5.0)
    row[0], row[1], row[2] = (0.001, 0.001, 1.0) if hk else (0.0, 0.0005, 0.0)
    levies = [
        (2.7e-5, 0, 0, np.inf),
        (1.5e-6, 0, 0, np.inf),
        (5e-5, 0, 0, np.inf),
        (0, 0.5, 0, np.inf),
        (2e-5, 0, 2, 100),
    ]
    for j, levy in enumerate(levies if hk else levies[:1]):
        row[FIRST_LEVY + 4 * j : FIRST_LEVY + 4 * j + 4] = levy
    return row


def random_panel(rng: np.random.Generator, rows: int = 60, codes: int = 6, *, deep: bool = False) -> Panel:
    """Two calendars, limits, suspensions, listings and delistings, splits and dividends, FX, tight volumes.

    The base currency is either exchange's or neither's, and in a third of the markets the mainland may be shorted too, so
    that all that is done to a share is also done at a rate other than one. A `deep` market has volume for everybody, and
    nobody is delisted.
    """
    sessions = np.busday_offset("2025-03-03", np.arange(rows)).astype("datetime64[D]")
    cn_open, hk_open = rng.random(rows) > 0.06, rng.random(rows) > 0.06
    both_shut = ~(cn_open | hk_open)
    cn_open |= both_shut
    is_open = np.column_stack([cn_open, cn_open, cn_open, hk_open])
    exchange = rng.choice([0, 1, 3], codes).astype(np.int8)
    exchange[0], exchange[1] = 3, 0
    shape = (rows, codes)
    a: dict[str, Any] = {
        k: np.full(shape, np.nan, order="F") for k in ("open", "high", "low", "close", "mark", "ref")
    }
    a["limit_up"], a["limit_down"] = np.full(shape, np.inf, order="F"), np.zeros(shape, order="F")
    a["volume"] = np.zeros(shape, order="F")
    a["status"] = np.full(shape, CLOSED, np.int8, order="F")
    actions: list[tuple[int, int, float, float, float]] = []
    for i in range(codes):
        _fill_code(rng, a, actions, i, hk=exchange[i] == 3, is_open=is_open[:, exchange[i]], deep=deep)
    hk = exchange == 3
    star = rng.random(codes) < 0.3
    lot_min = np.where(hk, rng.choice([20, 100, 500], codes), np.where(star, 200, 100)).astype(np.int32)
    lot_step = np.where(hk, lot_min, np.where(star, 1, 100)).astype(np.int32)
    largest = 100_000_000 if deep else rng.choice([3_000, 1_000_000], codes)
    base = str(rng.choice(["HKD", "CNY", "USD"]))
    short_sellers = hk | (rng.random() < 1 / 3)
    ticks = np.array([[0.25, 0.5, 10.0, 20.0, 100.0, 200.0, np.inf], [np.inf] * 7])
    sizes = np.array([[0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2], [0.01] * 7])
    whole = np.ones(shape, dtype=np.int32)
    return Panel(
        sessions=sessions,
        codes=tuple(f"{i:04d}.HK" if hk[i] else f"60{i:04d}.SS" for i in range(codes)),
        currency=base,
        instruments=tuple(Instrument(f"{i:04d}.HK") for i in range(codes)),
        **a,
        lot_min=np.asfortranarray(whole * lot_min),
        lot_step=np.asfortranarray(whole * lot_step),
        max_order=np.asfortranarray((whole * largest).astype(np.int32)),
        t_plus_one=np.asfortranarray(np.broadcast_to(~hk, shape)),
        shortable=np.asfortranarray(np.broadcast_to(short_sellers, shape) & (rng.random(shape) > 0.05)),
        borrow=np.asfortranarray(np.broadcast_to(rng.uniform(0.0, 0.3, codes), shape)),
        tick_table=np.asfortranarray(np.broadcast_to(np.where(hk, 0, 1).astype(np.int8), shape)),
        tick_bounds=ticks,
        tick_sizes=sizes,
        cost_class=np.where(hk, 0, 1).astype(np.int16),
        costs=np.broadcast_to(
            np.stack([cost_row(hk=True), cost_row(hk=False)]), (rows, 2, COST_WIDTH)
        ).copy(),
        currencies=("HKD", "CNY"),
        currency_of=np.where(hk, 0, 1).astype(np.int8),
        fx=_rates(rng, base, rows),
        exchanges=EXCHANGES,
        exchange_of=exchange,
        exchange_open=is_open,
        sessions_done=np.cumsum(is_open, axis=0).astype(np.int32),
        actions=np.sort(np.array(actions, ACTION), order=["row", "code"]),
    )


def _rates(rng: np.random.Generator, base: str, rows: int) -> NDArray[np.float64]:
    """Base money for a Hong Kong dollar and for a yuan at each close."""
    in_dollars = {"HKD": 0.128, "CNY": 0.139, "USD": 1.0}
    walk = {name: worth * np.exp(np.cumsum(rng.normal(0, 0.002, rows))) for name, worth in in_dollars.items()}
    return np.column_stack([walk[name] / walk[base] for name in ("HKD", "CNY")])


def _fill_code(
    rng: np.random.Generator,
    a: dict[str, Any],
    actions: list[Any],
    i: int,
    *,
    hk: bool,
    is_open: NDArray[np.bool_],
    deep: bool,
) -> None:
    rows = len(is_open)
    listed = int(rng.integers(3, 20)) if rng.random() < 0.2 else 0
    gone = int(rng.integers(rows // 2, rows)) if rng.random() < 0.3 and not deep else rows
    tick, band = 0.01, rng.choice([0.05, 0.1, 0.2])
    close = float(np.round(rng.uniform(2, 90), 2))
    wild = rng.choice([0.01, 0.03, 0.08, 0.25])
    mark = np.nan
    for t in range(rows):
        if not is_open[t]:
            a["mark"][t, i] = mark
            continue
        if t < listed or t >= gone:
            before = SUSPENDED if listed % 2 else UNLISTED  # listed long ago, its bars begin later; or new
            a["status"][t, i] = before if t < listed else DELISTED
            a["mark"][t, i] = mark
            continue
        ref = close
        if t > listed and rng.random() < 0.05:
            ratio = float(rng.choice([1.0, 1.3, 2.0, 0.1 if close < 5 else 1.0]))
            cash = float(rng.choice([0.0, 0.2]))
            ref = max(round((close - cash) / ratio, 2), 0.05)
            actions.append((t, i, ratio, cash, cash * (0.8 if not hk else 1.0)))
            mark = (mark - cash) / ratio
        a["ref"][t, i] = np.nan if t == listed and not deep and rng.random() < 0.5 else ref
        up = np.inf if hk else max(round(ref * (1 + band), 2), ref + tick)
        down = 0.0 if hk else max(round(ref * (1 - band), 2), tick)
        a["limit_up"][t, i], a["limit_down"][t, i] = up, down
        if rng.random() < 0.05:
            a["status"][t, i] = SUSPENDED
            a["mark"][t, i] = mark
            close = ref
            continue
        moves = ref * np.exp(rng.normal(0, wild, 4))
        if rng.random() < 0.08:
            moves[:] = ref * (1 + band + 0.1)
        prices = np.clip(np.maximum(np.round(moves, 2), tick), max(down, tick), up)
        a["open"][t, i], a["close"][t, i] = prices[0], prices[1]
        a["high"][t, i], a["low"][t, i] = prices.max(), prices.min()
        a["volume"][t, i] = 1e9 if deep else float(rng.choice([500, 5_000, 100_000, 3_000_000]))
        a["status"][t, i] = TRADING
        close = mark = float(prices[1])
        a["mark"][t, i] = mark


def random_legs(rng: np.random.Generator, panel: Panel, n: int = 25) -> NDArray[Any]:
    """Legs of several launches, overlapping on the same codes, sorted by row; in a third of the books most are shorts."""
    legs = empty_legs(n)
    legs["launch"] = np.sort(rng.integers(0, max(n // 3, 1), n))
    legs["code"] = rng.integers(0, len(panel.codes), n)
    legs["side"] = np.where(rng.random(n) < (0.8 if rng.random() < 1 / 3 else 0.33), -1, 1)
    legs["at"] = rng.choice([OPEN, OPEN, CLOSE], n)
    legs["row"] = rng.integers(1, len(panel), n)
    legs["wait"] = rng.integers(0, 5, n)
    legs["hold"] = rng.integers(1, 12, n)
    legs["weight"] = rng.choice([0.0001, 0.02, 0.1, 0.4, 1.2, 4.0], n)
    for name in ("stop", "target", "trail"):
        legs[name] = rng.choice([np.nan, 0.02, 0.05, 0.15], n)
    return legs[np.argsort(legs["row"], kind="stable")]


def random_config(rng: np.random.Generator) -> Config:
    """A portfolio's rules, tight enough that cash, margin and volume often bind and margin is called."""
    gross, maintenance = [(1.0, 0.0), (1.0, 0.95), (2.0, 0.48), (4.0, 0.24), (9.0, 0.11)][rng.integers(5)]
    return Config(
        capital=float(rng.choice([20_000.0, 1_000_000.0, 50_000_000.0])),
        limit_policy=LimitPolicy(rng.choice(["strict", "opened", "ignore"])),
        pairing=Pairing(rng.choice(["independent", "matched"])),
        exit_on=ExitOn(rng.choice(["close", "touch"])),
        participation=float(rng.choice([0.05, 0.5, 1.0])),
        slippage_bp=float(rng.choice([0.0, 0.0, 25.0])),
        slippage_ticks=int(rng.choice([0, 0, 2])),
        max_gross=gross,
        maintenance=maintenance,
        short_collateral=float(rng.choice([0.0, 1.05, 1.5])),
        close_out=bool(rng.random() < 0.3),
    )
