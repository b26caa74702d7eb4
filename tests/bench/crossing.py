"""A backtrader strategy as its users write them, for the benchmark of strategies of one's own."""

import backtrader as bt


class Crossing(bt.Strategy):  # type: ignore[misc]
    """Buys a code when its fast average crosses above the slow one, and sells it when it crosses below."""

    params = (("fast", 5), ("slow", 20), ("shares", 1_000))

    def __init__(self) -> None:
        self.crosses = {}
        for data in self.datas:
            averages = [bt.ind.SMA(data.close, period=period) for period in (self.p.fast, self.p.slow)]
            self.crosses[data] = bt.ind.CrossOver(*averages)

    def next(self) -> None:
        for data, cross in self.crosses.items():
            held = self.getposition(data).size
            if cross[0] > 0 and not held:
                self.buy(data=data, size=self.p.shares)
            elif cross[0] < 0 and held:
                self.close(data=data)
