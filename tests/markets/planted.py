"""Strategies that know the future, the line that lets it in marked `# leak`, and others that come close and do not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import backtrader as bt
import numpy as np
from numpy.typing import NDArray

from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtrader.native.stepping.sealed import desk_of
from launchlab.strategies import Intent, TradeRules


@dataclass(frozen=True, kw_only=True)
class Planted(TradeRules):
    """Buys the launch's codes at the first auction where `wants` likes it."""

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        return self.to_legs(self.wishes(launches, panel), panel)

    def wishes(self, launches: Launches, panel: Panel) -> Iterator[Intent]:
        for k, code, t in self.places(launches, panel):
            if self.wants(panel, t, code):
                yield Intent(k, code, 1, 0.1, t)

    def places(self, launches: Launches, panel: Panel) -> Iterator[tuple[int, int, int]]:
        """Launch, column and row of what can be bought."""
        rows = self.entry_rows(launches, panel)
        for k, launch in enumerate(launches):
            for one in launch.codes:
                if one.code in panel:
                    code = panel.column(one.code)
                    t = int(rows[k, panel.exchange_of[code]])
                    if 8 < t < len(panel):
                        yield k, code, t

    def wants(self, panel: Panel, t: int, code: int) -> bool:
        return True


class CloseAtTheOpen(Planted):
    def wants(self, panel: Panel, t: int, code: int) -> bool:
        gap = panel.open[t, code] / panel.mark[t - 1, code] - 1.0
        return bool(gap > 0 or panel.close[t, code] > panel.open[t, code])  # leak


class OneBar(Planted):
    def wants(self, panel: Panel, t: int, code: int) -> bool:
        last = min(t + 1, len(panel) - 1)
        rises = panel.mark[last, code] > panel.mark[t, code]  # leak
        return bool(rises)


class WholeSample(Planted):
    def wishes(self, launches: Launches, panel: Panel) -> Iterator[Intent]:
        mark = panel.mark
        mean, spread = np.nanmean(mark, axis=0), 1.0  # leak
        score = (mark - mean) / spread
        for k, code, t in self.places(launches, panel):
            if score[t - 1, code] < 0:
                yield Intent(k, code, 1, 0.1, t)


class Centred(Planted):
    def wishes(self, launches: Launches, panel: Panel) -> Iterator[Intent]:
        filled = np.nan_to_num(panel.mark)
        smooth = np.stack([np.convolve(one, np.full(5, 0.2), "same") for one in filled.T], axis=1)  # leak
        for k, code, t in self.places(launches, panel):
            if smooth[t - 1, code] > filled[t - 1, code]:
                yield Intent(k, code, 1, 0.1, t)


class Early(Planted):
    def wishes(self, launches: Launches, panel: Panel) -> Iterator[Intent]:
        for k, code, t in self.places(launches, panel):
            yield Intent(k, code, 1, 0.1, t - 1)


class LaterRoles(Planted):
    def wishes(self, launches: Launches, panel: Panel) -> Iterator[Intent]:
        plays = panel.members("pure_play", len(panel) - 1)  # leak
        for k, code, t in self.places(launches, panel):
            if panel.codes[code] in plays:
                yield Intent(k, code, 1, 0.1, t)


class LaterRow(Planted):
    def wants(self, panel: Panel, t: int, code: int) -> bool:
        gone = panel.instruments[code].delisted  # leak
        return gone is None


class WholeLedger(Planted):
    def wishes(self, launches: Launches, panel: Panel) -> Iterator[Intent]:
        often = {one.company: sum(a.company == one.company for a in launches) for one in launches}  # leak
        for k, code, t in self.places(launches, panel):
            yield Intent(k, code, 1, 0.1 / often[launches[k].company], t)


class DaysFixing(Planted):
    def wants(self, panel: Panel, t: int, code: int) -> bool:
        rate = panel.rate(t, code)  # leak
        return bool(rate >= panel.rate(t - 1, code))


class LastClose(Planted):
    def wants(self, panel: Panel, t: int, code: int) -> bool:
        return bool(panel.mark[-1, code] > panel.mark[t - 1, code])  # leak


class DaysVolume(Planted):
    def wants(self, panel: Panel, t: int, code: int) -> bool:
        return bool(panel.volume[t, code] > panel.volume[t - 1, code])  # leak


LEAKY = (
    *(CloseAtTheOpen, OneBar, WholeSample, Centred, Early, LaterRoles, LaterRow, WholeLedger, DaysFixing),
    *(LastClose, DaysVolume),
)


class Momentum(Planted):
    def wants(self, panel: Panel, t: int, code: int) -> bool:
        return bool(panel.mark[t - 1, code] > panel.mark[t - 6, code])


class Gap(Planted):
    def wants(self, panel: Panel, t: int, code: int) -> bool:
        return bool(panel.open[t, code] > panel.ref[t, code])


class Score(Planted):
    def wants(self, panel: Panel, t: int, code: int) -> bool:
        past = panel.mark[:t, code]
        return bool(past[-1] < np.nanmean(past) + np.nanstd(past))


class Trailing(Planted):
    def wishes(self, launches: Launches, panel: Panel) -> Iterator[Intent]:
        filled = np.nan_to_num(panel.mark)
        total = np.cumsum(filled, axis=0)
        for k, code, t in self.places(launches, panel):
            if (total[t - 1, code] - total[t - 6, code]) / 5 < filled[t - 1, code]:
                yield Intent(k, code, 1, 0.1, t)


class RolesOfTheDay(Planted):
    def wishes(self, launches: Launches, panel: Panel) -> Iterator[Intent]:
        for k, code, t in self.places(launches, panel):
            if panel.codes[code] in panel.members("pure_play", t):
                yield Intent(k, code, 1, 0.1, t)


class LaunchesSoFar(Planted):
    def wishes(self, launches: Launches, panel: Panel) -> Iterator[Intent]:
        known = (
            launches.known_ns()
        )  # the order of the ledger is that of announcements: a bare day is known at its end
        for k, code, t in self.places(launches, panel):
            before = sum(
                one.company == launches[k].company
                for one, when in zip(launches, known, strict=True)
                if when <= known[k]
            )
            yield Intent(k, code, 1, 0.1 / before, t)


class YesterdaysFixing(Planted):
    def wants(self, panel: Panel, t: int, code: int) -> bool:
        return bool(panel.rate(t - 1, code) >= panel.rate(t - 2, code))


class PublicCalendar(Planted):
    """How many sessions of the week are left is known; of the last week only where it ends."""

    def wants(self, panel: Panel, t: int, code: int) -> bool:
        return panel.sessions[t].astype(object).weekday() < 4


class Liquid(Planted):
    def wants(self, panel: Panel, t: int, code: int) -> bool:
        return bool(np.nanmean(panel.volume[t - 5 : t, code]) > np.nanmean(panel.volume[:t, code]) * 0.8)


CLEAN = (
    *(Momentum, Gap, Score, Trailing, RolesOfTheDay, LaunchesSoFar, YesterdaysFixing, PublicCalendar),
    *(Liquid, Planted),
)


class NextClose(bt.Strategy):  # type: ignore[misc]
    def next(self) -> None:
        for data in self.datas:
            if data.close[1] > data.close[0]:  # leak
                self.buy(data, size=1000)


class CentredLine(bt.Indicator):  # type: ignore[misc]
    lines = ("centred",)

    def next(self) -> None:
        self.lines.centred[0] = (self.data[-1] + self.data[0] + self.data[1]) / 3  # leak


class WithCentredLine(bt.Strategy):  # type: ignore[misc]
    def __init__(self) -> None:
        self.lines_of = [CentredLine(data.close) for data in self.datas]

    def next(self) -> None:
        self.buy(self.data, size=1000)


class Reaches(bt.Strategy):  # type: ignore[misc]
    """Finds the market behind the broker."""

    def next(self) -> None:
        panel = desk_of(self.broker).panel
        row = panel.row(self.datetime.date())
        later = list(panel.mark[min(row + 1, len(panel) - 1)])  # leak
        for data in self.datas:
            if later[panel.column(data._name)] > data.close[0]:
                self.order_target_size(data, 1000)
            else:
                self.close(data)


class Average(bt.Strategy):  # type: ignore[misc]
    def __init__(self) -> None:
        self.averages = {data: bt.ind.SMA(data.close, period=5) for data in self.datas}

    def next(self) -> None:
        for data, average in self.averages.items():
            self.order_target_size(data, 1000 if data.close[0] > average[0] else 0)
