"""When bought shares can be sold again, and sale proceeds used again."""

from ..arrays import Bool, Days
from ..dated import Dated, Fact
from ..instruments.table import Instrument

SAME_DAY, NEXT_SESSION = 0.0, 1.0

_SSE = "SSE and SZSE trading rules"
SHARES = Dated(
    (
        "1995-01-01",
        NEXT_SESSION,
        "szse.cn/aboutus/sse/events/t20070328_497829.html: T+1 since 1995-01-01",
        "Q",
    ),
    name="mainland settlement",
)
FREE_FUND = Dated(
    ("1995-01-01", NEXT_SESSION, _SSE, "Q"),
    (
        "2015-01-19",
        SAME_DAY,
        "sse.com.cn c_20230418_5720107, szse.cn t20150109_501348: same-day turnaround of these funds",
        "Q",
    ),
    name="fund settlement",
)
COMMODITY_SSE = Dated(
    ("1995-01-01", NEXT_SESSION, _SSE, "Q"),
    ("2020-01-20", SAME_DAY, "sse.com.cn c_20210531_5478094: same-day turnaround of commodity funds", "Q"),
    name="fund settlement",
)
COMMODITY_SZSE = Dated(
    ("1995-01-01", NEXT_SESSION, _SSE, "Q"),
    (
        "2019-01-11",
        SAME_DAY,
        "investor.szse.cn t20190306_565341: same-day turnaround of commodity funds",
        "Q",
    ),
    name="fund settlement",
)
BONDS = Dated(
    ("1995-01-01", SAME_DAY, "convertible bonds turn around within the day", "M"), name="bond settlement"
)
HONG_KONG = Dated(
    ("1986-04-02", SAME_DAY, "HKEX: day trading allowed, settlement on T+2", "S2"),
    name="Hong Kong settlement",
)
INDEX = Dated(("1900-01-01", SAME_DAY, "an index is not traded", "P"), name="index settlement")


def settlement_schedule(instrument: Instrument) -> Dated:
    """1.0 while shares bought today can be sold from the next session, 0.0 while the same day, by date."""
    if instrument.board == "index":
        return INDEX
    if not instrument.mainland:
        return HONG_KONG
    if instrument.board == "convertible":
        return BONDS
    if instrument.fund_class in ("bond", "money", "gold", "cross_border"):
        return FREE_FUND
    if instrument.fund_class == "commodity":
        return COMMODITY_SSE if instrument.exchange == "XSHG" else COMMODITY_SZSE
    return SHARES


def t_plus_one(instrument: Instrument, sessions: Days) -> Bool:
    """Whether shares bought on each session can be sold only from the next one; bool (n,)."""
    barred: Bool = settlement_schedule(instrument).over(sessions) == NEXT_SESSION
    return barred


def describe(instrument: Instrument, day: object) -> tuple[str, str, Fact]:
    """("T+1" or "T+0", the rule in words, its source) on a day."""
    fact = settlement_schedule(instrument).at(day)
    if not instrument.tradable:
        return "none", "an index is a number: it cannot be bought or sold", fact
    if fact.value == NEXT_SESSION:
        return (
            "T+1",
            "shares bought today can be sold from the next session; sale proceeds buy again today",
            fact,
        )
    return "T+0", "shares bought today can be sold today; sale proceeds buy again today", fact
