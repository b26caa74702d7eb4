"""The minute bars that stand beside a panel: read, checked against its daily bars, and laid out in its rows."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..addresses import refuse_address
from ..arrays import F8
from ..bars.bars import Bars
from ..bars.findings import Finding, errors_of
from ..calendars.overrides import NONE, Additions
from ..doors import exists
from ..errors import DataError
from ..ledger.launch import Launches
from ..minutes.checks import Daily, check_minutes, sessions_of
from ..minutes.folder import MinuteFolder
from ..minutes.hours import spans_of
from ..minutes.minutes import MINUTE_BAR, MinuteTable, to_minutes
from ..minutes.pools import Seal
from ..minutes.read import MinuteRows
from ..minutes.stamps import Placed, place
from ..minutes.units import in_shares
from ..panel.build import OWN_STORE
from ..panel.panel import TRADING, Panel
from ..shown import counted
from ..store.minutes import StoredMinutes
from ..store.store import Store, default_store, is_store
from .request import SAMPLE_MINUTES, MarketRequest

MOST_LISTED = 40


def with_minutes(panel: Panel, launches: Launches, wanted: MarketRequest) -> Panel:
    """The panel with the minute bars that the request names, itself where it names none.

    DataError where bars are wrong; with `bad_bars='suspend'` the sessions with wrong ones are left without minutes.
    """
    if wanted.minutes is None:
        return panel
    if wanted.minutes == SAMPLE_MINUTES:
        from ..sample.minutes import sample_minutes

        return replace(panel, minutes=sample_minutes(panel, launches))
    folder = open_minutes(wanted.minutes)
    mine = [code for code in panel.codes if code in folder.codes()]
    seals = _seals(folder, panel)
    if not mine and not seals:
        raise DataError(
            f"{folder.path} has minute bars of none of the {len(panel.codes)} codes that are traded, only of "
            f"{', '.join(folder.codes()[:12]) or 'none'}; check `minutes`"
        )
    sessions: list[tuple[int, int, MinuteTable]] = []
    findings: list[Finding] = []
    sources: list[dict[str, object]] = []
    for code in mine:
        i, taken = panel.column(code), set[int]()
        for series in folder.read(code):
            rows = _inside(series, panel)
            if not len(rows):
                continue
            declared = wanted.minute_stamps or str(rows.source.get("stamps", ""))
            rows, placed = placed_rows(rows, panel.instruments[i].exchange, panel.calendar, declared)
            found = check_minutes(rows, placed, _daily(panel, i))
            fresh = [(t, bars) for t, bars in _good_sessions(panel, i, rows, placed, found) if t not in taken]
            taken |= {t for t, _ in fresh}
            findings += found
            sessions += [(t, i, bars) for t, bars in fresh]
            sources.append({"code": code, "length": placed.length, "stamps": placed.stamps, **rows.source})
    if wanted.bad_bars != "suspend":
        _refuse(errors_of(findings))
    told = tuple(finding.to_json() for finding in findings)
    return replace(
        panel,
        minutes=replace(to_minutes(len(panel.codes), sessions, tuple(sources)), seals=seals),
        warnings=(*panel.warnings, *told),
        provenance=(*panel.provenance, *(_provenance(source) for source in sources)),
    )


def _seals(folder: MinuteFolder | StoredMinutes, panel: Panel) -> dict[int, tuple[Seal, ...]]:
    """What the folder's limit pools say, by row × codes + code."""
    found: dict[int, tuple[Seal, ...]] = {}
    row_of = {str(day): t for t, day in enumerate(panel.sessions)}
    for seal in folder.seals() if isinstance(folder, MinuteFolder) else ():
        if seal.code in panel.codes and seal.day in row_of:
            key = row_of[seal.day] * len(panel.codes) + panel.column(seal.code)
            found[key] = (*found.get(key, ()), seal)
    return found


def _good_sessions(
    panel: Panel, i: int, rows: MinuteRows, placed: Placed, found: Sequence[Finding]
) -> Iterator[tuple[int, MinuteTable]]:
    """Row and bars of each session of column `i` that has a daily bar and no error among its findings."""
    bad = {finding.session for finding in errors_of(found)}
    if any(finding.kind == "minute_adjusted" for finding in found):
        return
    row_of = np.flatnonzero(panel.status[:, i] == TRADING)
    for one in sessions_of(rows, _daily(panel, i)):
        if one.at >= 0 and str(one.day) not in bad:
            yield int(row_of[one.at]), to_table(rows, placed, one.a, one.b)


def open_minutes(path: str | Path) -> MinuteFolder | StoredMinutes:
    """The folder, zip or store of minute bars at a path, or the user's own `store`; DataError where there is none."""
    place = Path(path)
    if str(path) == OWN_STORE and not exists(place):
        place = default_store()
    refuse_address(place)
    if not exists(place):
        raise DataError(f"{place}: there is no such file or folder of minute bars; check `minutes`")
    if not is_store(place):
        return MinuteFolder(place)
    stored = StoredMinutes(Store(place))
    if not stored.codes():
        raise DataError(f"the store {place} has no minute bars; bring them with `ll.fetch_minutes`")
    return stored


def placed_rows(
    rows: MinuteRows, exchange: str, added: Additions = NONE, declared: str = ""
) -> tuple[MinuteRows, Placed]:
    """Rows in shares, and when each bar was traded; DataError where unit, length or stamps cannot be told."""
    name = str(rows.source.get("path", rows.code))
    rows = in_shares(rows, name, mainland=exchange != "XHKG")
    days, bar = np.unique(rows.day, return_inverse=True)
    by_day = spans_of(exchange, days, added)
    spans = type(by_day)(*(values[bar.reshape(-1)] for values in by_day))
    return rows, place(rows, spans, name, declared)


def minute_findings(rows: MinuteRows, bars: Bars, exchange: str, declared: str = "") -> tuple[Finding, ...]:
    """What is wrong with minute bars, held against the daily bars of the same code."""
    rows, placed = placed_rows(rows, exchange, declared=declared)
    held = bars.traded & np.isfinite(bars.close)
    order = np.flatnonzero(held)[np.argsort(bars.sessions[held], kind="stable")]
    columns: list[F8] = [values[order] for values in (bars.high, bars.low, bars.close, bars.volume)]
    return check_minutes(rows, placed, Daily(bars.sessions[order], *columns))


def to_table(rows: MinuteRows, placed: Placed, a: int, b: int) -> MinuteTable:
    """Rows `a` to `b` as MINUTE_BAR: those of continuous trading."""
    kept = np.arange(a, b)[~placed.auction[a:b] & ~placed.strange[a:b]]
    table = np.zeros(len(kept), MINUTE_BAR)
    table["start"], table["stop"] = placed.start[kept], placed.stop[kept]
    for name in ("open", "high", "low", "close", "volume"):
        table[name] = getattr(rows, name)[kept]
    with np.errstate(divide="ignore", invalid="ignore"):
        paid = rows.amount[kept] / rows.volume[kept]
    inside = (paid >= table["low"] - 0.01) & (paid <= table["high"] + 0.01)
    table["vwap"] = np.where(inside, np.clip(paid, table["low"], table["high"]), np.nan)
    return table


def _inside(rows: MinuteRows, panel: Panel) -> MinuteRows:
    """The rows of the panel's span."""
    held = (rows.day >= panel.sessions[0]) & (rows.day <= panel.sessions[-1])
    names = ("day", "stamp", "open", "high", "low", "close", "volume", "amount")
    return replace(rows, **{name: getattr(rows, name)[held] for name in names})


def _daily(panel: Panel, i: int) -> Daily:
    held = np.flatnonzero(panel.status[:, i] == TRADING)
    columns = [getattr(panel, name)[held, i] for name in ("high", "low", "close", "volume")]
    return Daily(panel.sessions[held], *columns)


def _refuse(errors: Sequence[Finding]) -> None:
    if errors:
        shown = "\n".join(f"  {finding}" for finding in errors[:MOST_LISTED])
        more = f"\n  … and {len(errors) - MOST_LISTED} more" if len(errors) > MOST_LISTED else ""
        raise DataError(
            f"minute bars are wrong in {counted(len(errors), 'place')}; repair them, or leave those sessions without minutes "
            f"with `bad_bars='suspend'`:\n{shown}{more}"
        )


def _provenance(source: dict[str, object]) -> dict[str, object]:
    told = {name: str(source.get(name, "")) for name in ("code", "source", "sha256")}
    return {**told, "minutes": source["length"], "stamps": source["stamps"]}
