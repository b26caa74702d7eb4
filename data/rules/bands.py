"""Limit percentages by board and date, and the sessions that have none or another.

Fractions of the reference price; `inf` is no limit. Sources: SSE trading rules 3.3.13 to 3.3.17 and SZSE
3.3.14 to 3.3.19 as quoted in marina-rules (Q); what was proven on 3.5 million real bars is said in the row.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from ..arrays import Bool, Days
from ..dated import Dated
from ..instruments.table import Instrument

_BARS = "proven on real bars"
_NONE = ("1990-12-19", np.inf, "no limit before the regime of 1996-12-16", "Q")
_TEN = (
    "1996-12-16",
    0.10,
    "szse.cn/aboutus/sse/documents/P020180328485825173419.pdf: 10 % from 1996-12-16",
    "Q",
)
_CHINEXT = "szse.cn/aboutus/trends/conference/t20200821_580925.html: ChiNext special provisions"
_CHINEXT_ST = "szse.cn/disclosure/notice/general/t20200710_579459.html: ChiNext ST"
_STAR = "sse.com.cn c_20190301_10785118: STAR special provisions"
_BSE = "bse.cn/important_news/200011021.html: 30 % and free listing day"
_ST_2026 = (
    "sse.com.cn c_20260424_10816474, szse.cn t20260424_620190: ST 10 %; 75 of 148 moved beyond 5 % that day"
)

MAIN = Dated(_NONE, _TEN, name="the main-board price limit")
CHINEXT = Dated(
    ("2009-10-30", 0.10, "szse.cn/aboutus/trends/news/t20090924_517882.html: 10 %", "Q"),
    ("2020-08-24", 0.20, _CHINEXT, "Q"),
    name="the ChiNext price limit",
)
STAR = Dated(("2019-07-22", 0.20, _STAR, "Q"), name="the STAR price limit")
BSE = Dated(
    ("2020-07-27", 0.30, f"NEEQ Select rules: 30 %, {_BARS}", "S2"),
    ("2021-11-15", 0.30, _BSE, "Q"),
    name="the Beijing price limit",
)
FUND = Dated(_NONE, _TEN, name="the fund price limit")
_FUND20 = "sse.com.cn c_20200821_10785117, szse.cn t20200821_580925: funds on the exchange's 20 % list"
FUND20_SSE = Dated(_NONE, _TEN, ("2020-08-21", 0.20, _FUND20, "Q"), name="the fund price limit")
FUND20_SZSE = Dated(_NONE, _TEN, ("2020-08-24", 0.20, _FUND20, "Q"), name="the fund price limit")
REIT = Dated(
    ("2021-01-29", 0.10, "bond.sse.com.cn/lawrule/sserules/issue/c/5702612.shtml: public REITs", "Q"),
    name="the REIT price limit",
)
CONVERTIBLE = Dated(
    ("1990-12-19", np.inf, "no limit before the rules of 2022", "Q"),
    ("2022-08-01", 0.20, "sse.com.cn c_20220729_5706472: convertible bonds from 2022-08-01", "Q"),
    name="the convertible bond price limit",
)
ST_MAIN = Dated(
    _NONE,
    _TEN,
    (
        "1998-04-22",
        0.05,
        "sse.com.cn c_20151210_4021525: ST 5 % (official texts also say 04-27 and 04-28)",
        "Q",
    ),
    ("2026-07-06", 0.10, _ST_2026, "Q"),
    name="the ST price limit",
)
ST_CHINEXT = Dated(
    ("2009-10-30", 0.05, f"{_CHINEXT_ST} (none carried it before 2020-08-24)", "Q"),
    ("2020-08-24", 0.20, _CHINEXT_ST, "Q"),
    name="the ChiNext ST price limit",
)
S_SHARE = Dated(
    _NONE,
    _TEN,
    ("2007-01-08", 0.05, "un-reformed S shares 5 % (start date from memory; 600182 observed 2026-09)", "S2"),
    name="the S-share price limit",
)
DELISTING_SSE = Dated(
    ("2013-01-01", 0.10, "sse.com.cn c_20150912_3988629: delisting board", "Q"),
    name="the delisting-period limit",
)
DELISTING_SZSE = Dated(
    ("2012-12-17", 0.10, "szse.cn/disclosure/notice/general/t20121130_501042.html: delisting period", "Q"),
    name="the delisting-period limit",
)
# Between 2020-08-24 and 2020-12-31 the day of entry decides: `delisting_limit`.
DELISTING_CHINEXT = Dated(
    ("2012-12-17", 0.10, "szse.cn/disclosure/notice/general/t20121130_501042.html: delisting period", "Q"),
    ("2020-12-31", 0.20, "szse.cn/disclosure/notice/t20201231_584052.html: delisting period", "Q"),
    name="the delisting-period limit",
)

REFORM_CHINEXT = date(2020, 8, 24)
REFORM_MAIN = date(2023, 4, 10)
BSE_OPENED = date(2021, 11, 15)
CONVERTIBLE_RULES = date(2022, 8, 1)
DELISTING_DAY_FREE = date(
    2020, 12, 31
)  # first session of a delisting period without limit, 8 of 8 on real bars
BANDED_FIRST_DAY = {"XSHG": date(2013, 12, 13), "XSHE": date(2014, 6, 13)}
ONE_TICK_FLOOR = {"XSHG": date(2023, 4, 10), "XSHE": date(2011, 2, 28)}

_NORMAL = {
    "main": MAIN,
    "b": MAIN,
    "chinext": CHINEXT,
    "star": STAR,
    "cdr": STAR,
    "bse": BSE,
    "fund": FUND,
    "reit": REIT,
    "convertible": CONVERTIBLE,
}
_ST = {"main": ST_MAIN, "b": ST_MAIN, "chinext": ST_CHINEXT}


def normal_limit(instrument: Instrument) -> Dated:
    """Limit of an ordinary session on the instrument's board, by date."""
    if instrument.board == "fund20":
        return FUND20_SSE if instrument.exchange == "XSHG" else FUND20_SZSE
    return _NORMAL[instrument.board]


def st_limit(instrument: Instrument) -> Dated:
    """Limit under a risk warning; the board's normal one on STAR and Beijing."""
    return _ST.get(instrument.board, normal_limit(instrument))


def warning_matters(instrument: Instrument, sessions: Days) -> Bool:
    """Sessions on which a risk warning would have changed the limit, (n,)."""
    if instrument.board not in _ST:
        return np.zeros(len(sessions), np.bool_)
    return np.asarray(st_limit(instrument).over(sessions) != normal_limit(instrument).over(sessions))


def delisting_limit(instrument: Instrument, entered: date) -> Dated:
    """Limit of a delisting period entered on a day: 10 % on the main boards also where the stock was ST."""
    if instrument.board == "chinext":
        return CHINEXT if entered >= REFORM_CHINEXT else DELISTING_CHINEXT
    if instrument.board in ("main", "b"):
        return DELISTING_SSE if instrument.exchange == "XSHG" else DELISTING_SZSE
    return normal_limit(instrument)


@dataclass(frozen=True)
class FirstDays:
    """Regime after a listing: `free` sessions without limit, or one session banded around the issue price.

    `up` and `down` are fractions of the issue price on session 1 (NaN: not banded); `why` names the rule.
    """

    free: int
    up: float
    down: float
    why: str
    source: str


_REGISTRATION = {
    "main": "sse.com.cn c_20250612_10824490, investor.szse.cn t20230306_599093: sessions 1 to 5 (Q)",
    "chinext": "szse.cn/aboutus/trends/conference/t20200821_580925.html: sessions 1 to 5 (Q)",
}
_BANDED = {
    "XSHG": "sse.com.cn c_20150912_3988713: 64 to 144 % of the issue price (Q)",
    "XSHE": "szse.cn/disclosure/notice/company/t20140613_508770.html: 64 to 144 % of the issue price (Q)",
}
_UNBANDED = "sse.com.cn c_20150912_3988628: no limit on the listing day (Q)"
_PLAIN = FirstDays(0, np.nan, np.nan, "", "")


def first_days(instrument: Instrument, listed: date) -> FirstDays:
    """What the first sessions of a listing on `listed` are allowed."""
    board = instrument.board
    if board in ("main", "chinext"):
        return _share_listing(instrument, listed)
    if board in ("star", "cdr"):
        return FirstDays(5, np.nan, np.nan, "STAR listing: no limit in sessions 1 to 5", _STAR)
    if board == "bse":
        moved = instrument.listed is not None and instrument.listed < BSE_OPENED <= listed
        return (
            _PLAIN if moved else FirstDays(1, np.nan, np.nan, "Beijing listing: no limit in session 1", _BSE)
        )
    if board == "reit":
        return FirstDays(
            0,
            0.30,
            0.30,
            "REIT listing day: 30 % of the issue price",
            "bond.sse.com.cn/lawrule/sserules/issue/c/5702612.shtml (Q)",
        )
    if board == "convertible" and listed >= CONVERTIBLE_RULES:
        why = "convertible listing day: +57.3 % and -43.3 % of the issue price"
        return FirstDays(0, 0.573, 0.433, why, "sse.com.cn c_20220729_5706472 (Q)")
    return _PLAIN


def _share_listing(instrument: Instrument, listed: date) -> FirstDays:
    reform = REFORM_MAIN if instrument.board == "main" else REFORM_CHINEXT
    if listed >= reform and not instrument.approval_ipo:
        why = f"registration listing from {reform}: no limit in sessions 1 to 5"
        return FirstDays(5, np.nan, np.nan, why, _REGISTRATION[instrument.board])
    if listed >= BANDED_FIRST_DAY[instrument.exchange]:
        why = "approval-regime listing day: +44 % and -36 % of the issue price"
        return FirstDays(0, 0.44, 0.36, why, _BANDED[instrument.exchange])
    return FirstDays(1, np.nan, np.nan, "listing day before the bands of 2013-14: no limit", _UNBANDED)
