"""Corrections of a ledger: the row as it should be, with the moment at which that was found out."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ...calendars.hours import CHINA_TIME
from ...doors import is_there
from ...errors import LedgerError, did_you_mean
from ..bounds import SIDES, clock_text
from ..launch import BOUNDS, RECORDED, Launch
from ..ledger import load_launches

CLOCK = ("announced_at", *SIDES)


def correction(name: str, cells: Mapping[str, str], *, ledger: Path, recorded: str | None = None) -> Launch:
    """The ledger's launch `name` with other `cells`, recorded now unless a moment is given; nothing is written.

    A new `announced_at` takes away the old bounds and their evidence, since those belonged to the old one. `append` puts it
    into the ledger. LedgerError where the ledger has no such launch.
    """
    if not is_there(ledger):
        raise LedgerError(f"there is no ledger {ledger} to correct; give the file that has {name}")
    present = {launch.id: launch for launch in load_launches(ledger)}
    if name not in present:
        raise LedgerError(f"the ledger {ledger} has no {name!r}{did_you_mean(name, present)} to correct")
    first = {cell: text for cell, text in present[name].as_row().items() if cell != RECORDED}
    kept = first
    if any(cell in cells for cell in CLOCK):
        kept = {cell: text for cell, text in first.items() if cell not in BOUNDS}
    when = recorded or clock_text(datetime.now(CHINA_TIME).replace(microsecond=0))
    (corrected,) = load_launches([first, kept | dict(cells) | {RECORDED: when}])
    return corrected
