"""How far a study's conclusions depend on the clock: day 0 a session earlier or later, launches early or late in their bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from ...data.bars.bars import Bars
from ...data.figures import MINUS, points
from ...data.ledger.certainty import at_ends
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from .findings import Study, Variant
from .options import StudyOptions
from .study import NO_BARS, study


def full_study(
    launches: Launches,
    panel: Panel,
    options: StudyOptions | None = None,
    *,
    outside: Mapping[str, Bars] = NO_BARS,
) -> Study:
    """The study with its sensitivity to the clock."""
    chosen = options or StudyOptions()
    variants = clock_variants(launches, panel, chosen, outside=outside)
    return replace(
        study(launches, panel, chosen, outside=outside), clock=variants, clock_text=conclusions(variants)
    )


def clock_variants(
    launches: Launches, panel: Panel, options: StudyOptions, *, outside: Mapping[str, Bars] = NO_BARS
) -> tuple[Variant, ...]:
    """The study as asked, with day 0 a session earlier and later, with date-only launches at the day's start and end, and with
    every launch at its earliest and at its latest possible session.
    """
    as_asked = study(launches, panel, options, outside=outside)
    variants = list(_variants("as asked", as_asked, as_asked))
    for shift in (-1, 1):
        moved = study(launches, panel, replace(options, shift=options.shift + shift), outside=outside)
        clock = f"day 0 {shift:+d} session".replace("-", MINUS)
        variants += _variants(clock, moved, as_asked)
    for when in ("start", "end"):
        timed = launches.timed(reaction_minutes=launches.reaction_minutes, dates_known=when)
        variants += _variants(
            f"bare dates known at the {when}", study(timed, panel, options, outside=outside), as_asked
        )
    ends: tuple[Literal["earliest", "latest"], ...] = ("earliest", "latest")
    for end in ends:
        bounded = study(at_ends(launches, end), panel, options, outside=outside)
        variants += _variants(f"every launch at its {end}", bounded, as_asked)
    return tuple(variants)


def conclusions(variants: Sequence[Variant]) -> tuple[str, ...]:
    """One sentence per window: whether its mean keeps its sign and its verdict under every clock."""
    sentences = []
    for window in dict.fromkeys(variant.window for variant in variants):
        mine = [variant for variant in variants if variant.window == window]
        asked = mine[0]
        if not asked.n:
            sentences.append(f"{window}: nothing could be measured.")
            continue
        other_sign = [v.clock for v in mine if v.mean * asked.mean < 0]
        other_verdict = [f"{v.verdict} with {v.clock}" for v in mine if v.verdict != asked.verdict]
        if not other_sign and not other_verdict:
            sentences.append(
                f"{window}: {points(asked.mean)} ({asked.verdict}) keeps its sign and verdict under every clock."
            )
            continue
        parts = [f"the mean changes sign with {', '.join(other_sign)}"] if other_sign else []
        parts += [f"the verdict becomes {', '.join(other_verdict)}"] if other_verdict else []
        sentences.append(f"{window}: {points(asked.mean)} ({asked.verdict}), but {' and '.join(parts)}.")
    return tuple(sentences)


def _cars(found: Study, window: str) -> Mapping[tuple[str, str], float]:
    return {(row.launch, row.code): row.car for row in found.table if row.window == window}


def _variants(clock: str, study: Study, asked: Study) -> list[Variant]:
    rows = []
    for label, summary in study.windows.items():
        cars, before = _cars(study, label), _cars(asked, label)
        flips = sum(cars[key] * before[key] < 0 for key in cars.keys() & before.keys())
        rows.append(Variant(clock, label, summary.n, summary.mean, summary.p, summary.verdict, flips))
    return rows
