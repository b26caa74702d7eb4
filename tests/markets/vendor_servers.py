"""One invented month of one share as five vendors would state it, each in its own form and units.

The share is ChiNext's 301005: from 18.50 it goes to 10.00 by 8 bonus shares and 5.00 in cash for 10 (an ex-date of 2022 with
these numbers is on record), is halted a day, and offers 3 shares for 10 at 5.00 when it stands at 13.00, which makes 11.15.
"""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .fake_yahoo import Listing
from .sina_script import sina_script

CODE, NUMBER = "301005.SZ", "301005"
EX_DATE, RIGHTS_DATE, HALTED = "2022-05-17", "2022-05-25", "2022-05-19"


class Day(NamedTuple):
    day: str
    open: float
    high: float
    low: float
    close: float
    volume: int
    reference: float

    @property
    def amount(self) -> int:
        return round(self.volume * round((self.open + self.close) / 2, 2))


DAYS = (
    Day("2022-05-12", 18.30, 18.60, 18.10, 18.40, 1_000_000, 18.20),
    Day("2022-05-13", 18.40, 18.80, 18.30, 18.60, 1_100_000, 18.40),
    Day("2022-05-16", 18.60, 18.70, 18.40, 18.50, 1_200_000, 18.60),
    Day("2022-05-17", 10.10, 10.60, 10.00, 10.50, 2_500_000, 10.00),
    Day("2022-05-18", 10.50, 11.20, 10.40, 11.10, 2_600_000, 10.50),
    Day("2022-05-20", 11.20, 12.10, 11.10, 12.00, 2_000_000, 11.10),
    Day("2022-05-23", 12.00, 12.60, 11.90, 12.50, 2_100_000, 12.00),
    Day("2022-05-24", 12.50, 13.10, 12.40, 13.00, 2_200_000, 12.50),
    Day("2022-05-25", 11.20, 11.60, 11.00, 11.40, 3_000_000, 11.15),
    Day("2022-05-26", 11.40, 11.70, 11.30, 11.50, 2_000_000, 11.40),
)
SPAN = (dt.date(2022, 5, 12), dt.date(2022, 5, 26))
TOKEN = "a-token-that-must-not-be-seen"


def adjusted(days: Sequence[Day]) -> tuple[Day, ...]:
    """The month forward-adjusted, turnover and volume as they were: prices before the ex-date as (price − 0.5) / 1.8."""

    def back(price: float) -> float:
        return round((price - 0.5) / 1.8, 2)

    return tuple(
        one
        if one.day >= EX_DATE
        else Day(one.day, *(back(price) for price in one[1:5]), one.volume, back(one.reference))
        for one in days
    )


def tushare_tables(number: str = NUMBER) -> dict[str, list[dict[str, object]]]:
    """Tushare's tables of the month, in lots and thousands."""
    code = f"{number}.SZ"
    factor = {
        day.day: 1.0 if day.day < EX_DATE else 1.85 if day.day < RIGHTS_DATE else 1.85 * 13 / 11.15
        for day in DAYS
    }
    return {
        "daily": [
            {
                "ts_code": code, "trade_date": one.day.replace("-", ""), "open": one.open, "high": one.high, "low": one.low,
                "close": one.close, "pre_close": one.reference, "vol": one.volume / 100, "amount": one.amount / 1000,
            }
            for one in reversed(DAYS)
        ],
        "suspend_d": [
            {"ts_code": code, "trade_date": HALTED.replace("-", ""), "suspend_timing": None, "suspend_type": "S"},
            {"ts_code": code, "trade_date": "20220520", "suspend_timing": "09:30-10:00", "suspend_type": "S"},
        ],
        "namechange": [
            {"ts_code": code, "name": "超捷股份", "start_date": "20210601", "end_date": "20220522"},
            {"ts_code": code, "name": "*ST超捷", "start_date": "20220523", "end_date": None},
        ],
        "dividend": [
            {"ts_code": code, "div_proc": "实施", "stk_div": 0.8, "cash_div_tax": 0.5, "ex_date": EX_DATE.replace("-", "")},
            {"ts_code": code, "div_proc": "预案", "stk_div": 9.9, "cash_div_tax": 9.9, "ex_date": None},
        ],
        "adj_factor": [
            {"ts_code": code, "trade_date": day.replace("-", ""), "adj_factor": value} for day, value in factor.items()
        ],
        "stk_limit": [
            {
                "ts_code": code, "trade_date": one.day.replace("-", ""), "up_limit": _half_up(one.reference * 1.2),
                "down_limit": _half_up(one.reference * 0.8),
            }
            for one in DAYS
        ],
        "stock_basic": [{"ts_code": code, "list_date": "20210601", "delist_date": None, "list_status": "L"}],
        "new_share": [{"ts_code": code, "price": 36.45}],
    }  # fmt: skip


def _half_up(price: float) -> float:
    return int(price * 100 + 0.5 + 1e-9) / 100


def tushare_answer(
    tables: dict[str, list[dict[str, object]]], denied: Sequence[str] = ()
) -> Callable[..., tuple[int, str]]:
    """What Tushare's address answers to a question."""

    def answer(_host: str, _path: str, _query: object, body: bytes) -> tuple[int, str]:
        asked = json.loads(body)
        if asked["token"] != TOKEN:
            return 200, json.dumps(
                {"code": 40101, "msg": f"您的token {asked['token']} 不对，请确认。", "data": None}
            )
        if asked["api_name"] in denied:
            return 200, json.dumps({"code": 40203, "msg": "抱歉，您没有接口访问权限", "data": None})
        wanted = asked["params"]
        rows = [
            row
            for row in tables.get(asked["api_name"], [])
            if row.get("ts_code") == wanted.get("ts_code", row.get("ts_code"))
            and row.get("list_status", "L") == wanted.get("list_status", "L")
            and (
                "trade_date" not in row
                or wanted["start_date"] <= str(row["trade_date"]) <= wanted["end_date"]
            )
        ][wanted["offset"] : wanted["offset"] + wanted["limit"]]
        names = asked["fields"].split(",")
        items = [[row.get(name) for name in names] for row in rows]
        return 200, json.dumps(
            {"code": 0, "msg": "", "data": {"fields": names, "items": items, "has_more": False}}
        )

    return answer


def klines(days: Sequence[Day], *, unit: int = 100) -> str:
    """Eastmoney's answer: day, open, close, high, low, volume, turnover, amplitude, change in %, change, turnover rate."""
    lines = [
        f"{one.day},{one.open:.2f},{one.close:.2f},{one.high:.2f},{one.low:.2f},{one.volume // unit},{one.amount},"
        f"2.00,1.00,{one.close - one.reference:.2f},0.50"
        for one in days
    ]
    return json.dumps({"rc": 0, "data": {"code": NUMBER, "market": 0, "klines": lines}})


DIVIDEND_HEADINGS = (
    "公告日期",
    "分红方案(每10股)",
    "分红方案(每10股)",
    "分红方案(每10股)",
    "进度",
    "除权除息日",
    "股权登记日",
    "红股上市日",
    "查看详细",
)
DIVIDEND_COLUMNS = (
    "公告日期",
    "送股(股)",
    "转增(股)",
    "派息(税前)(元)",
    "进度",
    "除权除息日",
    "股权登记日",
    "红股上市日",
    "查看详细",
)
RIGHTS_COLUMNS = ("公告日期", "配股方案(每10股配股股数)", "配股价格(元)", "基准股本(万股)", "除权日", "股权登记日", "缴款起始日", "缴款终止日", "配股上市日", "募集资金合计(元)", "查看详细")  # fmt: skip


def _cells(name: str, cells: Sequence[object]) -> str:
    return "<tr>" + "".join(f"<{name}>{cell}</{name}>" for cell in cells) + "</tr>"


NO_DATA = "暂时没有数据！"


def bonus_page(dividends: Sequence[Sequence[object]], rights: Sequence[Sequence[object]]) -> str:
    """Sina's page of a share's dividends (bonus, transfer, cash for ten; state; ex-date) and rights (for ten, price, ex-date)."""
    paid = [("2022-05-10", *row, "2022-05-16", "--", "查看") for row in dividends] or [(NO_DATA,) * 9]
    asked = [
        ("2022-05-20", ten, price, 1000, day, "2022-05-24", *["2022-05-25"] * 2, "2022-06-10", 1, "查看")
        for ten, price, day in rights
    ] or [(NO_DATA,) * 11]
    return (
        "<table><tr><th>x</th></tr><tr><td>y</td></tr></table>" * 12
        + "<table><thead><tr><th colspan=9>分红</th></tr>"
        + _cells("th", DIVIDEND_HEADINGS)
        + _cells("th", DIVIDEND_COLUMNS)
        + "</thead>"
        + "".join(_cells("td", row) for row in paid)
        + "</table><table><thead><tr><th colspan=11>配股</th></tr>"
        + _cells("th", RIGHTS_COLUMNS)
        + "</thead>"
        + "".join(_cells("td", row) for row in asked)
        + "</table>"
    )


BONUS_PAGE = bonus_page(
    [(3, 5, 5, "实施", EX_DATE), (0, 0, 9, "预案", "--")],
    [(3, 5, RIGHTS_DATE)],
)


def chinese_sites(
    days: Sequence[Day] = DAYS, *, unit: int = 100, number: str = NUMBER
) -> Callable[..., tuple[int, str]]:
    """What Eastmoney and Sina answer: 301005's month, nothing of any other code."""

    def answer(host: str, path: str, query: dict[str, list[str]], _body: bytes) -> tuple[int, str]:
        if host.endswith("eastmoney.com"):
            if query["secid"] != [f"0.{number}"]:
                return 200, json.dumps({"rc": 100, "data": None})
            begin, end = query["beg"][0], query["end"][0]
            return 200, klines([one for one in days if begin <= one.day.replace("-", "") <= end], unit=unit)
        if "ShareBonus" in path:
            return 200, f"<html><body>{BONUS_PAGE}</body></html>"
        if "getAmountBySymbol" in path:
            return 200, 'var KKE=([{date:"2021-06-01",amount:"5712"}]);'
        if f"sz{number}/hisdata_klc2" in path:
            return 200, f'var KLC="{sina_script([(*one[:6], one.amount) for one in days])}";'
        return 404, "nothing here"

    return answer


def baostock_rows(days: Sequence[Day] = DAYS, number: str = NUMBER) -> dict[tuple[str, str], list[list[str]]]:
    code = f"sz.{number}"
    bars = [
        [
            one.day,
            *(f"{price:.4f}" for price in one[1:5]),
            f"{one.reference:.4f}",
            str(one.volume),
            str(one.amount),
            "1",
            str(int(one.day >= "2022-05-23")),
        ]
        for one in days
    ]
    halted = [HALTED, *["11.1000"] * 5, "", "", "0", "0"]
    return {
        ("query_history_k_data_plus", code): sorted([*bars, halted]),
        ("query_adjust_factor", code): [[code, EX_DATE, "0.54", "1.85", "1.85"], [code, RIGHTS_DATE, "1", "2.1", "2.1"]],
        ("query_dividend_data", code): [[code, EX_DATE, "0.50", "0.3", "0.5"]],
        ("query_stock_basic", code): [[code, "超捷股份", "2021-06-01", "", "1", "1"]],
    }  # fmt: skip


def yahoo_listing(days: Sequence[Day] = DAYS) -> Listing:
    """Yahoo divides what came before the split by its ratio and knows of no rights issue."""
    rows = []
    for one in days:
        by = 1.8 if one.day < EX_DATE else 1.0
        rows.append((dt.date.fromisoformat(one.day), *(price / by for price in one[1:5]), one.volume * by))
    ex_date = dt.date.fromisoformat(EX_DATE)
    # on the day of a split Yahoo states a dividend per new share
    return Listing(rows, zone="Asia/Shanghai", currency="CNY", dividends=[(ex_date, 0.5 / 1.8)], splits=[(ex_date, 18, 10)])  # fmt: skip
