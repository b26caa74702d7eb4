"""A member of the universe, and the universe as it stood on a day."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from ..dated import as_date
from ..errors import RuleError, did_you_mean
from ..shown import Shown, Told, counted, some

HINDSIGHT = "hindsight"  # the confidence of a row that only today's knowledge supports
MEMBER_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "pure_play": "lives from what the theme is about",
        "diversified": "a giant for which the theme is a small part",
        "supplier": "sells computing, chips or services to the theme",
        "concept": "named by the press as benefiting",
        "hedge": "an index fund, held against the rest",
    }
)


@dataclass(frozen=True)
class Member:
    """One code in one role from `since` to `until`, both included; `until` None means still so.

    `themes` is empty for a member of every theme, as a fund is. A row whose `confidence` is `hindsight` rests on today's
    knowledge: nobody is known to have said so in its first days.
    """

    code: str
    role: str
    themes: tuple[str, ...]
    since: date
    until: date | None = None
    source: str = ""
    confidence: str = ""
    note: str = ""

    @property
    def hindsight(self) -> bool:
        """Whether only today's knowledge supports the row."""
        return self.confidence == HINDSIGHT

    def on(self, day: date) -> bool:
        """Whether the row holds on a day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def as_row(self) -> dict[str, str]:
        """The member as the text cells of a file."""
        return {
            "code": self.code,
            "role": self.role,
            "theme": ";".join(self.themes),
            "since": str(self.since),
            "until": str(self.until or ""),
            "source": self.source,
            "confidence": self.confidence,
            "note": self.note,
        }


@dataclass(frozen=True, repr=False)
class Universe(Shown):
    """Members by role and day, in the order of their rows; immutable.

    `as_of` gives the universe as it stood on a day, so that what came later cannot be read from it.
    """

    rows: tuple[Member, ...] = ()

    def _told(self) -> Told:
        roles = Counter(row.role for row in self.rows).most_common()
        facts = {
            "codes": f"{len(self.codes):,}: {some(self.codes)}" if self.rows else "",
            "roles": ", ".join(f"{n} {role}" for role, n in roles),
            "themes": some(self.themes),
        }
        columns = ("code", "role", "since", "until")
        rows = [(row.code, row.role, row.since, row.until or "") for row in self.rows]
        return Told(f"Universe: {counted(len(self.rows), 'row')}", facts, columns, rows)

    def __iter__(self) -> Iterator[Member]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code of some row, in the order of the rows, each once."""
        return tuple(dict.fromkeys(row.code for row in self.rows))

    @property
    def themes(self) -> tuple[str, ...]:
        """Every theme that some row names, sorted."""
        return tuple(sorted({theme for row in self.rows for theme in row.themes}))

    def members(self, role: str, session: object, theme: str = "") -> tuple[str, ...]:
        """Codes that have `role` on a day, of one theme or of all; RuleError for an unknown role or theme."""
        return tuple(dict.fromkeys(row.code for row in self.chosen(role, theme, session)))

    def chosen(self, role: str = "", theme: str = "", session: object = None) -> tuple[Member, ...]:
        """The rows of a role, a theme and a day, of all where one is empty; RuleError for an unknown role or theme."""
        for what, word, words in (("role", role, tuple(MEMBER_ROLES)), ("theme", theme, self.themes)):
            # an empty universe has no themes, and refuses none
            if word and words and word not in words:
                raise RuleError(
                    f"{what} {word!r} is unknown{did_you_mean(word, words)}; use one of {', '.join(words)}"
                )
        held = self.rows if session is None else self.on(session)
        return tuple(row for row in held if role in ("", row.role) and _in_theme(row, theme))

    def role_of(self, code: str, session: object) -> str | None:
        """The role of a code on a day; None where no row holds."""
        return next((row.role for row in self.on(session) if row.code == code), None)

    def on(self, session: object) -> tuple[Member, ...]:
        """The rows that hold on a day."""
        day = as_date(session)
        return tuple(row for row in self.rows if row.on(day))

    def as_of(self, session: object) -> "Universe":
        """What was known at the end of a day: rows that had begun, without an end that lies ahead."""
        day = as_date(session)
        begun = (row for row in self.rows if row.since <= day)
        ended = (row if row.until is None or row.until <= day else replace(row, until=None) for row in begun)
        return Universe(tuple(ended))

    def known(self) -> "Universe":
        """Only rows that were public when they began: those of hindsight are left out."""
        return Universe(tuple(row for row in self.rows if not row.hindsight))


def _in_theme(row: Member, theme: str) -> bool:
    return not theme or not row.themes or theme in row.themes
