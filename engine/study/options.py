"""What may be chosen about a study, checked at the door, and the words the command line uses for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ...data.calendars.sessions import Auction
from ...data.dated import to_day
from ...data.errors import ConfigError, did_you_mean
from .abnormal import MIN_ESTIMATION, Model

Span = tuple[int, int]

WINDOWS: Mapping[str, Span] = MappingProxyType({"leak": (-5, -1), "react": (0, 1), "drift": (0, 4)})
GROUPS = ("kind", "role", "company")
CONFOUNDS = ("flag", "drop", "weight")
FARTHEST = 2_000  # sessions from day 0


@dataclass(frozen=True)
class StudyOptions:
    """One event study. Spans are sessions from day 0, both ends included.

    `benchmark` serves the market model and `peer` the peer model: codes of the panel, averaged over those on the
    event's calendar. Day 0 is the first session that closes after the news; `shift` moves it. `at`: the auction that an
    order tries first. `since`: the first day of an event, '' for the panel's; earlier bars serve estimation alone. `confounds`: `flag` only names them, `drop` leaves those events out, `weight` counts an event
    1 / (1 + confounds). `draws` per bootstrap; the same `seed` gives the same numbers.
    """

    model: Model = Model.MEAN
    benchmark: tuple[str, ...] = ()
    peer: tuple[str, ...] = ()
    estimation: Span = (-120, -21)
    windows: Mapping[str, Span] = field(default_factory=lambda: WINDOWS)
    by: tuple[str, ...] = ()
    at: Auction = "open"
    shift: int = 0
    confounds: str = "flag"
    near: Span = (-1, 1)
    draws: int = 1_999
    seed: int = 0
    since: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", Model(_known("model", self.model, tuple(Model))))
        _known("at", self.at, ("open", "close"))
        _known("confounds", self.confounds, CONFOUNDS)
        for name in self.by:
            _known("by", name, GROUPS)
        if self.model is Model.MARKET and not self.benchmark:
            raise ConfigError("`model='market'` needs `benchmark`, the code of an index or fund with bars")
        if self.model is Model.PEER and not self.peer:
            raise ConfigError("`model='peer'` needs `peer`, the code of a comparable company with bars")
        for name, model in (("benchmark", Model.MARKET), ("peer", Model.PEER)):
            if getattr(self, name) and self.model is not model:
                raise ConfigError(
                    f"`{name}` belongs to `model='{model}'`, and this study's model is {self.model}; leave one of them out"
                )
        if not self.windows:
            raise ConfigError("a study needs at least one window, such as react=0:1")
        for name, span in {"estimation": self.estimation, "near": self.near, **self.windows}.items():
            if span[0] > span[1] or max(abs(span[0]), abs(span[1])) > FARTHEST:
                raise ConfigError(
                    f"{name} {span[0]}:{span[1]} must run forward and stay within {FARTHEST} sessions of day 0"
                )
        first = min(span[0] for span in self.windows.values())
        if self.estimation[1] >= min(first, 0):
            raise ConfigError(
                f"the estimation window {self.estimation[0]}:{self.estimation[1]} must end before the first window ({first}) and day 0"
            )
        if self.estimation[1] - self.estimation[0] + 1 < MIN_ESTIMATION:
            raise ConfigError(f"the estimation window must span at least {MIN_ESTIMATION} sessions")
        if self.since:
            object.__setattr__(self, "since", str(to_day(self.since, "since")))
        if not 99 <= self.draws <= 1_000_000:
            raise ConfigError(f"{self.draws} bootstrap draws: take 99 to 1,000,000")

    @property
    def factors(self) -> tuple[str, ...]:
        """Codes beside the launches' own that the panel must hold."""
        return {Model.MEAN: (), Model.MARKET: self.benchmark, Model.PEER: self.peer}[self.model]

    @property
    def lead(self) -> int:
        """Sessions before day 0 that a study reads."""
        return -min(self.estimation[0], *(span[0] for span in self.windows.values()))

    @property
    def least(self) -> int:
        """Fewest estimation observations of an event: half its window."""
        return max(MIN_ESTIMATION, (self.estimation[1] - self.estimation[0] + 2) // 2)


def parse_span(text: str, what: str = "span") -> Span:
    """`-120:-21` as (-120, -21)."""
    match = re.fullmatch(r"\s*([+-]?\d{1,5})\s*:\s*([+-]?\d{1,5})\s*", text)
    if match is None:
        raise ConfigError(f"{what} {text!r} is no span of sessions; write it as -120:-21")
    return int(match[1]), int(match[2])


def parse_windows(text: str) -> dict[str, Span]:
    """`leak=-5:-1,react=0:1` as a dict in that order; names are letters, digits, - and _."""
    windows: dict[str, Span] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, span = part.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z0-9_-]{1,30}", name.strip()):
            raise ConfigError(f"window {part!r} is not of the form name=first:last, such as react=0:1")
        if name.strip() in windows:
            raise ConfigError(f"the window {name.strip()!r} is named twice")
        windows[name.strip()] = parse_span(span, f"window {name.strip()}")
    return windows


def parse_words(text: str) -> tuple[str, ...]:
    """`kind,role` as a tuple."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _known(what: str, word: str, known: tuple[str, ...]) -> str:
    if word not in known:
        raise ConfigError(
            f"{what} {word!r} is unknown{did_you_mean(word, known)}; use one of {', '.join(known)}"
        )
    return word
