"""How brokers head the columns of fills and holdings, in Chinese and English.

Collected from public importers of brokers' statements (TongDaXin, TongHuaShun, Eastmoney, Futu, Tiger, Interactive Brokers).
The first that a table has stands for the column; its others are left unread.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ...data.errors import DataError

FILLS = MappingProxyType(
    {
        "session": ("成交日期", "交易日期", "发生日期", "日期", "成交时间", "交易时间", "trade date", "tradedate", "date/time",
                    "datetime", "fill time", "date"),
        "code": ("证券代码", "股票代码", "代码", "symbol", "ticker"),
        "side": ("操作", "买卖标志", "买卖方向", "买卖", "方向", "业务名称", "buy/sell", "b/s", "action"),
        "shares": ("成交数量", "成交股数", "成交量", "filled qty", "fill qty", "filled quantity", "quantity", "qty"),
        "price": ("成交均价", "成交价格", "成交价", "fill price", "avg fill price", "average price", "avg price", "t. price",
                  "tradeprice", "trade price"),
    }
)  # fmt: skip
HOLDINGS = MappingProxyType(
    {
        "code": ("证券代码", "股票代码", "代码", "symbol", "ticker"),
        "shares": ("股票余额", "证券数量", "持仓数量", "当前持仓", "股份余额", "实际数量", "持仓", "quantity", "position", "qty"),
        "price": ("成本价", "参考成本价", "持仓成本", "成本", "cost price", "avg cost", "average cost", "average price"),
    }
)  # fmt: skip


def named(headings: Sequence[str], words: Mapping[str, Sequence[str]], where: str) -> list[str]:
    """The headings, those that a broker gives in other words by our names; DataError for one that stands twice."""
    plain = [heading.strip().lower() for heading in headings]
    ours = {heading: heading for heading in plain if heading in words}
    for name, others in words.items():
        first = next((other for other in others if other in plain), None)
        if name not in ours and first is not None:
            ours[first] = name
    names = [ours.get(each, heading.strip()) for each, heading in zip(plain, headings, strict=True)]
    twice = next((name for name in words if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{where} has the column {twice!r} twice; keep one of them")
    return names
