"""Trading hours, order cut-offs and irregular days of each exchange, by date.

The calendar library knows sessions; it does not know when an auction stops taking the order that reacts to a
piece of news, nor days on which the weather changed the hours. Both stand here, each with its source. An
override that the library has learnt since changes nothing.

Not covered: half-days on the eves of Lunar New Year before 2001, and sessions that the weather shortened before
2019 other than the cancelled mornings below.

All times are minutes after midnight in Hong Kong and Shanghai, which share UTC+8 and have had no summer time
since 1992.
"""

from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Literal

CHINA_TIME = timezone(timedelta(hours=8), "+08:00")
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


@dataclass(frozen=True)
class Override:
    """One session whose hours, or whose existence, the calendar library has wrong or may have wrong.

    `closed`: no session. `late_open`: continuous trading starts at `minutes` without a pre-opening auction.
    `early_close`: trading ends at `minutes`. `half_day`: the regular half-day of that era.
    """

    exchange: str
    session: str
    kind: Literal["closed", "late_open", "early_close", "half_day"]
    minutes: int
    why: str
    source: str


_NEWS = "https://www.hkex.com.hk/News/Market-Communications"
_LIBRARY = (
    "https://github.com/gerrymanoim/exchange_calendars/blob/master/exchange_calendars/exchange_calendar_xhkg.py"
    " (comments: morning closed)"
)
_EVE = "HKEX rule 501: no afternoon session on the eve of Lunar New Year"
_RULE = "the exchange stops 15 minutes after signal No. 8"


def _hk(
    session: str,
    kind: Literal["closed", "late_open", "early_close", "half_day"],
    at: str,
    why: str,
    source: str,
) -> Override:
    return Override("XHKG", session, kind, hm(at) if at else 0, why, source)


OVERRIDES: tuple[Override, ...] = (
    _hk("2001-01-23", "half_day", "", "Lunar New Year's eve", _EVE),
    _hk("2002-02-11", "half_day", "", "Lunar New Year's eve", _EVE),
    _hk("2004-01-21", "half_day", "", "Lunar New Year's eve", _EVE),
    _hk("2005-02-08", "half_day", "", "Lunar New Year's eve", _EVE),
    _hk("2008-02-06", "half_day", "", "Lunar New Year's eve", _EVE),
    _hk("2008-06-25", "late_open", "14:30", "Typhoon Fengshen", _LIBRARY),
    _hk("2009-09-15", "late_open", "14:30", "Typhoon Koppu", _LIBRARY),
    _hk("2011-02-02", "half_day", "", "Lunar New Year's eve", _EVE),
    _hk("2012-07-24", "late_open", "13:00", "Typhoon Vicente", _LIBRARY),
    _hk("2013-05-22", "late_open", "13:00", "black rainstorm", _LIBRARY),
    _hk("2013-09-23", "late_open", "13:00", "Typhoon Usagi", _LIBRARY),
    _hk("2014-09-16", "late_open", "13:00", "Typhoon Kalmaegi", _LIBRARY),
    _hk(
        "2019-07-31",
        "early_close",
        "13:55",
        "Tropical Storm Wipha",
        f"https://www.straitstimes.com/asia/east-asia/tropical-storm-shuts-financial-markets-disrupts-flights; {_RULE}",
    ),
    _hk("2020-08-19", "late_open", "13:30", "Typhoon Higos", f"{_NEWS}/2020/2008192news"),
    _hk("2021-06-28", "late_open", "13:30", "black rainstorm", f"{_NEWS}/2021/2106283news"),
    _hk(
        "2022-08-25",
        "late_open",
        "13:00",
        "Tropical Storm Ma-on",
        "https://www.scmp.com/business/article/3190086/"
        "hong-kong-markets-halted-morning-session-typhoon-warning-china-tourism",
    ),
    _hk(
        "2022-11-02",
        "early_close",
        "13:55",
        "Tropical Storm Nalgae",
        f"https://news.yahoo.com/hong-kong-cancel-afternoon-trading-055049255.html; {_RULE}",
    ),
    _hk("2023-09-01", "closed", "", "Typhoon Saola", f"{_NEWS}/2023/2309012news"),
    _hk("2023-09-08", "closed", "", "black rainstorm", f"{_NEWS}/2023/2309083news"),
    _hk(
        "2023-10-09",
        "late_open",
        "14:00",
        "Typhoon Koinu",
        "https://mondovisione.com/media-and-resources/news/"
        "hkex-trading-in-securities-and-derivatives-markets-to-resume-after-cancellation-1/",
    ),
)


def override_of(exchange: str, session: str) -> Override | None:
    """The override of one session, if there is one."""
    for override in OVERRIDES:
        if override.exchange == exchange and override.session == session:
            return override
    return None
