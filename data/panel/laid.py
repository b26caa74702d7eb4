"""One code laid onto the panel's rows: its bars checked, its rules compiled, and what is to be said of them."""

from pathlib import Path
from typing import Any, NamedTuple

from ..arrays import I1, Days
from ..bars.bars import Bars
from ..bars.checks import Finding, bad_sessions, check_bars, errors_of, suspend_bad
from ..bars.units import leaps
from ..calendars.overrides import Additions
from ..errors import DataError
from ..instruments.instrument import Instrument
from ..store.joined import GUESS
from .columns import Compiled, compile_code
from .contracts import Future, compile_future, front_month
from .panel import TRADING
from .rows import Rows


class Laying(NamedTuple):
    """How codes are laid: the rows, what is withheld from dividends that longs receive, and that bad bars are put aside."""

    rows: Rows
    tax_mainland: float
    tax_hong_kong: float
    suspend: bool


class Laid(NamedTuple):
    """What a code leaves beside its arrays.

    `actions` are (row, ratio, cash owed by shorts, cash received by longs) for one share. `unmended`: errors that are
    still there when its wrong bars are put aside.
    """

    code: str
    actions: tuple[tuple[int, float, float, float], ...]
    findings: tuple[Finding, ...]
    unmended: tuple[Finding, ...]
    unknowns: tuple[str, ...]
    provenance: dict[str, object]
    simulated: bool


def lay(raw: Bars, instrument: Instrument, how: Laying) -> tuple[Compiled, Laid]:
    """A code's arrays and what is said of them; where bad bars are put aside, a code with no other is refused."""
    rows, tax = how.rows, how.tax_mainland if instrument.mainland else how.tax_hong_kong
    inside, own = _between(raw, rows.sessions), rows.of(instrument.exchange)
    cut = inside is not raw and bool((raw.sessions < rows.sessions[0]).any())
    faults = check_bars(inside, instrument, calendar=own, cut=cut)
    good, doubtful = suspend_bad(inside, faults), bad_sessions(faults)
    unmended = tuple(leaps(good, instrument, own, doubtful)) if "leap" in {one.kind for one in faults} else ()
    compiled = compile_code(
        good, instrument, rows.sessions, rows.own[instrument.exchange][0], doubtful, cut=cut
    )
    if how.suspend and errors_of(faults):
        _refuse_useless(raw.code, compiled.values["status"], errors_of(faults))
    notes = (str(raw.source.get(GUESS, "")), *compiled.unknowns)
    return compiled, Laid(
        code=raw.code,
        actions=tuple((a.row, a.ratio, a.cash, a.cash * (1.0 - tax)) for a in compiled.actions),
        findings=faults,
        unmended=unmended,
        unknowns=tuple(f"{raw.code}: {note}" for note in notes if note),
        provenance=_provenance(raw),
        simulated=_is_simulated(raw),
    )


def lay_future(future: Future, rows: Rows, added: Additions) -> tuple[Compiled, Laid]:
    """The arrays of a future, whichever month is held, and its rolls as actions."""
    front, product = front_month(future, rows.sessions[-1], added), future.terms.product
    compiled, rolls = compile_future(future, front, rows.sessions, rows.own[product.exchange][0])
    return compiled, Laid(
        code=front.bars.code,
        actions=tuple((row, 1.0, short, long) for row, short, long in rolls),
        findings=(),
        unmended=(),
        unknowns=tuple(f"{product.code}: {note}" for note in compiled.unknowns),
        provenance=_provenance(front.bars),
        simulated=_is_simulated(front.bars),
    )


def _between(bars: Bars, sessions: Days) -> Bars:
    inside = (bars.sessions >= sessions[0]) & (bars.sessions <= sessions[-1])
    return bars if bool(inside.all()) else bars.take(inside)


def _refuse_useless(code: str, status: I1, errors: tuple[Finding, ...]) -> None:
    """A code without one good bar would leave the other side of its launches alone."""
    if not (status == TRADING).any():
        raise DataError(
            f"{code} has no good bar in this span, so that nothing of it could be traded "
            f"(first error: {errors[0]}); repair its file, or leave the code out"
        )


def _is_simulated(bars: Bars) -> bool:
    return str(bars.source.get("simulated", "")).lower() == "true"


def _provenance(bars: Bars) -> dict[str, Any]:
    """Where a code's bars are from, as a run records it."""
    source = dict(bars.source)
    return {
        "code": bars.code,
        "source": str(source.get("provider") or Path(str(source.get("path", "memory"))).name),
        "sha256": str(source.get("sha256", "")),
        "first": str(bars.sessions.min()) if len(bars) else "",
        "last": str(bars.sessions.max()) if len(bars) else "",
        "rows": len(bars),
    }
