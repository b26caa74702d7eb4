"""What every provider must do, as rules that its author can run: against a local server, or the real one.

import launchlab as ll
assert ll.check_provider(MySource(), "600519.SS", "2024-05-01", "2024-05-31") == ()
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

import numpy as np

from ..bars.bars import Bars
from ..bars.checks import check_bars, errors_of
from ..calendars.sessions import calendar
from ..dated import to_day
from ..errors import FetchError, LaunchlabError
from ..instruments.table import Instrument, to_instruments
from .proof import raw_proof
from .provider import FIELDS, Provider

# A code that no exchange has given out.
NOBODY = {"XHKG": "0009.HK", "XSHG": "600999.SS", "XSHE": "000999.SZ", "XBSE": "920999.BJ"}
TOO_LONG_AGO = (date(1989, 1, 2), date(1989, 1, 31))


@dataclass(frozen=True)
class _Case:
    provider: Provider
    instrument: Instrument
    span: tuple[date, date]
    bars: Bars


def check_provider(provider: Provider, code: str, start: object, end: object) -> tuple[str, ...]:
    """The rules that a provider breaks when it is asked for a code and its days, each in one sentence; () when none.

    `start` to `end` should hold some weeks of sessions, and an ex-date where the source gives actions. It is asked half a
    dozen times.
    """
    instrument = to_instruments(None)[code]
    span = (to_day(start, "start"), to_day(end, "end"))
    for name, face in FACE.items():
        if said := face(provider):
            return (f"{name}: {said}",)
    try:
        bars = provider.bars(instrument, *span)
    except LaunchlabError as error:
        return (f"answers: {error}",)
    case = _Case(provider, instrument, span, bars)
    return tuple(f"{name}: {said}" for name, rule in RULES.items() for said in rule(case))


def _protocol(provider: Provider) -> str:
    return "" if isinstance(provider, Provider) else "it has not all of name, parallel, gives, bars and close"


def _gives(provider: Provider) -> str:
    strange = sorted({word for given in provider.gives.values() for word in given} - set(FIELDS))
    if strange:
        return f"`gives` names {strange[0]!r}, which is none of {', '.join(FIELDS)}"
    without = [name for name, given in provider.gives.items() if "bars" not in given]
    return f"`gives` has {without[0]} without bars" if without else ""


def _parallel(provider: Provider) -> str:
    return "" if provider.parallel >= 1 else "`parallel` is below 1"


def _source(case: _Case) -> Iterator[str]:
    if case.bars.source.get("provider") != case.provider.name:
        yield f"the bars' source says provider {case.bars.source.get('provider')!r}, not {case.provider.name!r}"
    if not case.bars.source.get("version"):
        yield "the bars' source has no version"
    if case.bars.code != case.instrument.code:
        yield f"the bars are of {case.bars.code}"


def _days(case: _Case) -> Iterator[str]:
    bars, (start, end) = case.bars, case.span
    if not len(bars):
        yield "an empty answer is a FetchError, not no bars"
        return
    outside = (bars.sessions < np.datetime64(start)) | (bars.sessions > np.datetime64(end))
    if outside.any():
        yield f"{bars.sessions[outside][0]} was not asked for"
    strange = bars.sessions[~np.isin(bars.sessions, calendar(case.instrument.exchange).sessions)]
    if len(strange):
        yield f"{strange[0]} is no session of {case.instrument.exchange}"
    if len(np.unique(bars.sessions)) < len(bars):
        yield "a session stands twice"


def _raw(case: _Case) -> Iterator[str]:
    try:
        raw_proof(case.bars.tidy(), case.instrument, calendar(case.instrument.exchange).sessions)
    except FetchError as error:
        yield str(error)


def _units(case: _Case) -> Iterator[str]:
    found = check_bars(case.bars, case.instrument, calendar=calendar(case.instrument.exchange).sessions)
    yield from (str(one) for one in found if one.kind == "volume_units")
    yield from (str(one) for one in errors_of(found)[:3])


def _stated(case: _Case) -> Iterator[str]:
    """What `gives` promises is there; what it does not is not."""
    given, bars = case.provider.gives.get(case.instrument.exchange, frozenset()), case.bars
    traded = bars.traded
    there: Mapping[str, bool] = {
        "turnover": bool(np.isfinite(bars.amount[traded]).any()),
        "references": bool(np.isfinite(bars.pre_close[traded]).any()),
        "st": bool((bars.st >= 0).any()),
    }
    share = case.instrument.tradable and not case.instrument.board.startswith(("fund", "reit", "hk_etp"))
    for name, found in there.items():
        if found and name not in given:
            yield f"bars state {name}, which `gives` does not name for {case.instrument.exchange}"
        if name in given and not found and share:
            yield f"`gives` names {name} for {case.instrument.exchange}, but no bar states it"


def _same(case: _Case) -> Iterator[str]:
    """Part of a span gives the same bars as the whole: nothing depends on what was asked."""
    middle = case.bars.sessions[len(case.bars) // 2].astype(date)
    part = case.provider.bars(case.instrument, middle, case.span[1])
    whole = case.bars.between(middle, case.span[1])
    for name in ("sessions", "open", "high", "low", "close", "volume"):
        if not np.array_equal(getattr(part, name), getattr(whole, name), equal_nan=name != "sessions"):
            yield f"asked from {middle} on, {name} is not what it was when asked from {case.span[0]} on"


def _refusals(case: _Case) -> Iterator[str]:
    nobody = to_instruments(None)[NOBODY[case.instrument.exchange]]
    asked: tuple[tuple[str, Instrument, tuple[date, date]], ...] = (
        ("a span before every exchange", case.instrument, TOO_LONG_AGO),
        ("a code that nobody has", nobody, case.span),
    )
    for what, instrument, span in asked:
        try:
            answer = case.provider.bars(instrument, *span)
        except FetchError:
            continue
        except Exception as error:  # noqa: BLE001 - the rule is that only FetchErrors leave a provider
            yield f"{what} is answered with {type(error).__name__}, not a FetchError"
            continue
        if not len(answer):
            yield f"{what} is answered with no bars, not a FetchError"


def _closes(case: _Case) -> Iterator[str]:
    case.provider.close()
    last = case.span[1]
    try:
        case.provider.bars(case.instrument, last - timedelta(days=14), last)
    except Exception as error:  # noqa: BLE001 - whatever it is, a provider answers again after `close`
        yield f"after `close` it does not answer any more ({type(error).__name__}: {error})"


FACE: Mapping[str, Callable[[Provider], str]] = MappingProxyType(
    {"protocol": _protocol, "gives": _gives, "parallel": _parallel}
)
RULES: Mapping[str, Callable[[_Case], Iterator[str]]] = MappingProxyType(
    {
        "source": _source,
        "days": _days,
        "raw prices": _raw,
        "units": _units,
        "promises": _stated,
        "same answer": _same,
        "refusals": _refusals,
        "close": _closes,
    }
)
