"""What asking a strategy about the future found: its leaks, and how often it was asked."""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from ...data.shown import Shown, Told


class Leak(NamedTuple):
    """One decision that depends on what came later.

    `session`, `at` (open or close), `code` and id of the `launch` of the leg or order that changes; `what` in words what
    changes and what was hidden; `cause`: prices, launches, links, the end of the data, or reach. `line` of a file as
    `mine.py line 12` with its `source` text; both empty where it could not be found.
    """

    session: str
    at: str
    code: str
    launch: str
    what: str
    cause: str
    line: str = ""
    source: str = ""

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        where = f"{self.line}: `{self.source}`: " if self.line else ""
        launch = f" (launch {self.launch})" if self.launch else ""
        return f"{where}{self.code}{launch} at the {self.at} of {self.session} {self.what}"


@dataclass(frozen=True, repr=False)
class Checked(Shown):
    """A strategy asked at every decision. `asked`: how often; `decisions`: legs or orders that were compared; `more`:
    leaks beyond those that are listed. `notes` say what no asking can find."""

    strategy: str
    start: str
    end: str
    asked: int
    decisions: int
    leaks: tuple[Leak, ...] = ()
    more: int = 0
    notes: tuple[str, ...] = ()

    def _told(self) -> Told:
        columns = ("line", "session", "at", "code", "launch", "what")
        rows = [tuple(getattr(leak, name) for name in columns) for leak in self.leaks]
        facts = {"first leak": self.leaks[0].sentence if self.leaks else ""}
        return Told(f"Checked: {self.verdict}", facts, columns, rows)

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.leaks

    @property
    def verdict(self) -> str:
        """The answer in one sentence."""
        span = f"asked {self.asked:,} times between {self.start} and {self.end}"
        if self.clean:
            return f"{self.strategy} does not know the future: {span}, {self.decisions:,} decisions stayed the same"
        return f"{self.strategy} knows the future: {span}, {len(self.leaks) + self.more:,} decisions changed"

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self) | {
            "clean": self.clean,
            "leaks": [leak._asdict() for leak in self.leaks],
            "notes": list(self.notes),
        }
