"""What to doubt in a ledger: rows that say the same, that are no launches, that others disturb, or that prove little."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import SequenceMatcher
from itertools import combinations
from types import MappingProxyType

from ..errors import CalendarError
from ..instruments.table import load_instruments
from .certainty import open_auctions
from .companies import known_as
from .launch import Launch, Launches

NEAR = timedelta(days=7)  # one product is told again within so many days
BESIDE = timedelta(days=2)  # an event of another kind disturbs within so many days
ALIKE = 0.8  # share of two names' letters that are the same
DISTURBING = ("policy", "negative", "index", "listing", "analyst")
LAUNCHING = ("launch", "open-weights")
PRE_RELEASE = re.compile(r"(?i)(?:^|[\s._-])(?:rc|alpha|dev|nightly|hotfix|patch)\.?\d*\b")
PATCH = re.compile(r"(?i)\bv?\d+\.\d+\.(?!0\b)\d+\b")
NO_SOURCE = re.compile(r"(?i)^https?://(?:[^/]*\.)?(?:example\.(?:org|com|net)|localhost|127\.0\.0\.1)\b")
# Products as Chinese reports and English ones name them.
CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "文心一言": "ernie bot", "文心": "ernie", "通义千问": "qwen", "千问": "qwen", "混元": "hunyuan", "豆包": "doubao",
        "星火": "spark", "日日新": "sensenova", "海螺": "hailuo", "可灵": "kling", "即梦": "jimeng", "元宝": "yuanbao",
        "智谱清言": "chatglm", "盘古": "pangu", "大模型": "", "发布": "", "开源": "", "正式": "",
    }
)  # fmt: skip
FILLERS = frozenset(
    [
        "open",
        "source",
        "open-source",
        "weights",
        "release",
        "released",
        "launch",
        "launched",
        "model",
        "models",
        "new",
        "the",
        "and",
        "of",
        "is",
        "series",
        "official",
        "officially",
        "now",
        "available",
    ]
)
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "duplicate": "looks like the same launch as another row",
        "minor": "looks like a small version, not a launch",
        "confound": "another launch of the same code lies within the days before it",
        "beside": "an event of another kind lies close to it",
        "source": "has no source that can be looked up",
        "coarse": "its clock leaves open which session it is",
        "unbounded": "nothing bounds its clock from below",
    }
)


@dataclass(frozen=True)
class LaunchDoubt:
    """A launch, what is doubtful (a key of WORDS), the other row it is about ("" for none), and the sentence."""

    launch: str
    kind: str
    other: str
    says: str


def check_launches(launches: Launches, *, estimation_days: int = 30) -> tuple[LaunchDoubt, ...]:
    """Every doubt about a ledger, by launch: duplicates first, then the order of WORDS.

    `estimation_days` is the length in days of what a study measures before a launch.
    """
    all_doubts = [
        *_duplicates(launches),
        *_minor(launches),
        *_confounds(launches, timedelta(days=estimation_days)),
        *_beside(launches),
        *_sources(launches),
        *_coarse(launches),
    ]
    order = {launch.id: k for k, launch in enumerate(launches)}
    kinds = list(WORDS)
    return tuple(sorted(all_doubts, key=lambda doubt: (kinds.index(doubt.kind), order[doubt.launch])))


def near_duplicate(first: Launch, second: Launch) -> bool:
    """Whether two rows tell of one product of one company within a week, in whatever language.

    >>> from datetime import datetime, timezone
    >>> day = datetime(2026, 2, 11, tzinfo=timezone.utc)
    >>> near_duplicate(Launch("a", day, "exact", "Zhipu", "GLM-5", "launch"),
    ...                Launch("b", day, "exact", "智谱", "GLM 5 open source", "open-weights"))
    True
    """
    if abs(first.announced_at - second.announced_at) > NEAR or not _one_maker(first, second):
        return False
    names = _words(first.product, first.company), _words(second.product, second.company)
    versions = [set(re.findall(r"\d+(?:\.\d+)*", " ".join(name))) for name in names]
    if versions[0] != versions[1] or not names[0] or not names[1]:
        return False
    one, two = ("".join(sorted(name)) for name in names)
    if SequenceMatcher(None, one, two).ratio() >= ALIKE:
        return True
    small, large = sorted((set(names[0]), set(names[1])), key=len)
    return bool(versions[0]) and small <= large


def _one_maker(first: Launch, second: Launch) -> bool:
    makers = [{known_as(part.strip()) for part in row.company.split("/")} for row in (first, second)]
    return bool(makers[0] & makers[1])


def _words(product: str, company: str) -> list[str]:
    """The words of a product's name in small Latin letters and digits, without its maker and without fillers."""
    name = product.casefold()
    for chinese, latin in CHINESE.items():
        name = name.replace(chinese, f" {latin} ")
    words = re.findall(r"\d+(?:\.\d+)*|[^\W\d_]+", name)
    makers = {
        word
        for part in company.split("/")
        for word in re.findall(r"[^\W\d_]+", f"{part} {known_as(part.strip())}".casefold())
    }
    return [word for word in words if word not in FILLERS and word not in makers]


def _duplicates(launches: Launches) -> Iterator[LaunchDoubt]:
    asked = [launch for launch in launches if launch.kind in LAUNCHING]
    for first, second in combinations(asked, 2):
        if near_duplicate(first, second):
            says = f"{second.product} of {second.company}: looks like {first.id}, {_days(first, second)}"
            yield LaunchDoubt(second.id, "duplicate", first.id, f"{says}; keep the earlier one")


def _minor(launches: Launches) -> Iterator[LaunchDoubt]:
    for launch in launches:
        if launch.kind in LAUNCHING and (PATCH.search(launch.product) or PRE_RELEASE.search(launch.product)):
            yield LaunchDoubt(launch.id, "minor", "", f"{launch.product}: a small version is rarely a launch")


def _confounds(launches: Launches, before: timedelta) -> Iterator[LaunchDoubt]:
    by_code: dict[str, list[Launch]] = {}
    for launch in launches:
        for concerned in launch.codes:
            earlier = [
                row
                for row in by_code.get(concerned.code, [])
                if launch.announced_at - row.announced_at <= before
            ]
            if earlier and launch.kind in LAUNCHING:
                last = earlier[-1]
                says = f"{concerned.code}: {last.id} lies {_days(last, launch)} before it, among what a study measures"
                yield LaunchDoubt(launch.id, "confound", last.id, says)
            by_code.setdefault(concerned.code, []).append(launch)


def _beside(launches: Launches) -> Iterator[LaunchDoubt]:
    for event in launches:
        if event.kind not in DISTURBING:
            continue
        codes = {concerned.code for concerned in event.codes}
        for launch in launches:
            shared = not codes or codes & {concerned.code for concerned in launch.codes}
            near = abs(launch.announced_at - event.announced_at) <= BESIDE
            if launch.kind in LAUNCHING and near and shared:
                says = f"{event.kind} event {event.id} ({event.company}) lies {_days(event, launch)} from it"
                yield LaunchDoubt(launch.id, "beside", event.id, says)


def _sources(launches: Launches) -> Iterator[LaunchDoubt]:
    for launch in launches:
        links = [part.strip() for part in launch.source.split(" ; ")]
        sound = [
            link
            for link in links
            if re.match(r"https?://[^/\s]+\.[^/\s]+", link) and not NO_SOURCE.match(link)
        ]
        if not sound:
            says = f"source {launch.source!r} is no address" if launch.source else "it has no source"
            yield LaunchDoubt(launch.id, "source", "", f"{says}; add a page that says when it was public")


def _coarse(launches: Launches) -> Iterator[LaunchDoubt]:
    """Launches whose earliest and latest clock reach different auctions, and those that nothing bounds from below."""
    book = load_instruments()
    for launch in launches:
        exchanges = sorted({book[concerned.code].exchange for concerned in launch.codes})
        if exchanges and launch.earliest is None:
            says = "nothing says when it was not yet public, so any earlier auction is possible; find a lower bound"
            yield LaunchDoubt(launch.id, "unbounded", "", says)
        for exchange in exchanges:
            says = _left_open(launch, exchange, launches.reaction_minutes)
            if says:
                yield LaunchDoubt(launch.id, "coarse", "", says)


def _left_open(launch: Launch, exchange: str, reaction_minutes: float) -> str:
    """The auctions that a launch's bounds leave open, in words; "" where they leave none."""
    if launch.earliest is None:
        return ""
    try:
        left = open_auctions(launch, (exchange,), reaction_minutes=reaction_minutes)
    except CalendarError:
        return ""
    if not left:
        return ""
    first, last = (f"the {auction.at} of {auction.session}" for auction in (left[0], left[-1]))
    known = "only the day is known" if launch.precision == "date" else "its bounds lie apart"
    which = (
        f"{first} is possible"
        if len(left) == 1
        else f"{len(left)} auctions from {first} to {last} are possible"
    )
    return f"{known}: {which} at {exchange}; find the hour"


def _days(first: Launch, second: Launch) -> str:
    days = abs((second.announced_at - first.announced_at).total_seconds()) / 86_400
    return "the same day" if days < 1 else f"{days:.0f} day{'s' if round(days) != 1 else ''}"
