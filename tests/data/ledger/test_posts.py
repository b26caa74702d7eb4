"""The number of a post on X holds the millisecond of its publication; a bound that says another time is refused."""

from datetime import datetime
from pathlib import Path

import pytest

from launchlab.data.errors import LedgerError
from launchlab.data.ledger.ledger import load_launches
from launchlab.data.ledger.posts import published

HEADER = "id,announced_at,precision,company,product,kind,codes,source,note,not_before,not_after,evidence"
POST = "https://x.com/Alibaba_Qwen/status/2046227759475921291"


def row(not_after: str, url: str = POST) -> str:
    evidence = f'"{{""not_after"": {{""clock"": ""post"", ""url"": ""{url}""}}}}"'
    return f"a,{not_after},upper_bound,Alibaba,Qwen3.6-Max-Preview,launch,9988.HK:issuer,{url},,,{not_after},{evidence}"


@pytest.mark.parametrize(
    ("url", "second"),
    [  # the second that the page of the post shows, as others wrote it down
        (POST, "2026-04-20T14:01:29+00:00"),
        ("https://x.com/claudeai/status/2064394146916229443", "2026-06-09T17:08:13+00:00"),
        ("https://twitter.com/TencentHunyuan/status/2093222928720761009?s=20", "2026-08-28T06:23:31+00:00"),
        (
            "http://mobile.twitter.com/Meituan_LongCat/status/2071783587205308721#m",
            "2026-06-30T02:31:13+00:00",
        ),
    ],
)
def test_a_number_holds_the_second_that_the_page_shows(url: str, second: str) -> None:
    instant = published(url)
    assert instant is not None
    assert instant.replace(microsecond=0) == datetime.fromisoformat(second)


@pytest.mark.parametrize(
    "url",
    [
        "https://x.com/Alibaba_Qwen",
        "https://x.com/Alibaba_Qwen/status/20",  # the first posts were numbered one by one
        "https://x.com/Alibaba_Qwen/status/20462277594759212910000",
        "https://notx.com/Alibaba_Qwen/status/2046227759475921291",
        "https://a.org/?x.com/Alibaba_Qwen/status/2046227759475921291",
        "",
    ],
)
def test_what_is_no_address_of_a_post_has_no_instant(url: str) -> None:
    assert published(url) is None


def test_a_bound_at_the_time_of_its_post_is_taken_to_the_minute(tmp_path: Path) -> None:
    for instant in ("2026-04-20T22:01:30+08:00", "2026-04-20T22:01+08:00", "2026-04-20T14:02+00:00"):
        (tmp_path / "own.csv").write_text(f"{HEADER}\n{row(instant)}\n", encoding="utf-8")
        assert load_launches(tmp_path / "own.csv")[0].latest == datetime.fromisoformat(instant)


@pytest.mark.parametrize(
    "instant", ["2026-04-20T22:03+08:00", "2026-04-20T14:01+08:00", "2026-04-21T00:00+08:00"]
)
def test_a_bound_at_another_time_than_its_post_is_refused_with_the_right_one(
    tmp_path: Path, instant: str
) -> None:
    (tmp_path / "own.csv").write_text(f"{HEADER}\n{row(instant)}\n", encoding="utf-8")
    with pytest.raises(
        LedgerError, match=r"was published at 2026-04-20T22:01:29\+08:00, not at .*; write that"
    ):
        load_launches(tmp_path / "own.csv")
