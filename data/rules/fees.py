"""Every statutory fee by date, with its source: the tables that data/rules/costs.py turns into rows.

Rates are fractions of the value traded. Sources: HKEX fee pages (hkex.com.hk, Fees / Securities / Trading /
Transaction), the Inland Revenue and MOF notices, the exchanges' fee tables.

A class of instruments has room for LEVIES (5) levies, and Hong Kong uses all of them. For a sixth raise LEVIES in costs.py: cost
rows get wider, and both engines read as many slots as a row has. A date from which a levy is no longer paid is a row of 0.0.
"""

from dataclasses import dataclass

import numpy as np

from ..dated import Dated

_ANY = "1990-12-19"


_NO_FIXED = Dated((_ANY, 0.0), name="a fixed fee")
_NO_MINIMUM = Dated((_ANY, 0.0), name="a smallest fee")
_NO_MAXIMUM = Dated((_ANY, np.inf), name="a largest fee")


@dataclass(frozen=True)
class Levy:
    """One fee, charged to the buyer and to the seller alike: clip(value × rate + fixed, minimum, maximum).

    What only one side pays is a duty, `stamp_buy` or `stamp_sell` of a `CostClass`; a second one beside it has no slot yet
    (docs/engine.md, "another kind of rule").
    """

    name: str
    rate: Dated
    fixed: Dated = _NO_FIXED
    minimum: Dated = _NO_MINIMUM
    maximum: Dated = _NO_MAXIMUM


NONE = Dated((_ANY, 0.0, "no such duty", "S2"), name="stamp duty")

# Hong Kong, each side. Stamp is rounded up to the next dollar.
_HK_STAMP_ROWS = (
    ("2010-10-01", 0.0010, "Hong Kong stamp duty before 2021-08-01 (capis.com 2021-06-21)", "S2"),
    ("2021-08-01", 0.0013, "capis.com 2021-06-21, quoting the HKEX circular", "S2"),
    ("2023-11-17", 0.0010, "lff.com.hk reduction-of-stamp-duty-20231117", "S2"),
)
HK_STAMP = Dated(*_HK_STAMP_ROWS, name="Hong Kong stamp duty")
HK_REIT_STAMP = Dated(
    *_HK_STAMP_ROWS,
    (
        "2024-12-21",
        0.0,
        "Stamp Duty Legislation (Miscellaneous Amendments) Ordinance 2024, by alvarezandmarsaltax.com 2024-12-20 and "
        "taxsummaries.pwc.com: waived from 2024-12-21",
        "S2",
    ),
    name="Hong Kong stamp duty on REITs",
)
HK_ETP_STAMP = Dated(
    ("2010-10-01", 0.0010, "as shares, before the waiver", "S2"),
    ("2015-02-13", 0.0, "ird.gov.hk/eng/ppr/archives/15021301.htm", "P"),
    name="Hong Kong stamp duty on ETPs",
)
SFC = Levy(
    "sfc_levy",
    Dated(
        ("2010-10-01", 0.00003, "hkex.com.hk Fees, transaction levy", "P"),
        ("2014-11-01", 0.000027, "hkex.com.hk Fees, transaction levy", "P"),
        name="the SFC levy",
    ),
)
AFRC = Levy(
    "afrc_levy",
    Dated(
        ("2010-10-01", 0.0, "no levy before 2022", "P"),
        ("2022-01-01", 0.0000015, "hkex.com.hk Fees, AFRC transaction levy", "P"),
        name="the AFRC levy",
    ),
)
HK_TRADING_FEE = Levy(
    "trading_fee",
    Dated(
        ("2010-10-01", 0.00005, "hkex.com.hk Fees, trading fee", "P"),
        ("2023-01-01", 0.0000565, "hkex.com.hk 221101news", "P"),
        name="the Hong Kong trading fee",
    ),
)
HK_TARIFF = Levy(
    "trading_tariff",
    Dated(("2010-10-01", 0.0), name="the trading tariff"),
    fixed=Dated(
        ("2010-10-01", 0.50, "hkex.com.hk Fees, HKD 0.50 a trade", "P"),
        ("2023-01-01", 0.0, "hkex.com.hk 221101news", "P"),
        name="the trading tariff",
    ),
)
_CCASS_OLD = "hkex.com.hk CCASS Operational fees, 22 Nov 2023"
_CCASS_NEW = "caproasia.com 2025-02-22; market makers aside, ETPs alike (sources disagree)"
CCASS = Levy(
    "ccass",
    Dated(
        ("2010-10-01", 0.00002, _CCASS_OLD, "P"),
        ("2025-06-30", 0.000042, _CCASS_NEW, "S2"),
        name="the CCASS settlement fee",
    ),
    minimum=Dated(
        ("2010-10-01", 2.0, _CCASS_OLD, "P"), ("2025-06-30", 0.0, _CCASS_NEW, "S2"), name="CCASS minimum"
    ),
    maximum=Dated(
        ("2010-10-01", 100.0, _CCASS_OLD, "P"), ("2025-06-30", np.inf, _CCASS_NEW, "S2"), name="CCASS maximum"
    ),
)

# Mainland.
_STAMP_EARLY = (
    ("1997-05-10", 0.005, "stamp history, data-backtest-live-common 0.3.0", "S1"),
    ("1998-06-12", 0.004, "stamp history, data-backtest-live-common 0.3.0", "S1"),
    ("2001-11-16", 0.002, "stamp history, data-backtest-live-common 0.3.0", "S1"),
    ("2005-01-24", 0.001, "stamp history, data-backtest-live-common 0.3.0", "S1"),
    ("2007-05-30", 0.003, "stamp history, data-backtest-live-common 0.3.0", "S1"),
    ("2008-04-24", 0.001, "stamp history, data-backtest-live-common 0.3.0", "S1"),
)
_SELLER_ONLY = "mof.gov.cn caizhengxinwen t20080919_76432: seller only from 2008-09-19"
CN_STAMP_BUY = Dated(
    *_STAMP_EARLY, ("2008-09-19", 0.0, _SELLER_ONLY, "Q"), name="mainland stamp duty on buys"
)
CN_STAMP_SELL = Dated(
    *_STAMP_EARLY,
    ("2008-09-19", 0.001, _SELLER_ONLY, "Q"),
    (
        "2023-08-28",
        0.0005,
        "gov.cn/zhengce/zhengceku/202308/content_6900443.htm: halved from 2023-08-28",
        "Q",
    ),
    name="mainland stamp duty on sales",
)
_TRANSFER = (
    (
        "2015-08-01",
        0.00002,
        "chinaclear.cn gszb/201507/59ccd4176d2645f8b60b2d30fc3631bf: 0.002 % on both exchanges",
        "Q",
    ),
    ("2022-04-29", 0.00001, "chinaclear.cn gszb/202204/837e3c5031104aa099d6597ba381342a: 0.001 %", "Q"),
)
SSE_TRANSFER = Levy(
    "transfer", Dated(*_TRANSFER, name="the Shanghai transfer fee (until then a share of par value)")
)
SZSE_TRANSFER = Levy(
    "transfer",
    Dated(
        (
            "2002-05-01",
            0.0000255,
            "SZSE fee table: 0.0255 permille of the amount (start date from memory)",
            "Q",
        ),
        *_TRANSFER,
        name="the Shenzhen transfer fee",
    ),
)
BSE_TRANSFER = Levy("transfer", Dated(*_TRANSFER, name="the transfer fee"))
CN_HANDLING = Levy(
    "handling",
    Dated(
        ("2012-06-01", 0.0000696, "exchange handling fee, data-backtest-live-common 0.3.0", "S1"),
        ("2015-08-01", 0.0000487, "SSE and SZSE notice of 2015", "S2"),
        ("2023-08-28", 0.0000341, "SZSE fee table of January 2026", "S2"),
        name="the mainland handling fee",
    ),
)
BSE_HANDLING = Levy(
    "handling",
    Dated(
        ("2021-11-15", 0.0005, "BSE fee table", "S1"),
        ("2022-12-01", 0.00025, "BSE notice of 2022", "S1"),
        ("2023-08-28", 0.000125, "BSE notice of 2023-08", "S1"),
        name="the Beijing handling fee",
    ),
)
CN_REGULATORY = Levy(
    "regulatory",
    Dated(("2012-06-01", 0.00002, "CSRC regulatory fee, 0.002 %", "S2"), name="the CSRC regulatory fee"),
)
NO_TRANSFER = Levy(
    "transfer", Dated(("2002-05-01", 0.0, "funds pay none", "S2"), name="the transfer fee of funds")
)
NO_REGULATORY = Levy(
    "regulatory", Dated(("2002-05-01", 0.0, "funds pay none", "M"), name="the regulatory fee")
)
FUND_HANDLING = Levy(
    "handling",
    Dated(("2012-06-01", 0.00004, "fund handling fee, each side", "M"), name="the fund handling fee"),
)
CONNECT = Levy(
    "connect",
    Dated(
        ("2014-11-17", 0.00002, "HKSCC Operational Procedures 21.1A: transfer fee, northbound", "S2"),
        name="the northbound transfer fee",
    ),
)
