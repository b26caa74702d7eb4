"""Raw records turned into the tables of a Result."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..._version import __version__
from ...data.arrays import F8
from ...data.calendars.hours import CALENDAR_OF
from ...data.instruments.table import ST_UNKNOWN
from ...data.ledger.launch import Launches
from ...data.panel.panel import STATUS_NAMES, Panel
from ...data.rules.bands import warning_matters
from ..choices import Choice
from ..config import Config
from ..legs import AT_NAMES, CLOSE, Reason, at_name
from .answer import answer
from .attribution import Ladder, attribute
from .exposure import Betas, to_exposure, to_hedges, told_exposure
from .fates import UNTRADED, to_fates, told_fates, without_trade
from .metrics import DEFINITIONS, Annual, equity_metrics, periods_per_year, tellable
from .minutes import without_minutes
from .path import launch_path
from .result import COLUMNS, PAID, WAIT, Result
from .run import Run
from .summary import RunSummary
from .tables import no_rows

RESTS = "rest on an assumed status: whether the share was under a risk warning (ST) that day is not known"
LABELS = {int(reason): reason.label for reason in Reason}


@dataclass(frozen=True)
class Books:
    """What a run was made of."""

    panel: Panel
    launches: Launches
    legs: NDArray[Any]
    config: Config
    ladder: Ladder | None = None
    choices: Sequence[Choice] = ()

    @property
    def days(self) -> NDArray[Any]:
        """Sessions as text, shape (T,)."""
        return np.asarray(self.panel.sessions.astype(str), dtype=object)

    def code_names(self, columns: NDArray[Any]) -> NDArray[Any]:
        return np.array(self.panel.codes, dtype=object)[columns]

    def launch_ids(self, positions: NDArray[Any]) -> NDArray[Any]:
        """Ids of launches by position; empty where it is −1, an order that answered none."""
        return np.array([*(launch.id for launch in self.launches), ""], dtype=object)[positions]


def to_result(
    books: Books, run: Run, paper: F8, benchmark: tuple[str, F8] | None, about: Mapping[str, Any]
) -> Result:
    """The Result of a run; `paper` is the equity without limits and costs, shape (T,)."""
    launches = attribute(books.panel, books.launches, books.legs, run, books.ladder)
    fates = to_fates(books.panel, books.launches, books.legs, run, books.choices)
    figures = _figures(books, run, paper, benchmark, launches) | told_fates(fates)
    betas = Betas.to(books.panel, benchmark)
    exposure = to_exposure(books.days, run, betas)
    hedges = to_hedges(books.launches, books.legs, run, betas)
    figures["exposure"] = told_exposure(exposure, hedges, run, figures["benchmark"])
    figures["path"] = launch_path(books.panel, run)
    idle = "" if len(run.fills) else _without_fills(run, fates)
    if idle:
        figures["warnings"] = (idle, *figures["warnings"])
    figures["answer"] = answer(launches, fates, figures | dict(about), idle)
    return Result(
        fills=_fills(books, run),
        blocks=_blocks(books, run),
        equity=_equity(books, run),
        positions=_positions(books, run),
        launches=launches,
        prices=_prices(books),
        comparison=_comparison(books, paper, benchmark),
        summary=RunSummary(**figures, **about),
        fates=fates,
        exposure=exposure,
        hedges=hedges,
        minutes=_minutes(books, run),
    )


def _without_fills(run: Run, fates: pd.DataFrame) -> str:
    """Why nothing was traded: what blocked the orders that answer no launch, else what became of the launches."""
    alone = Counter(LABELS[int(block["reason"])] for block in run.blocks if block["launch"] < 0)
    if not alone:
        return without_trade(fates)
    told = ", ".join(f"{count:,} {why.replace('_', ' ')}" for why, count in alone.most_common())
    return f"{UNTRADED}: every order of the strategy was blocked ({told}); blocks.csv has each"


def _table(name: str, columns: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame({column: columns[column] for column in COLUMNS[name]})


def _record_columns(books: Books, records: NDArray[Any]) -> dict[str, Any]:
    return {
        "session": books.days[records["row"]],
        "at": _at_names(records["at"]),
        "code": books.code_names(records["code"]),
        "launch": books.launch_ids(records["launch"]),
        "leg": records["leg"],
        "reason": [LABELS[int(why)] for why in records["reason"]],
    }


def _at_names(at: NDArray[np.int32]) -> NDArray[Any]:
    """The words of auctions, and the clock times of minutes."""
    names = np.array(AT_NAMES, dtype=object)[np.minimum(at, CLOSE)]
    inside = np.flatnonzero(at > CLOSE)
    names[inside] = [at_name(int(minute)) for minute in at[inside]]
    return names


def _fills(books: Books, run: Run) -> pd.DataFrame:
    f = run.fills
    currencies = np.array(books.panel.currencies, dtype=object)[books.panel.currency_of[f["code"]]]
    money = {name: f[name] for name in ("price", "fx", "commission", "stamp", "levies", "cash")}
    costs = f["commission"] + f["stamp"] + f["levies"]
    columns = _record_columns(books, f) | money | {"currency": currencies, "costs": costs}
    return _table("fills", columns | {"shares": np.rint(f["shares"]).astype(np.int64)})


def _blocks(books: Books, run: Run) -> pd.DataFrame:
    b = run.blocks
    amounts = {name: np.trunc(b[name]).astype(np.int64) for name in ("wanted", "filled")}
    return _table("blocks", _record_columns(books, b) | amounts)


def _equity(books: Books, run: Run) -> pd.DataFrame:
    columns = {
        "session": books.days,
        "equity": run.equity,
        "gross": run.long + run.short,
        "net": run.long - run.short,
    }
    columns |= {name: getattr(run, name) for name in ("cash", "long", "short", "borrow", "dividends")}
    return _table("equity", columns)


def _positions(books: Books, run: Run) -> pd.DataFrame:
    p, held = books.panel, run.positions
    price = p.mark[held["row"], held["code"]]
    fx = p.fx[held["row"], p.currency_of[held["code"]]]
    columns = {
        "session": books.days[held["row"]],
        "code": books.code_names(held["code"]),
        "price": price,
        "fx": fx,
    }
    columns["shares"] = np.rint(held["shares"]).astype(np.int64)
    return _table("positions", columns | {"value": held["shares"] * price * fx})


def _minutes(books: Books, run: Run) -> pd.DataFrame:
    """The minute bars of each session and code in which an order met some."""
    p = books.panel
    orders = np.concatenate([one[["row", "code", "at"]] for one in (run.fills, run.blocks)])
    met = np.unique(orders[orders["at"] > CLOSE][["row", "code"]])
    parts = [p.minutes.of(int(one["row"]), int(one["code"])) for one in met]
    if not parts:
        return no_rows("minutes")
    bars, counts = np.concatenate(parts), [len(part) for part in parts]
    columns = {name: bars[name] for name in ("open", "high", "low", "close", "volume")}
    clocks = {name: [at_name(int(minute)) for minute in bars[name]] for name in ("start", "stop")}
    days = np.repeat(books.days[met["row"]], counts)
    return _table(
        "minutes",
        columns | clocks | {"session": days, "code": books.code_names(np.repeat(met["code"], counts))},
    )


def _prices(books: Books) -> pd.DataFrame:
    """Bars of the codes that had a leg, on the sessions of their own exchange."""
    p = books.panel
    used = np.unique(books.legs["code"])
    parts = [p.own_rows(p.exchange_of[i]) for i in used]
    rows = np.concatenate(parts) if parts else np.zeros(0, int)
    columns_of = np.repeat(used, [len(part) for part in parts]) if parts else np.zeros(0, int)
    columns: dict[str, Any] = {"session": books.days[rows], "code": books.code_names(columns_of)}
    columns["status"] = np.array(STATUS_NAMES, dtype=object)[p.status[rows, columns_of]]
    for name in ("open", "high", "low", "close", "volume"):
        columns[name] = getattr(p, name)[rows, columns_of]
    up, down = p.limit_up[rows, columns_of], p.limit_down[rows, columns_of]
    columns["limit_up"] = np.where(np.isinf(up), np.nan, up)
    columns["limit_down"] = np.where(down <= 0.0, np.nan, down)
    return _table("prices", columns)


def _comparison(books: Books, paper: F8, benchmark: tuple[str, F8] | None) -> pd.DataFrame:
    p = books.panel
    level = (
        np.full(len(p), np.nan)
        if benchmark is None
        else books.config.capital * np.cumprod(1.0 + np.nan_to_num(benchmark[1])) + 0.0 * benchmark[1]
    )
    columns = {"session": books.days, "paper": paper, "benchmark": level}
    return _table("comparison", columns | {"open_markets": _open_markets(p)})


def _open_markets(p: Panel) -> NDArray[Any]:
    """Calendars of the book's own exchanges that had a session, such as XHKG+XSHG; shape (T,)."""
    names = np.full(len(p), "", dtype=object)
    for calendar in sorted({CALENDAR_OF[name] for name in p.traded_exchanges}):
        is_open = p.exchange_open[:, p.exchanges.index(calendar)]
        names += np.where(is_open, np.where(names == "", calendar, f"+{calendar}"), "").astype(object)
    return names


def _figures(
    books: Books, run: Run, paper: F8, benchmark: tuple[str, F8] | None, launches: pd.DataFrame
) -> dict[str, Any]:
    p, config = books.panel, books.config
    annual = Annual(periods_per_year(p.traded_exchanges), p.years)
    metrics: dict[str, float | None] = {}
    found = equity_metrics(run.equity, config.capital, annual) | activity(run, config.capital, p.years)
    metrics |= tellable(found, run.equity, config.capital, p.years)
    traded = launches[launches["filled_legs"] > 0]
    profit = traded["long_profit"] + traded["short_profit"]
    metrics |= {
        "launches": len(launches),
        "traded_launches": len(traded),
        "win_rate_launches": float((profit > 0).mean()) if len(traded) else None,
        "paper_return": float(paper[-1] / config.capital - 1.0),
    }
    metrics |= _beside(run.equity, config.capital, None if benchmark is None else benchmark[1])
    if len(launches):
        metrics |= {f"launch_{name}": float(launches[name].mean()) for name in ("paper", *PAID)}
    if not metrics.get(f"launch_{WAIT}"):
        metrics.pop(f"launch_{WAIT}", None)
    names, counts = np.unique(run.blocks["reason"], return_counts=True)
    idle = idle_members(books)
    return {
        "launchlab": __version__,
        "simulated": p.simulated,
        "config": config.told(),
        "capital": config.capital,
        "currency": p.currency,
        "start": str(p.sessions[0]),
        "end": str(p.sessions[-1]),
        "sessions": len(p),
        "periods_per_year": annual.periods,
        "years": annual.years,
        "benchmark": None if benchmark is None else benchmark[0],
        "metrics": metrics,
        "definitions": {
            name: text for name, text in DEFINITIONS.items() if name in metrics or name != f"launch_{WAIT}"
        },
        "blocked": {LABELS[int(why)]: int(n) for why, n in zip(names, counts, strict=True)},
        "data": tuple(dict(source) for source in p.provenance if source["code"] not in idle),
        "launches_sha256": books.launches.sha256,
        "warnings": tuple(
            f"{w['code']} {w['session']} {w['severity']}: {w['fault']}"
            for w in p.warnings
            if w["code"] not in idle
        ),
        "unknowns": (
            *fills_on_assumptions(p, run),
            *without_minutes(p, books.legs, run.fills),
            *(note for note in p.unknowns if note.partition(":")[0] not in idle),
        ),
    }


def idle_members(books: Books) -> frozenset[str]:
    """Members of the universe that no launch concerns and no leg trades: nothing of them bears on the run."""
    p = books.panel
    return frozenset(p.beside) - {p.codes[i] for i in np.unique(books.legs["code"])}


def _beside(equity: F8, capital: float, benchmark: F8 | None) -> dict[str, float | None]:
    """Return of the benchmark; where it does not cover the run, also that of the run over the benchmark's sessions."""
    if benchmark is None:
        return {"benchmark_return": None}
    rows = np.flatnonzero(np.isfinite(benchmark))
    told: dict[str, float | None] = {"benchmark_return": float(np.prod(1.0 + benchmark[rows]) - 1.0)}
    if len(rows) < len(benchmark):
        before = capital if rows[0] == 0 else float(equity[rows[0]])
        told["return_beside_benchmark"] = float(equity[rows[-1]] / before - 1.0) if before > 0.0 else None
    return told


def fills_on_assumptions(p: Panel, run: Run) -> tuple[str, ...]:
    """How many fills were judged by a limit that a risk warning, not known of, would have changed; nothing when none."""
    assumed = {note.partition(":")[0] for note in p.unknowns if "(ST)" in note or ST_UNKNOWN in note}
    count = 0
    for i in np.unique(run.fills["code"]):
        if p.codes[i] in assumed:
            rows = run.fills["row"][run.fills["code"] == i]
            count += int(warning_matters(p.instruments[i], p.sessions[rows]).sum())
    return (f"{count} of {len(run.fills)} fills {RESTS}",) if count else ()


def activity(run: Run, capital: float, years: float) -> dict[str, float]:
    """How much was held and traded, what it cost, and the profit: figures of engine/results/metrics.py."""
    f, equity = run.fills, run.equity
    value = float(np.abs(f["shares"] * f["price"] * f["fx"]).sum())
    positive = np.where(equity > 0.0, equity, np.inf)
    costs = {name: float(f[name].sum()) for name in ("commission", "stamp", "levies")}
    return {
        "mean_gross": float(np.mean((run.long + run.short) / positive)),
        "mean_net": float(np.mean((run.long - run.short) / positive)),
        "exposure": float(np.mean((run.long + run.short) > 0.0)),
        "turnover": value / max(float(np.mean(equity)), 1e-9) / years,
        "profit": float(equity[-1] - capital),
        **costs,
        "costs": sum(costs.values()),
        "borrow": float(run.borrow.sum()),
        "dividends": float(run.dividends.sum()),
        "fills": len(f),
        "blocked": len(run.blocks),
    }
