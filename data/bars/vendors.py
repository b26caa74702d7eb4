"""The layouts of files of daily bars: the house format and those of known vendors, each by its whole set of columns.

A layout fits a file when all that it must have is there, at least one column that only this vendor writes, and no
second name of the same thing. The one that understands the most columns is taken; what even that one does not
understand is named, never dropped. Units are the vendor's own words, checked against the turnover where there is one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType

from ..errors import DataError
from ..likely import likely_columns, renaming
from .bars import OPTIONAL, PRICES, REQUIRED

SHARES, LOTS = "shares", "lots"
UNITS = (SHARES, LOTS)
# Columns that say which security a row is of.
IDENTITY = (
    *(
        "code",
        "symbol",
        "ts_code",
        "ticker",
        "instrument",
        "order_book_id",
        "wind_code",
        "secid",
        "codes",
        "thscode",
    ),
    *("代码", "股票代码", "证券代码", "基金代码", "指数代码", "交易代码"),
)
# What says nothing that bars hold: a row's number, a name, and figures that follow from others. Turnover alone is not
# here: it is money at one vendor and a rate at another.
HARMLESS = frozenset(
    [
        *(
            "",
            "index",
            "num",
            "no",
            "id",
            "row",
            "序号",
            "name",
            "short_name",
            "stock_name",
            "exchange",
            "market",
            "type",
        ),
        *(
            "change",
            "pct_chg",
            "pctchg",
            "pct_change",
            "change_rate",
            "amplitude",
            "turn",
            "turnover_rate",
            "vwap",
            "avg",
        ),
        *(
            "名称",
            "简称",
            "股票名称",
            "证券名称",
            "证券简称",
            "涨跌",
            "涨跌幅",
            "涨跌额",
            "涨幅",
            "振幅",
            "换手",
            "换手率",
            "均价",
        ),
        *("总市值", "流通市值", "成交笔数", "成交次数", "市盈率", "市净率", "量比", "市场"),
        *("pettm", "pbmrq", "psttm", "pcfncfttm", "pe_ratio", "num_trades", "openinterest"),
    ]
)
# A column that sounds like one of these changes what the others mean: it has to be understood.
TELLING = re.compile(
    r"adj|factor|fq|复权|復權|split|divid|分红|送股|配股|unit|单位|scale|multipl|(^|_|is)st$|status|suspend|paused|halt|"
    r"trading|停牌|(^|_)raw",
    re.I,
)
# A column that says in which currency prices are: it is held against the code's own.
MONEY = re.compile(r"currency|(^|_)ccy$|币种|幣種|货币|貨幣", re.I)
# How like one of our optional columns a name must be to be taken for a slip of the pen.
ALIKE = 0.8
_SCALES = {
    "": 1.0,
    "元": 1.0,
    "港元": 1.0,
    "港币": 1.0,
    "hkd": 1.0,
    "cny": 1.0,
    "千": 1e3,
    "千元": 1e3,
    "万": 1e4,
    "万元": 1e4,
    "百万": 1e6,
    "百万元": 1e6,
    "亿": 1e8,
    "亿元": 1e8,
}
_COUNTS = {
    "股": (SHARES, 1.0),
    "shares": (SHARES, 1.0),
    "手": (LOTS, 1.0),
    "lots": (LOTS, 1.0),
    "百股": (SHARES, 1e2),
    "千股": (SHARES, 1e3),
    "万股": (SHARES, 1e4),
    "百万股": (SHARES, 1e6),
    "万手": (LOTS, 1e4),
}
_UNIT = re.compile(r"(.+?)[(\[]([^()\[\]]+)[)\]]")
_NUMBER_OF_ROWS = re.compile(r"(unnamed: ?\d+|__index_level_\d+__|ma\d+|v_ma\d+)", re.I)


@dataclass(frozen=True)
class Layout:
    """Column names of one vendor, ours to theirs (alternatives side by side).

    `marks`: of these at least one is there (none: no mark is needed). `unit`: of the volume, '' where the vendor does
    not say or two of its files differ; `hong_kong`: there. `amount_scale`: of its turnover, on the mainland.
    `factor`: prices were multiplied and volume divided by this column. `adjusted`: split-adjusted, cannot be undone.
    `paused`: its status is 1 where the code was suspended. `order`: the columns must start so, for files that differ from others in nothing else.
    """

    name: str
    columns: Mapping[str, tuple[str, ...]]
    marks: frozenset[str] = frozenset()
    unit: str = ""
    hong_kong: str = SHARES
    amount_scale: float = 1.0
    factor: str = ""
    adjusted: bool = False
    paused: bool = False
    order: tuple[str, ...] = ()
    harmless: frozenset[str] = frozenset()

    def understands(self, names: Iterable[str]) -> frozenset[str]:
        """Which of a file's columns this layout knows the meaning of."""
        known = (
            {name for theirs in self.columns.values() for name in theirs}
            | self.marks
            | self.harmless
            | HARMLESS
        )
        return frozenset(
            name
            for name in names
            if name in known or name in IDENTITY or _NUMBER_OF_ROWS.fullmatch(name) or MONEY.search(name)
        )


def _same(*names: str) -> dict[str, tuple[str, ...]]:
    return {name: (name,) for name in names}


_CHINESE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "date": ("日期", "交易日期", "时间", "交易时间", "交易日"),
        "open": ("开盘", "开盘价", "今开", "開盤", "開盤價", "開市", "開市價"),
        "high": ("最高", "最高价", "最高價"),
        "low": ("最低", "最低价", "最低價"),
        "close": ("收盘", "收盘价", "收盤", "收盤價", "收市", "收市價"),
        "volume": ("成交量", "总手", "成交股數"),
        "amount": ("成交额", "成交金额", "金额", "成交額", "成交金額", "金額"),
        "pre_close": (
            "前收盘",
            "前收盘价",
            "前收价",
            "昨收",
            "昨收盘",
            "昨收价",
            "前收市",
            "前收市價",
            "前收盤",
            "前收盤價",
        ),
        # Against the exchange's reference, so that close less change is that reference, also on an ex-date.
        "change": ("涨跌额", "涨跌"),
    }
)
_TITLE = {**{name: (name.capitalize(),) for name in (*PRICES, "volume")}, "date": ("Date", "Datetime")}
LAYOUTS = (
    Layout("launchlab", _same(*REQUIRED, *OPTIONAL), unit=SHARES),
    Layout(
        "baostock",
        {
            **_same(*REQUIRED, "amount"),
            "pre_close": ("preclose",),
            "status": ("tradestatus",),
            "st": ("isst",),
        },
        marks=frozenset(("preclose", "adjustflag", "tradestatus", "isst")),
        unit=SHARES,
    ),
    Layout(
        "qlib",
        _same(*REQUIRED, "amount", "factor"),
        marks=frozenset(("factor",)),
        factor="factor",
        harmless=frozenset(("adjclose",)),
    ),
    Layout(
        "tushare",
        {**_same(*PRICES, "pre_close", "amount"), "date": ("trade_date",), "volume": ("vol",)},
        unit=LOTS,
        amount_scale=1000.0,
    ),
    Layout(
        "old tushare",
        _same(*REQUIRED),
        marks=frozenset(("price_change", "p_change")),
        unit=LOTS,
        harmless=frozenset(("turnover",)),
    ),
    Layout(
        "tushare's k data",
        _same(*REQUIRED),
        marks=frozenset(("code",)),
        order=("date", "open", "close", "high", "low", "volume", "code"),
    ),
    Layout(
        "sina",
        _same(*REQUIRED, "amount"),
        marks=frozenset(("outstanding_share",)),
        unit=SHARES,
        harmless=frozenset(("turnover",)),
    ),
    Layout(
        "futu",
        {
            **_same(*PRICES, "volume"),
            "date": ("time_key",),
            "amount": ("turnover",),
            "pre_close": ("last_close",),
        },
        unit=SHARES,
    ),
    Layout(
        "wind",
        {
            **_same(*PRICES, "volume"),
            "date": ("date", "datetime", "trade_dt", ""),
            "amount": ("amt",),
            "pre_close": ("pre_close",),
        },
        marks=frozenset(("amt",)),
        unit=SHARES,
    ),
    Layout(
        "choice",
        {**_same(*PRICES, "volume", "amount"), "date": ("dates",), "pre_close": ("preclose",)},
        unit=SHARES,
    ),
    Layout(
        "joinquant",
        {
            **_same(*PRICES, "volume"),
            "date": ("date", "time", "datetime", ""),
            "amount": ("money",),
            "pre_close": ("pre_close",),
            "status": ("paused",),
        },
        marks=frozenset(("money",)),
        unit=SHARES,
        paused=True,
        harmless=frozenset(("high_limit", "low_limit")),
    ),
    Layout(
        "ricequant",
        {
            **_same(*PRICES, "volume"),
            "date": ("date", "datetime", ""),
            "amount": ("total_turnover",),
            "pre_close": ("prev_close",),
        },
        marks=frozenset(("total_turnover",)),
        unit=SHARES,
        harmless=frozenset(("limit_up", "limit_down")),
    ),
    Layout("tonghuashun", _CHINESE, marks=frozenset(("总手",))),
    Layout("akshare", _CHINESE, marks=frozenset(("振幅",)), unit=LOTS),
    Layout("netease", _CHINESE, marks=frozenset(("成交金额",)), unit=SHARES),
    Layout("a Chinese export", _CHINESE),
    Layout(
        "yahoo",
        _TITLE,
        unit=SHARES,
        adjusted=True,
        harmless=frozenset(("Adj Close", "Dividends", "Stock Splits", "Capital Gains")),
    ),
)


@dataclass(frozen=True)
class Recognised:
    """A layout found in a file: `theirs` names its columns by ours, `unread` those that nobody understands.

    `unit` and `scales` are what the columns' own names say of volume and turnover, '' and 1.0 where nothing.
    """

    layout: Layout
    theirs: Mapping[str, str]
    identity: tuple[str, ...]
    unread: tuple[str, ...]
    unit: str = ""
    scales: Mapping[str, float] = field(default_factory=dict)

    def volume_unit(self, hong_kong: bool) -> str:
        """What the vendor says its volume is in, '' where it does not."""
        return self.unit or (self.layout.hong_kong if hong_kong and self.layout.unit else self.layout.unit)


def recognise(names: Iterable[str], where: str) -> Recognised:
    """The layout of a file by its columns; none, two names of one thing and a telling stranger are DataErrors."""
    try:
        return _recognised(tuple(names))
    except DataError as error:
        raise DataError(f"{where}: {error}") from None


@lru_cache(maxsize=64)
def _recognised(names: tuple[str, ...]) -> Recognised:
    titled = {"Open", "Close"} <= set(names)
    plain = [_plain(name, titled) for name in names]
    bases = {
        base: (name, unit) for name, text in zip(names, plain, strict=True) for base, unit in [_base(text)]
    }
    if len(bases) < len(names):
        twin = next(
            name
            for k, name in enumerate(names)
            if _base(plain[k])[0] in [_base(text)[0] for text in plain[:k]]
        )
        raise DataError(f"it has the column {twin!r} more than once; keep the right one")
    layout = _best(tuple(bases), {base: name for base, (name, _) in bases.items()})
    columns = {ours: _only(ours, alternatives, bases) for ours, alternatives in layout.columns.items()}
    held = {ours: base for ours, base in columns.items() if base is not None}
    understood = layout.understands(bases)
    unread = tuple(name for base, (name, _) in bases.items() if base not in understood)
    _refuse_telling(unread, layout)
    unit, scales = _units(held, bases)
    identity = tuple(name for base, (name, _) in bases.items() if base in IDENTITY)
    return Recognised(
        layout, {ours: bases[base][0] for ours, base in held.items()}, identity, unread, unit, scales
    )


def _refuse_telling(unread: Iterable[str], layout: Layout) -> None:
    """Refuse a column that nobody understands and that sounds as if it changed what the others mean."""
    for name in unread:
        alike = get_close_matches(name.lower(), OPTIONAL, n=1, cutoff=ALIKE)
        if alike or TELLING.search(name):
            hint = f" (did you mean {alike[0]!r}?)" if alike else ""
            raise DataError(
                f"the column {name!r} is not known in the layout of {layout.name}{hint} and may change what "
                "the prices mean; rename it, or leave it out if it changes nothing"
            )


def _best(bases: tuple[str, ...], written: Mapping[str, str]) -> Layout:
    fitting = [layout for layout in LAYOUTS if _fits(layout, bases)]
    if not fitting:
        raise DataError(_misfit(bases, written))
    return max(
        fitting, key=lambda layout: (bool(layout.order), len(layout.understands(bases)), bool(layout.marks))
    )


def _fits(layout: Layout, bases: tuple[str, ...]) -> bool:
    have = set(bases)
    if not all(have & set(layout.columns[name]) for name in REQUIRED):
        return False
    if layout.order:
        return tuple(base for base in bases if base not in HARMLESS) == layout.order
    return not layout.marks or bool(layout.marks & have)


def _misfit(bases: tuple[str, ...], written: Mapping[str, str]) -> str:
    """What the nearest layout lacks, in the words of the file's own alphabet, and which of its columns that may be."""
    have = set(bases)

    def missing(layout: Layout) -> list[str]:
        return [name for name in REQUIRED if not have & set(layout.columns[name])]

    def likely(layout: Layout) -> dict[str, str]:
        known = {base for name in REQUIRED for base in layout.columns[name]}
        found = likely_columns(missing(layout), [base for base in bases if base not in known])
        return {ours: written[base] for ours, base in found.items()}

    nearest = min(LAYOUTS, key=lambda layout: len(missing(layout)))
    if not missing(nearest) and missing(LAYOUTS[0]) == list(likely(LAYOUTS[0])):
        nearest = LAYOUTS[0]
    if not missing(nearest):
        return (
            f"its columns {','.join(bases)[:200]} are not those of {nearest.name}, which are "
            f"{','.join(nearest.order or sorted(nearest.marks))}; name them {','.join(REQUIRED)} where they are raw bars"
        )
    if len(missing(nearest)) == len(REQUIRED):
        nearest = LAYOUTS[0]
    hint = renaming({nearest.columns[ours][0]: name for ours, name in likely(nearest).items()})
    return (
        f"column {nearest.columns[missing(nearest)[0]][0]!r} is missing; {hint}a file of bars has the columns "
        f"{','.join(nearest.columns[name][0] for name in REQUIRED)}, or those of a known vendor"
    )


def _only(ours: str, alternatives: tuple[str, ...], bases: Mapping[str, object]) -> str | None:
    """The file's name for one of our columns, None where it has none; two are ambiguous, but for a nameless index."""
    there = [name for name in alternatives if name in bases]
    there = [name for name in there if name] or there
    if len(there) > 1:
        raise DataError(f"its columns {there[0]!r} and {there[1]!r} are both {ours}; keep the right one")
    return there[0] if there else None


def _plain(name: str, titled: bool) -> str:
    """A column's name without the dressing of exports: quotes, spaces, wide brackets; Latin in lower case.

    Where prices are `titled` (Open, Close) capitals stay: they alone tell Yahoo's adjusted files from others.
    """
    text = name.replace("（", "(").replace("）", ")").replace("\ufeff", "").strip().strip("'\"").strip()
    return text if titled else text.lower()


def _base(name: str) -> tuple[str, str]:
    """A column's name and the unit that stands behind it in brackets: 成交量(手) gives 成交量 and 手."""
    match = _UNIT.fullmatch(name)
    if match is None:
        return (name.removesuffix("%"), "%") if name.endswith("%") and name != "%" else (name, "")
    return match[1].strip().removesuffix("%"), match[2].strip()


def _units(theirs: Mapping[str, str], bases: Mapping[str, tuple[str, str]]) -> tuple[str, dict[str, float]]:
    """What brackets say of volume and turnover; a unit that is not known is a DataError."""
    unit, scales = "", {}
    if said := bases[theirs["volume"]][1]:
        if said not in _COUNTS:
            raise DataError(f"volume in {said!r} is not understood; give it in shares (股) or lots (手)")
        unit, scales["volume"] = _COUNTS[said]
    for name in ("amount", *PRICES, "pre_close"):
        if name in theirs and (said := bases[theirs[name]][1]):
            if said not in _SCALES or (name != "amount" and _SCALES[said] != 1.0):
                raise DataError(f"{name} in {said!r} is not understood; give it in local currency")
            scales[name] = _SCALES[said]
    return unit, scales
