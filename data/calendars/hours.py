"""Trading hours and order cut-offs of each exchange, by date.

The calendar library knows sessions; it does not know when an auction stops taking the order that reacts to a
piece of news. That stands here, with its source; days on which the weather changed the hours in overrides.csv.

All times are minutes after midnight in Hong Kong and Shanghai, which share UTC+8 and have had no summer time
since 1992.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

CHINA_TIME = timezone(timedelta(hours=8), "+08:00")
# A source's bar of today is final some time after the last close (16:00, closing auction to 16:10).
FINAL_HOUR = 18
MINUTE = 60 * 10**9  # nanoseconds
OFFSET = 8 * 60 * MINUTE  # of China's clocks

EXCHANGES = ("XSHG", "XSHE", "XBSE", "XHKG")

# The two calendars that exist; Shenzhen and Beijing keep Shanghai's sessions.
CALENDAR_OF = {"XHKG": "XHKG", "XSHG": "XSHG", "XSHE": "XSHG", "XBSE": "XSHG"}


def hm(clock: str) -> int:
    """Minutes after midnight of a clock time such as `09:15`."""
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


def clock(minutes: int) -> str:
    """Clock time such as `09:15` of minutes after midnight."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def last_final_day(now: datetime | None = None) -> date:
    """The last day whose bar cannot change any more: today only after FINAL_HOUR, China time."""
    here = (now or datetime.now(UTC)).astimezone(CHINA_TIME)
    return here.date() if here.hour >= FINAL_HOUR else here.date() - timedelta(days=1)


@dataclass(frozen=True)
class Hours:
    """Hours of one exchange from the session `since` on.

    `morning` and `afternoon` are continuous trading; `open_cut` and `close_cut` are the last moments at which a
    new order surely takes part in the opening and closing price; `half_close` ends a half-day (0 = has none).
    """

    since: str
    morning: tuple[int, int]
    afternoon: tuple[int, int]
    open_cut: int
    close_cut: int
    half_close: int
    source: str


def _hours(since: str, morning: str, afternoon: str, cuts: str, half: str, source: str) -> Hours:
    spans = [tuple(hm(part) for part in span.split("-")) for span in (morning, afternoon, cuts)]
    (m0, m1), (a0, a1), (cut_open, cut_close) = spans
    return Hours(since, (m0, m1), (a0, a1), cut_open, cut_close, hm(half) if half else 0, source)


_HK_OLD = (
    "https://trading-stocksmarket.blogspot.com/2010/12/ (the exchange's hours before and from 2011-03-07)"
)
_HK_2011 = f"{_HK_OLD}; https://www.webull.com/hc/categories/fq610 (pre-opening session from 2011-03-07)"
_HK_2012 = "https://www.hkex.com.hk/news/news-release/2012/120301news?sc_lang=en"
_SSE_2006 = "http://www.sse.com.cn/lawandrules/sselawsrules2025/repeal/rules/c/c_20120917_10785168.shtml"
_SSE_2018 = "https://www.sse.com.cn/aboutus/mediacenter/hotandd/c/c_20180806_4607055.shtml"
_SZSE_2006 = "https://www.szse.cn/disclosure/notice/general/t20060515_499577.html (rules from 2006-07-01)"
_BSE_2021 = "https://www.bse.cn/uploads/6/file/public/202109/20210909101532_hebppbkoi0.pdf"

HOURS: dict[str, tuple[Hours, ...]] = {
    "XHKG": (
        _hours("1992-01-01", "10:00-12:30", "14:30-16:00", "09:45-16:00", "12:30", _HK_OLD),
        _hours("2011-03-07", "09:30-12:00", "13:30-16:00", "09:15-16:00", "12:00", _HK_2011),
        _hours("2012-03-05", "09:30-12:00", "13:00-16:00", "09:15-16:00", "12:00", _HK_2012),
    ),
    "XSHG": (
        _hours("1992-01-01", "09:30-11:30", "13:00-15:00", "09:25-15:00", "", _SSE_2006),
        _hours("2018-08-20", "09:30-11:30", "13:00-15:00", "09:25-14:57", "", _SSE_2018),
    ),
    "XSHE": (
        _hours("1992-01-01", "09:30-11:30", "13:00-15:00", "09:25-15:00", "", _SZSE_2006),
        _hours("2006-07-01", "09:30-11:30", "13:00-15:00", "09:25-14:57", "", _SZSE_2006),
    ),
    "XBSE": (_hours("1992-01-01", "09:30-11:30", "13:00-15:00", "09:25-14:57", "", _BSE_2021),),
}
