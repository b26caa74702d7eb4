"""The panel with one more row: the next session, of which the rules are known and the prices are not."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Days
from ..calendars.calendar import Calendar, calendar, outside
from ..errors import CalendarError, RuleError
from ..instruments.instrument import Instrument, Spell
from ..rules.brokerage import Brokerage
from ..rules.limits import limit_bands, opened
from .charges import cost_table
from .columns import listed_sessions, rules_of
from .panel import CLOSED, DELISTED, TRADING, UNLISTED, Panel

PRICES = ("open", "high", "low", "close")
LIMITS = ("limit_up", "limit_down")


def next_session(panel: Panel) -> np.datetime64:
    """First day after the panel on which one of its exchanges trades; CalendarError where that is not known."""
    return min(_after(calendar(name, panel.calendar), panel) for name in panel.traded_exchanges)


def ahead(panel: Panel, brokerage: Brokerage) -> Panel:
    """The panel with its next session as last row.

    Its prices are NaN and its volume 0; reference, limits, lots, ticks, short lists and costs are those of the day, from the last marks, and
    fixings the last ones. A code that did not trade in the last session is taken to trade. A corporate action that goes ex on
    that day is not known.
    """
    day = next_session(panel)
    days = np.append(panel.sessions, day)
    is_open = np.array([_trades(name, day, panel) for name in panel.exchanges])
    columns = [_column(panel, i, days, bool(is_open[panel.exchange_of[i]])) for i in range(len(panel.codes))]
    row: dict[str, Any] = {name: np.array([column[name] for column in columns]) for name in columns[0]}
    row |= {name: np.full(len(panel.codes), np.nan) for name in PRICES}
    row |= {"volume": np.zeros(len(panel.codes)), "mark": panel.mark[-1], "fx": panel.fx[-1], "sessions": day}
    row["exchange_open"], row["sessions_done"] = is_open, panel.sessions_done[-1] + is_open
    row["costs"] = cost_table(panel.instruments, days[-1:], brokerage)[0]
    row.setdefault("margin", panel.margin[-1])
    longer: dict[str, Any] = {name: _with_row(getattr(panel, name), values) for name, values in row.items()}
    return replace(panel, **longer)


def _after(timetable: Calendar, panel: Panel) -> np.datetime64:
    i = int(np.searchsorted(timetable.sessions, panel.sessions[-1], side="right"))
    if i == len(timetable.sessions):
        raise CalendarError(outside(timetable, str(panel.sessions[-1] + np.timedelta64(1, "D"))))
    return np.datetime64(timetable.sessions[i], "D")


def _trades(name: str, day: np.datetime64, panel: Panel) -> bool:
    timetable = calendar(name, panel.calendar)
    i = int(np.searchsorted(timetable.sessions, day))
    return i < len(timetable.sessions) and bool(timetable.sessions[i] == day)


def _column(panel: Panel, i: int, days: Days, is_open: bool) -> dict[str, Any]:
    """What the rules say of one code in the last of `days`."""
    one, day = panel.instruments[i], days[-1:]
    status = TRADING if is_open else CLOSED
    if is_open and one.listed is not None and day[0] < np.datetime64(one.listed):
        status = UNLISTED
    if is_open and one.delisted is not None and day[0] >= np.datetime64(one.delisted):
        status = DELISTED
    first = status == TRADING and np.isnan(panel.mark[-1, i])
    ref = panel.mark[-1, i] if not first or one.issue_price is None else one.issue_price
    own = panel.exchange_open[:, panel.exchange_of[i]]
    age = listed_sessions(one, days, np.append(own, is_open))[-1:]
    bands = limit_bands(_as_limited(panel, i), np.maximum(day, opened(one)), np.array([ref]), age)
    begun = opened(one) if one.listed is None else max(opened(one), np.datetime64(one.listed, "D"))
    rules = {name: values[0] for name, values in rules_of(one, np.maximum(day, begun)).items()}
    quoted = {"ref": ref, "limit_up": bands.up[0], "limit_down": bands.down[0]}
    return {
        "status": status,
        **rules,
        **(quoted if status == TRADING else {"ref": np.nan} | _without_limits()),
    }


def _without_limits() -> dict[str, float]:
    return {"limit_up": np.inf, "limit_down": 0.0}


def _as_limited(panel: Panel, i: int) -> Instrument:
    """The instrument under a risk warning, where only the limits of its last bar say that it is."""
    one = panel.instruments[i]
    rows = np.flatnonzero(panel.status[:, i] == TRADING)
    if not one.mainland or not len(rows):
        return one
    last = rows[-1:]
    day, ref = panel.sessions[last], panel.ref[last, i]
    warned = replace(one, st=(Spell(day[0].astype(object)),))

    def fits(candidate: Instrument) -> bool:
        bands = limit_bands(candidate, day, ref, np.zeros(1, np.int32))
        return bool(np.isclose(bands.up, panel.limit_up[last, i]).all())

    try:
        return warned if not fits(one) and fits(warned) else one
    except RuleError:
        return one


def _with_row(values: NDArray[Any], row: Any) -> NDArray[Any]:
    longer = np.concatenate([values, np.asarray(row, values.dtype)[None]])
    return np.asfortranarray(longer) if longer.ndim == 2 else longer
