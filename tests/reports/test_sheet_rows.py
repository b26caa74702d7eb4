"""Every row of the tear sheet beside a figure worked out by hand: plain sums over lists, no pandas, no QuantStats."""

import bisect
import datetime as dt
import math
import re
import statistics as st
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from launchlab.engine.results.result import Result
from launchlab.reports.tearsheet import write_tearsheet

from ..markets.sheet_market import PERIODS, days_of, run_over, walk

NOTHING = "–"
# market, first day, last day, years that they are
RUNS = {
    "shanghai, a year": ("XSHG", "2025-01-01", "2025-12-31", 1.0),
    "hong kong, a year": ("XHKG", "2025-01-01", "2025-12-31", 1.0),
    "both, six years": ("both", "2020-01-01", "2025-12-31", 6.0),
    "hong kong, 30 months": ("XHKG", "2023-07-01", "2025-12-31", 2.5),
    "shanghai, two months": ("XSHG", "2025-11-01", "2025-12-31", 41 / 243),
}


@dataclass
class Path_:
    """Returns `r` on `days`, the sessions a year and the years."""

    r: list[float]
    days: list[dt.date]
    periods: float
    years: float
    exposure: float | None = None

    @property
    def level(self) -> list[float]:
        found, value = [], 1.0
        for one in self.r:
            value *= 1 + one
            found.append(value)
        return found

    @property
    def total(self) -> float:
        return self.level[-1] - 1

    @property
    def cagr(self) -> float:
        return self.level[-1] ** (1 / self.years) - 1

    @property
    def falls(self) -> list[float]:
        high, found = 1.0, []
        for value in self.level:
            high = max(high, value)
            found.append(value / high - 1)
        return found

    @property
    def spells(self) -> list[tuple[dt.date, dt.date, dt.date | None, float, int]]:
        """Began, deepest, recovered, depth, days; by a walk over the sessions."""
        found: list[tuple[dt.date, dt.date, dt.date | None, float, int]] = []
        open_: list[int] = []
        for t, fall in enumerate(self.falls):
            if fall < -1e-12:
                open_.append(t)
            elif open_:
                found.append(self._spell(open_, self.days[t]))
                open_ = []
        if open_:
            found.append(self._spell(open_, None))
        return sorted(found, key=lambda one: one[3])

    def _spell(
        self, rows: list[int], back: dt.date | None
    ) -> tuple[dt.date, dt.date, dt.date | None, float, int]:
        deepest = min(rows, key=lambda t: self.falls[t])
        end = back or self.days[-1] + dt.timedelta(days=1)
        return (
            self.days[rows[0]],
            self.days[deepest],
            back,
            self.falls[deepest],
            (end - self.days[rows[0]]).days,
        )

    def parts(self, key: Callable[[dt.date], object]) -> list[float]:
        pairs = groupby(zip(self.days, self.r, strict=True), key=lambda pair: key(pair[0]))
        return [math.prod(1 + r for _, r in group) - 1 for _, group in pairs]

    @property
    def months(self) -> list[float]:
        return self.parts(lambda day: (day.year, day.month))

    @property
    def quarters(self) -> list[float]:
        return self.parts(lambda day: (day.year, (day.month - 1) // 3))

    @property
    def calendar(self) -> list[float]:
        return self.parts(lambda day: day.year)

    def last(self, months: int) -> float | None:
        """Compound return of the sessions after the same day `months` earlier; None when the run is shorter."""
        end = self.days[-1]
        month = end.year * 12 + end.month - 1 - months
        year, month = divmod(month, 12)
        longest = (dt.date(year + (month == 11), (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
        since = dt.date(year, month + 1, min(end.day, longest))
        if self.days[0] > since and self.years < months / 12:
            return None
        return math.prod(1 + r for r in self.r[bisect.bisect_right(self.days, since) :]) - 1

    def annual(self, months: int) -> float | None:
        total = self.last(months)
        return None if total is None else (1 + total) ** (12 / months) - 1

    def moment(self, power: int) -> float:
        mean = sum(self.r) / len(self.r)
        deviation = math.sqrt(sum((x - mean) ** 2 for x in self.r) / len(self.r))
        return sum(((x - mean) / deviation) ** power for x in self.r) / len(self.r)

    @property
    def ratio(self) -> float:
        return st.mean(self.r) / st.stdev(self.r)

    @property
    def sharpe(self) -> float:
        return self.ratio * math.sqrt(self.periods)

    @property
    def sortino(self) -> float:
        loss = math.sqrt(sum(x * x for x in self.r if x < 0) / len(self.r))
        return st.mean(self.r) / loss * math.sqrt(self.periods)

    @property
    def smart(self) -> float:
        n, rho = len(self.r), abs(float(st.correlation(self.r[:-1], self.r[1:])))
        return math.sqrt(1 + 2 * sum((n - k) / n * rho**k for k in range(1, n)))

    @property
    def likely(self) -> float:
        spread = math.sqrt(
            (1 - self.moment(3) * self.ratio + (self.moment(4) - 1) / 4 * self.ratio**2) / (len(self.r) - 1)
        )
        return st.NormalDist().cdf(self.ratio / spread)

    @property
    def ulcer(self) -> float:
        return math.sqrt(sum(x * x for x in self.falls) / (len(self.r) - 1))

    @property
    def pain(self) -> float:
        sums = [
            sum(r for _, r in g)
            for _, g in groupby(zip(self.days, self.r, strict=True), key=lambda p: (p[0].year, p[0].month))
        ]
        return sum(sums) / abs(sum(x for x in sums if x < 0)) if min(sums) < 0 else math.nan

    def quantile(self, q: float) -> float:
        ordered, at = sorted(self.r), q * (len(self.r) - 1)
        low = math.floor(at)
        return ordered[low] + (at - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])

    def row(self, sign: int) -> int:
        return max((len(list(g)) for won, g in groupby(self.r, key=lambda x: x * sign > 0) if won), default=0)


def mean_of(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def share(values: list[float]) -> float:
    return sum(x > 0 for x in values) / len(values)


TAIL = math.exp(-(st.NormalDist().inv_cdf(0.05) ** 2) / 2) / math.sqrt(2 * math.pi) / 0.05
EXPECTED: dict[str, Callable[[Path_], object]] = {
    "Time invested": lambda p: p.exposure,
    "Total return": lambda p: p.total,
    "Growth a year (CAGR)": lambda p: p.cagr,
    "Volatility": lambda p: st.stdev(p.r) * math.sqrt(p.periods),
    "Sharpe": lambda p: p.sharpe,
    "Prob. Sharpe": lambda p: p.likely,
    "Smart Sharpe": lambda p: p.sharpe / p.smart,
    "Sortino": lambda p: p.sortino,
    "Smart Sortino": lambda p: p.sortino / p.smart,
    "Sortino/√2": lambda p: p.sortino / math.sqrt(2),
    "Omega": lambda p: sum(x for x in p.r if x > 0) / -sum(x for x in p.r if x < 0),
    "Gain/Pain by month": lambda p: p.pain,
    "Max drawdown": lambda p: min(p.falls),
    "… began": lambda p: p.spells[0][0],
    "… deepest": lambda p: p.spells[0][1],
    "… recovered": lambda p: p.spells[0][2] or "not yet",
    "Longest drawdown, days": lambda p: max(one[4] for one in p.spells),
    "Mean drawdown": lambda p: mean_of([one[3] for one in p.spells]),
    "Mean drawdown, days": lambda p: mean_of([one[4] for one in p.spells]),
    "Calmar": lambda p: p.cagr / -min(p.falls),
    "Recovery factor": lambda p: p.total / -min(p.falls),
    "Ulcer index": lambda p: p.ulcer,
    "Ulcer performance": lambda p: p.total / p.ulcer,
    "Risk-adjusted return": lambda p: None if p.exposure is None else p.cagr / p.exposure,
    "Skew": lambda p: p.moment(3),
    "Kurtosis": lambda p: p.moment(4),
    "Mean session": lambda p: st.mean(p.r),
    "Compound session": lambda p: p.level[-1] ** (1 / len(p.r)) - 1,
    "Mean gain": lambda p: mean_of([x for x in p.r if x > 0]),
    "Mean loss": lambda p: mean_of([x for x in p.r if x < 0]),
    "Payoff ratio": lambda p: st.mean(x for x in p.r if x > 0) / -st.mean(x for x in p.r if x < 0),
    "Tail ratio": lambda p: p.quantile(0.95) / -p.quantile(0.05),
    "Value at risk": lambda p: st.mean(p.r) + st.NormalDist().inv_cdf(0.05) * st.stdev(p.r),
    "Expected shortfall": lambda p: st.mean(p.r) - TAIL * st.stdev(p.r),
    "Gains in a row": lambda p: p.row(1),
    "Losses in a row": lambda p: p.row(-1),
    "This month": lambda p: p.months[-1],
    "3 months": lambda p: p.last(3),
    "6 months": lambda p: p.last(6),
    "This year": lambda p: p.calendar[-1],
    "1 year": lambda p: p.last(12),
    "3 years, a year": lambda p: p.annual(36),
    "5 years, a year": lambda p: p.annual(60),
    "10 years, a year": lambda p: p.annual(120),
    "Best session": lambda p: max(p.r),
    "Worst session": lambda p: min(p.r),
    "Best month": lambda p: max(p.months),
    "Worst month": lambda p: min(p.months),
    "Best year": lambda p: max(p.calendar),
    "Worst year": lambda p: min(p.calendar),
    "Mean month with a gain": lambda p: mean_of([x for x in p.months if x > 0]),
    "Mean month with a loss": lambda p: mean_of([x for x in p.months if x < 0]),
    "Sessions with a gain": lambda p: (share(p.r), len(p.r)),
    "Months with a gain": lambda p: (share(p.months), len(p.months)),
    "Quarters with a gain": lambda p: (share(p.quarters), len(p.quarters)),
    "Years with a gain": lambda p: (share(p.calendar), len(p.calendar)),
}
ANNUAL = {
    "Growth a year (CAGR)", "Volatility", "Sharpe", "Smart Sharpe", "Sortino", "Smart Sortino", "Sortino/√2", "Calmar",
    "Risk-adjusted return", "Alpha", "Information ratio", "Treynor ratio",
}  # fmt: skip


def beta(p: Path_, b: Path_) -> float:
    return st.covariance(p.r, b.r) / st.variance(b.r)


PAIRS: dict[str, Callable[[Path_, Path_], float]] = {
    "Beta": beta,
    "Alpha": lambda p, b: (st.mean(p.r) - beta(p, b) * st.mean(b.r)) * p.periods,
    "Correlation": lambda p, b: st.correlation(p.r, b.r),
    "R²": lambda p, b: st.correlation(p.r, b.r) ** 2,
    "Information ratio": lambda p, b: (
        st.mean(x - y for x, y in zip(p.r, b.r, strict=True))
        / st.stdev(x - y for x, y in zip(p.r, b.r, strict=True))
        * math.sqrt(p.periods)
    ),
    "Treynor ratio": lambda p, b: p.cagr / beta(p, b),
}


def table(page: str, name: str) -> dict[str, list[str]]:
    """First cell of each row of a table of the page, and the others."""
    body = re.search(rf'<table id="{name}">(.*?)</table>', page, re.DOTALL)
    assert body is not None
    rows = re.findall(r"<tr>(.*?)</tr>", body[1])
    cells = [re.findall(r"<t[hd](?: [^>]*)?>(.*?)</t[hd]>", row) for row in rows]
    return {first: rest for first, *rest in cells[1:]}


def same(text: str, value: object) -> bool:
    """Whether a cell says the value, to the digits that it shows."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return text == NOTHING
    if isinstance(value, dt.date | str):
        return text == str(value)
    if isinstance(value, tuple):
        first, _, count = text.partition(" of ")
        return same(first, value[0]) and count.replace(",", "") == str(value[1])
    plain = text.replace("−", "-").replace(",", "").removesuffix(" %")
    digits = len(plain.partition(".")[2])
    scale = 100 if text.endswith("%") else 1
    return abs(float(plain) - scale * float(value)) <= 0.5 * 10**-digits + 1e-9  # type: ignore[arg-type]


def run(name: str, benchmark: bool = True) -> tuple[Result, Path_, Path_ | None]:
    market, start, end, years = RUNS[name]
    days = days_of(market, start, end)
    own, other = walk(len(days), 1), walk(len(days), 2, 0.02)
    dates = [dt.date.fromisoformat(day) for day in days]
    result = run_over(days, own, other if benchmark else None, periods=PERIODS[market], years=years)
    index = Path_(other.tolist(), dates, PERIODS[market], years) if benchmark else None
    return result, Path_(own.tolist(), dates, PERIODS[market], years, 0.75), index


@pytest.mark.parametrize("name", sorted(RUNS))
def test_every_row_says_what_the_returns_say(name: str, tmp_path: Path) -> None:
    result, own, index = run(name)
    assert index is not None
    write_tearsheet(result, tmp_path / "t.html")
    found = table(tmp_path.joinpath("t.html").read_text(encoding="utf-8"), "metrics")
    assert set(found) == set(EXPECTED) | set(PAIRS)
    wrong = []
    for label, cells in found.items():
        untold = label in ANNUAL and own.years < 0.25
        if label in PAIRS:
            expected: list[object] = [PAIRS[label](own, index), None]
        else:
            expected = [EXPECTED[label](own), EXPECTED[label](index)]
        for text, value in zip(cells, [None, None] if untold else expected, strict=True):
            if not same(text, value):
                wrong.append((label, text, value))
    assert wrong == []


def test_without_a_benchmark_no_row_speaks_of_one(tmp_path: Path) -> None:
    result, own, _ = run("hong kong, a year", benchmark=False)
    write_tearsheet(result, tmp_path / "t.html")
    found = table(tmp_path.joinpath("t.html").read_text(encoding="utf-8"), "metrics")
    assert set(found) == set(EXPECTED)
    assert all(len(cells) == 1 for cells in found.values())
    assert same(found["Sharpe"][0], own.sharpe)


@pytest.mark.parametrize("name", ["both, six years", "hong kong, 30 months"])
def test_the_tables_of_years_and_drawdowns_are_those_of_the_returns(name: str, tmp_path: Path) -> None:
    result, own, index = run(name)
    assert index is not None
    write_tearsheet(result, tmp_path / "t.html")
    page = tmp_path.joinpath("t.html").read_text(encoding="utf-8")
    years = table(page, "years")
    assert list(years) == [str(year) for year in sorted({day.year for day in own.days})]
    for row, *expected in zip(years.values(), own.calendar, index.calendar, strict=True):
        assert all(same(text, value) for text, value in zip(row, expected, strict=True))
    falls = table(page, "drawdowns")
    assert list(falls) == [str(one[0]) for one in own.spells[:10]]
    for (_, _, back, depth, days), (recovered, deep, long) in zip(own.spells, falls.values(), strict=False):
        assert recovered == str(back or "not yet")
        assert same(deep, depth)
        assert same(long, days)


def test_an_open_drawdown_has_no_day_of_recovery(tmp_path: Path) -> None:
    days = days_of("XHKG", "2025-01-01", "2025-06-30")
    returns = np.full(len(days), 0.001)
    returns[-5] = -0.2
    write_tearsheet(run_over(days, returns, None, periods=246.0, years=0.5), tmp_path / "t.html")
    page = tmp_path.joinpath("t.html").read_text(encoding="utf-8")
    assert table(page, "drawdowns")[days[-5]][0] == "not yet"
    assert table(page, "metrics")["… recovered"] == ["not yet"]


def test_ratios_over_nothing_are_not_told(tmp_path: Path) -> None:
    days = days_of("XHKG", "2025-01-01", "2025-12-31")
    write_tearsheet(
        run_over(days, np.linspace(0.0, 0.002, len(days)), None, periods=246.0, years=1.0),
        tmp_path / "t.html",
    )
    found = table(tmp_path.joinpath("t.html").read_text(encoding="utf-8"), "metrics")
    for label in (
        "Sortino",
        "Omega",
        "Calmar",
        "Recovery factor",
        "Mean loss",
        "Payoff ratio",
        "… began",
        "Ulcer performance",
    ):
        assert found[label] == [NOTHING], label


@pytest.mark.parametrize("length", [1, 3])
def test_a_run_of_a_few_sessions_says_how_many_it_has(length: int, tmp_path: Path) -> None:
    days = days_of("XHKG", "2025-01-01", "2025-12-31")[:length]
    write_tearsheet(
        run_over(days, walk(length, 1) + 0.01, None, periods=246.0, years=length / 246), tmp_path / "t.html"
    )
    assert f"The run has {length} sessions" in tmp_path.joinpath("t.html").read_text(encoding="utf-8")
