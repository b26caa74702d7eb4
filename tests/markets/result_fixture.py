"""A finished run made up from a seed, for the tests of the pages: the tables agree with each other."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from launchlab.engine.results.result import COLUMNS, Result
from launchlab.engine.results.summary import RunSummary

CAPITAL = 10_000_000.0
HOSTILE = (
    "<script>window.hacked = 1</script>",
    '"><img src=x onerror="window.hacked = 1">',
    "</script><script>window.hacked = 1</script>",
    "{{metrics}} {% raw %} ${alert(1)} $\\frac{1}{2$ & ' \u2028 \u202egpj.exe",
    "Société Générale d’IA & Fils — 智谱 GLM-5 «é»",
)
CODES = ("2513.HK", "0100.HK", "0020.HK", "0700.HK", "9988.HK", "688158.SS", "300364.SZ", "603533.SS")
LONGS = ("2513.HK", "0100.HK", "0020.HK", "688158.SS", "300364.SZ", "603533.SS")
GIANTS = ("0700.HK", "9988.HK")
COMPANIES = ("Zhipu 智谱", "MiniMax", "SenseTime 商汤", "DeepSeek", "ByteDance", "Société Lumière")
KINDS = ("launch", "open-weights", "pricing")
REASONS = ("limit_up", "suspended", "sealed", "below_lot", "volume")
FX = {"HKD": 1.0, "CNY": 1.085}


@dataclass
class Account:
    """Cash, shares and the rows written while the made-up portfolio trades."""

    cash: float = CAPITAL
    shares: dict[str, float] = field(default_factory=dict)
    fills: list[dict[str, Any]] = field(default_factory=list)
    blocks: list[dict[str, Any]] = field(default_factory=list)


def make_result(
    *, sessions: int = 262, launches: int = 24, seed: int = 7, hostile: bool = False, flat: bool = False
) -> Result:
    """A run over `sessions` sessions from 2025-07-02 with `launches` launches; `hostile` names attack the pages."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2025-07-02", periods=sessions).strftime("%Y-%m-%d").to_numpy()
    bars = {code: _bars(rng, code, days) for code in CODES}
    ledger = _ledger(rng, days, launches, hostile)
    account, equity, positions, profits = _trade(rng, days, bars, ledger, flat)
    tables = {
        "fills": pd.DataFrame(account.fills, columns=list(COLUMNS["fills"])),
        "blocks": pd.DataFrame(account.blocks, columns=list(COLUMNS["blocks"])),
        "equity": equity,
        "positions": positions,
        "launches": _launch_table(rng, ledger, account, profits),
        "prices": pd.concat(bars.values(), ignore_index=True)[list(COLUMNS["prices"])],
        "comparison": _comparison(rng, days, equity),
    }
    return Result(**tables, summary=RunSummary.of(_summary(tables, days, hostile)))


def _bars(rng: np.random.Generator, code: str, days: Any) -> pd.DataFrame:
    n = len(days)
    close = np.round(60.0 * np.exp(np.cumsum(rng.normal(0.0004, 0.025, n))), 2)
    before = np.r_[close[0], close[:-1]]
    opened = np.round(before * np.exp(rng.normal(0, 0.008, n)), 2)
    mainland = not code.endswith(".HK")
    width = 0.2 if code.startswith(("688", "300")) else 0.1
    up = np.round(before * (1 + width), 2) if mainland else np.full(n, np.nan)
    down = np.round(before * (1 - width), 2) if mainland else np.full(n, np.nan)
    status = np.where(rng.random(n) < 0.02, "closed", "trading")
    table = pd.DataFrame({"session": days, "code": code, "status": status, "open": opened})
    table["high"] = np.round(np.maximum(opened, close) * 1.006, 2)
    table["low"] = np.round(np.minimum(opened, close) * 0.994, 2)
    table["close"], table["volume"] = close, np.round(rng.uniform(2e5, 9e6, n))
    table["limit_up"], table["limit_down"] = up, down
    return table


def _ledger(rng: np.random.Generator, days: Any, launches: int, hostile: bool) -> list[dict[str, Any]]:
    rows = []
    for i, start in enumerate(np.sort(rng.integers(3, len(days) - 12, launches))):
        codes = [LONGS[i % 6], LONGS[(i + 3) % 6], *GIANTS]
        rows.append(
            {
                "launch": f"L{i + 1:03d}",
                "row": int(start),
                "announced_at": f"{days[start - 1]}T{8 + i % 12:02d}:18:00+08:00",
                "precision": ("exact", "upper_bound", "date")[i % 3],
                "company": HOSTILE[i % 5] if hostile else COMPANIES[i % 6],
                "product": HOSTILE[(i + 1) % 5] if hostile else f"Model {i + 1}",
                "kind": KINDS[i % 3],
                "codes": ";".join(codes),
                "source": "https://example.invalid/notice" if i % 2 else "javascript:window.hacked=1",
            }
        )
    return rows


def _trade(
    rng: np.random.Generator,
    days: Any,
    bars: dict[str, pd.DataFrame],
    ledger: list[dict[str, Any]],
    flat: bool,
) -> tuple[Account, pd.DataFrame, pd.DataFrame, dict[tuple[str, bool], float]]:
    account, profits = Account(), {}
    orders: dict[int, list[tuple[Any, ...]]] = {}
    for launch in [] if flat else ledger:
        for leg, code in enumerate(launch["codes"].split(";")):
            side = -1 if code in GIANTS else 1
            if rng.random() < 0.25:
                account.blocks.append(_block(days[launch["row"]], code, launch["launch"], leg, side, rng))
                continue
            price = float(bars[code]["open"][launch["row"]])
            shares = side * round(0.06 * CAPITAL / price / _fx(code), -2)
            orders.setdefault(launch["row"], []).append((code, launch["launch"], leg, shares, "entry"))
            orders.setdefault(launch["row"] + 5, []).append((code, launch["launch"], leg, -shares, "hold"))
    equity, positions = [], []
    for t, day in enumerate(days):
        for order in orders.get(t, []):
            _fill(account, profits, day, float(bars[order[0]]["open"][t]), order)
        value = {c: s * float(bars[c]["close"][t]) * _fx(c) for c, s in account.shares.items() if s}
        positions += [
            (day, c, account.shares[c], float(bars[c]["close"][t]), _fx(c), v) for c, v in value.items()
        ]
        long, short = sum(v for v in value.values() if v > 0), -sum(v for v in value.values() if v < 0)
        borrow = round(short * 0.01 / 365, 2)
        account.cash -= borrow
        nav = account.cash + long - short
        equity.append((day, nav, account.cash, long, short, long + short, long - short, borrow, 0.0))
    account.blocks.sort(key=lambda row: (row["session"], row["code"]))
    return (
        account,
        pd.DataFrame(equity, columns=list(COLUMNS["equity"])),
        pd.DataFrame(positions, columns=list(COLUMNS["positions"])),
        profits,
    )


def _fx(code: str) -> float:
    return FX["HKD" if code.endswith(".HK") else "CNY"]


def _block(day: str, code: str, launch: str, leg: int, side: int, rng: np.random.Generator) -> dict[str, Any]:
    return {
        "session": day, "at": "open", "code": code, "launch": launch, "leg": leg, "wanted": side * 9_000.0,
        "filled": 0.0, "reason": REASONS[int(rng.integers(len(REASONS)))],
    }  # fmt: skip


def _fill(
    account: Account, profits: dict[tuple[str, bool], float], day: str, price: float, order: tuple[Any, ...]
) -> None:
    code, launch, leg, shares, reason = order
    value = shares * price * _fx(code)
    commission, stamp = round(abs(value) * 0.0003, 2), round(abs(value) * 0.001, 2) if shares < 0 else 0.0
    levies = round(abs(value) * 0.00008, 2)
    costs = round(commission + stamp + levies, 2)
    account.cash -= value + costs
    account.shares[code] = account.shares.get(code, 0.0) + shares
    key = (launch, code in GIANTS)
    profits[key] = profits.get(key, 0.0) - value - costs
    account.fills.append(
        {
            "session": day, "at": "open", "code": code, "launch": launch, "leg": leg, "shares": shares,
            "price": price, "currency": "HKD" if code.endswith(".HK") else "CNY", "fx": _fx(code),
            "commission": commission, "stamp": stamp, "levies": levies, "costs": costs, "cash": account.cash,
            "reason": reason,
        }
    )  # fmt: skip


def _launch_table(
    rng: np.random.Generator,
    ledger: list[dict[str, Any]],
    account: Account,
    profits: dict[tuple[str, bool], float],
) -> pd.DataFrame:
    rows = []
    for launch in ledger:
        name, entered = launch["launch"], [f for f in account.fills if f["reason"] == "entry"]
        gap, limits, costs = rng.normal(0.006, 0.01), abs(rng.normal(0, 0.004)), 0.0012
        captured = float(rng.normal(0.004, 0.03))
        session = next((f["session"] for f in entered if f["launch"] == name), launch["announced_at"][:10])
        rows.append(
            {
                **launch, "first_session": session, "legs": 4,
                "filled_legs": sum(f["launch"] == name for f in entered),
                "blocked": sum(b["launch"] == name for b in account.blocks),
                "paper": captured + gap + limits + 0.002 + 0.001 + costs, "captured": captured, "missed_gap": gap,
                "missed_limits": limits, "missed_size": 0.0, "missed_cash": 0.002, "slippage": 0.001, "costs": costs,
                "dividend_tax": 0.0, "borrow": 0.0,
                "long_profit": profits.get((name, False), 0.0), "short_profit": profits.get((name, True), 0.0),
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS["launches"]))


def _comparison(rng: np.random.Generator, days: Any, equity: pd.DataFrame) -> pd.DataFrame:
    n = len(days)
    shut = rng.random(n)
    return pd.DataFrame(
        {
            "session": days,
            "paper": equity["equity"] * np.exp(np.linspace(0, 0.06, n)),
            "benchmark": CAPITAL * np.exp(np.cumsum(rng.normal(0.0003, 0.011, n))),
            "open_markets": np.where(shut < 0.03, "XHKG", np.where(shut < 0.05, "XSHG", "XHKG+XSHG")),
        }
    )


def _summary(tables: dict[str, pd.DataFrame], days: Any, hostile: bool) -> dict[str, Any]:
    level, fills = tables["equity"]["equity"], tables["fills"]
    returns = level / level.shift(1).fillna(CAPITAL) - 1
    years, total = len(days) / 253.0, float(level.iloc[-1] / CAPITAL - 1)
    cagr, volatility = (1 + total) ** (1 / years) - 1, float(returns.std() * 253.0**0.5)
    downside = float(np.sqrt((np.minimum(returns, 0) ** 2).mean()))
    path = np.r_[CAPITAL, level]
    drawdown = float((path / np.maximum.accumulate(path) - 1).min())
    metrics = {
        "total_return": total, "cagr": cagr, "volatility": volatility,
        "sharpe": float(returns.mean() / returns.std() * 253.0**0.5) if volatility else None,
        "sortino": float(returns.mean() / downside * 253.0**0.5) if downside else None,
        "max_drawdown": drawdown, "calmar": cagr / -drawdown if drawdown else None,
        "mean_gross": float((tables["equity"]["gross"] / level).mean()), "mean_net": float((tables["equity"]["net"] / level).mean()),
        "exposure": float((tables["equity"]["gross"] > 0).mean()), "turnover": 12.4, "win_rate_launches": 0.55,
        "profit": float(level.iloc[-1] - CAPITAL), "costs": float(fills["costs"].sum()),
        "commission": float(fills["commission"].sum()), "stamp": float(fills["stamp"].sum()),
        "levies": float(fills["levies"].sum()), "borrow": float(tables["equity"]["borrow"].sum()), "dividends": 0.0,
        "fills": len(fills), "blocked": len(tables["blocks"]), "launches": len(tables["launches"]),
        "traded_launches": int((tables["launches"]["filled_legs"] > 0).sum()), "paper_return": total + 0.06,
        "benchmark_return": float(tables["comparison"]["benchmark"].iloc[-1] / CAPITAL - 1),
    }  # fmt: skip
    return {
        "launchlab": "0.1.0", "name": HOSTILE[2] if hostile else "long-short", "simulated": True,
        "engine": "backtrader", "strategy": HOSTILE[0] if hostile else "long-short",
        "parameters": {"entry": "open", "hold": 5, "stop": None, "gross": 0.6, "kinds": ["launch", "open-weights"]},
        "config": {"capital": CAPITAL, "currency": "HKD", "limit_policy": "strict", "participation": 0.1,
                   "brokerage": {"hk_commission": 0.0003, "note": HOSTILE[1] if hostile else "retail"}},
        "capital": CAPITAL, "currency": "HKD", "start": days[0], "end": days[-1], "sessions": len(days),
        "periods_per_year": 253.0, "benchmark": HOSTILE[3] if hostile else "3033.HK", "metrics": metrics,
        "definitions": {
            "sharpe": "mean / standard deviation (n-1) of session returns × sqrt(periods_per_year); no risk-free rate",
            "total_return": "last equity / starting capital − 1",
            "max_drawdown": "smallest equity / highest equity so far − 1",
        },
        "blocked": {str(k): int(v) for k, v in tables["blocks"]["reason"].value_counts().sort_index().items()},
        "data": [{"code": code, "source": "sample", "sha256": "ab" * 32, "first": days[0], "last": days[-1],
                  "rows": len(days)} for code in CODES],
        "launches_sha256": "cd" * 32,
        "warnings": [HOSTILE[1] if hostile else "0100.HK: the close of 2026-02-12 is off the tick"],
        "unknowns": ["2513.HK: the board lot is assumed to be 100"],
        "command": "launchlab backtest --strategy long-short --set hold=5",
    }  # fmt: skip
