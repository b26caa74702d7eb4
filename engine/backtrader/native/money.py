"""What sizers and trades ask about the money of one code."""

from typing import Any

import backtrader as bt

from .stepping.sealed import desk_of, seal


class LocalMoney(bt.CommInfoBase):  # type: ignore[misc]
    """What sizers and trades ask of one code: prices in local currency, money in the base currency of the day."""

    def __init__(self, desk: Any, code: int) -> None:
        super().__init__()
        seal(self, desk)
        self.code = code

    def fx(self) -> float:
        return desk_of(self).rate(self.code)

    def getsize(self, price: float, cash: float) -> int:
        return int(cash // (price * self.fx())) if price > 0.0 else 0

    def getoperationcost(self, size: float, price: float) -> float:
        return abs(size) * price * self.fx()

    def getvaluesize(self, size: float, price: float) -> float:
        return size * price * self.fx()

    def getvalue(self, position: Any, price: float) -> float:
        return self.getvaluesize(position.size, price)

    def profitandloss(self, size: float, price: float, newprice: float) -> float:
        return size * (newprice - price) * self.fx()

    def getcommission(self, size: float, price: float) -> float:
        return desk_of(self).cost(self.code, size, price)
