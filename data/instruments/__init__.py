"""What a code is: its exchange, board, currency, listing and lots, by date."""

from typing import TYPE_CHECKING

from ...lazy import face

if TYPE_CHECKING:
    from .instrument import Instrument as Instrument
    from .table import Instruments as Instruments
    from .table import load_instruments as load_instruments

__getattr__, __dir__, __all__ = face(
    __name__,
    {
        "Instrument": ".instrument",
        "Instruments": ".table",
        "load_instruments": ".table",
    },
)
