"""A study as lines of text for a terminal."""

import math
from collections import Counter

from .findings import Study, WindowSummary
from .inference import Test

SHOWN = 8  # refusals named one by one

MEANING = {
    "real": "more than chance",
    "chance": "no more than chance",
    "too few": "too few to tell",
}


def study_text(found: Study) -> str:
    """Each window's mean, size and tests, the capturable share, the clock, and what was refused."""
    launches = len({event.launch for event in found.events})
    lines = [f"{launches} launches, {len(found.events)} launch-code pairs, {found.options.model} model"]
    lines += [f"note: {warning}" for warning in found.warnings]
    for label, window in found.windows.items():
        lines += ["", *_window(label, window)]
    for name, groups in found.by.items():
        for group, windows in groups.items():
            means = ", ".join(f"{label} {_percent(w.mean)} (n {w.n})" for label, w in windows.items())
            lines.append(f"{name} {group}: {means}")
    fall = found.waterfall
    if fall.n:
        lines += [
            "",
            f"reaction of {fall.n} pairs, buying each: on paper {fall.paper:+.1f} points = gap before the first fill {fall.gap:+.1f}, "
            f"limits and suspensions {fall.locks:+.1f}, costs {fall.costs:+.1f}, captured {fall.captured:+.1f} ({fall.filled} filled)",
        ]
    confounded = sum(bool(event.confounds) for event in found.events)
    if confounded:
        lines.append(
            f"{confounded} pairs have another company's launch near day 0 (--confounds drop or weight)"
        )
    lines += found.clock_text
    return "\n".join([*lines, *_refusals(found)]) + "\n"


def _window(label: str, window: WindowSummary) -> list[str]:
    tests = window.tests
    lines = [
        f"{label} {window.first}:{window.last}: mean CAR {_percent(window.mean)}, n {window.n}, {window.positive:.0%} positive, "
        f"BHAR {_percent(window.bhar)}: {MEANING[tests.verdict]}"
        if window.n
        else f"{label} {window.first}:{window.last}: no events"
    ]
    if window.censored:
        lines.append(
            f"  {window.censored} end or begin at a price limit; to the first free close: {_percent(window.unlocked)}"
        )
    if window.n:
        lines.append(
            f"  {tests.clusters} clusters of dates, {tests.overlapping:.0%} overlap, mean correlation {tests.correlation:.2f}, "
            f"variance {tests.variance_ratio:.1f} times a quiet day's"
        )
        lines += [f"  {_test(test)}" for test in tests.tests]
    return lines


def _test(test: Test) -> str:
    if test.refused:
        return f"{test.name:16} refused: {test.note}"
    return f"{test.name:16} {test.statistic:+7.2f}  p {test.p:.3f}  n {test.n}"


def _percent(value: float) -> str:
    return "n/a" if math.isnan(value) else f"{value:+.2f} %"


def _refusals(found: Study) -> list[str]:
    if not found.refused:
        return []
    lines = ["", f"{len(found.refused)} not measured:"]
    lines += [
        f"  {' '.join((one.launch, one.code, one.window)).strip()}: {one.reason}"
        for one in found.refused[:SHOWN]
    ]
    rest = found.refused[SHOWN:]
    if rest:
        kinds = Counter(one.reason.split(" (")[0].rstrip("0123456789-: ") for one in rest)
        lines.append(
            f"  and {len(rest)} more (all in summary.json); most often: {kinds.most_common(1)[0][0]}"
        )
    return lines
