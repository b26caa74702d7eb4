"""What every source of bars is to the store."""

from datetime import date
from typing import Protocol

from ..bars.bars import Bars
from ..instruments.table import Instrument


class Provider(Protocol):
    """A source of raw daily bars with corporate actions.

    `bars` returns at least one bar within the days asked (both included), with `source["provider"]` and
    `source["version"]`; no answer, an empty answer and a refusal are FetchError, after the provider's own retries.
    `parallel` is how many codes may be asked for at once; `close` ends a session with the server.
    """

    @property
    def name(self) -> str: ...

    @property
    def parallel(self) -> int: ...

    def bars(self, instrument: Instrument, start: date, end: date) -> Bars: ...

    def close(self) -> None: ...
