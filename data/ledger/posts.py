"""When a post on X was published, out of its number, and what is wrong with a bound that says otherwise.

Source: the numbers of posts are Snowflakes (https://github.com/twitter-archive/snowflake): above 22 bits of machine and
sequence they count milliseconds from EPOCH.
"""

import re
from datetime import UTC, datetime, timedelta

from .bounds import EXACT, Bound, clock_text

EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, UTC)
OTHER_BITS = 22
ADDRESS = re.compile(r"https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/\w+/status/([0-9]{15,19})(?![0-9])")


def published(url: str) -> datetime | None:
    """The instant of a post's publication, in UTC to the millisecond; None for what is no address of a post on X.

    >>> published("https://x.com/deepseek_ai/status/1972604768309871061").isoformat(timespec="seconds")
    '2025-09-29T10:10:00+00:00'
    """
    found = ADDRESS.match(url)
    return EPOCH + timedelta(milliseconds=int(found[1]) >> OTHER_BITS) if found else None


def misdated(bound: Bound) -> str:
    """What is wrong with a bound that a post proves; "" where nothing is, or where something else proves it."""
    if bound.evidence is None or bound.evidence.clock != "post":
        return ""
    post = published(bound.evidence.url)
    if post is None:
        return f"{bound.evidence.url!r} is no address of a post; write https://x.com/NAME/status/NUMBER"
    if abs(bound.instant - post) >= EXACT:
        told = clock_text(post.astimezone(bound.instant.tzinfo).replace(microsecond=0))
        return f"the post {bound.evidence.url} was published at {told}, not at {clock_text(bound.instant)}; write that"
    return ""
