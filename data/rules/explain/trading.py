"""Whether there was trading that day, when bought shares can be sold, and whether a short can be opened."""

from ...calendars.sessions import sessions
from ...errors import CalendarError
from ...instruments.instrument import Instrument
from .. import settlement, shorting
from .question import Workings


def session_part(workings: Workings, instrument: Instrument) -> None:
    """Say when the day was no session of the exchange."""
    try:
        if len(sessions(instrument.exchange, workings.day[0], workings.day[0])) == 0:
            workings.steps.append(
                f"{workings.on} was not a session of {instrument.exchange}: nothing could be traded"
            )
    except CalendarError:
        workings.unknowns.append(f"whether {workings.on} was a session: it lies outside the known calendar")


def settlement_part(workings: Workings, instrument: Instrument) -> str:
    """ "T+1" or "T+0"; "none" for an index."""
    word, meaning, fact = settlement.describe(instrument, workings.day[0])
    workings.steps.append(f"settlement: {word}; {meaning}")
    workings.cite("settlement", fact)
    return word


def short_part(workings: Workings, instrument: Instrument) -> bool:
    """Whether a short could be opened that day."""
    allowed = bool(shorting.shortable(instrument, workings.day)[0])
    rate = float(shorting.borrow_rate(instrument, workings.day)[0]) if allowed else 0.0
    cost = f"; borrow assumed at {rate * 100:g} % a year" if allowed else ""
    workings.steps.append(
        f"short: {'yes' if allowed else 'no'}; {shorting.short_note(instrument, workings.on)}{cost}"
    )
    workings.sources.append(
        f"short: {shorting.MAINLAND_SOURCE if instrument.mainland else shorting.HK_SOURCE}"
    )
    return allowed
