"""Proposals from servers that speak the real formats, and what hostile ones are told."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from launchlab.data.errors import FetchError, LaunchlabError, LedgerError
from launchlab.data.ledger.sources.choose import choose_source
from launchlab.data.ledger.sources.imports import import_launches
from launchlab.data.ledger.sources.proposal import CLOCKS, Proposal
from launchlab.data.ledger.sources.web import Web
from launchlab.data.patience import Patience

from ....markets.launch_sites import LaunchSites

HASTY = Patience(timeout=2.0, attempts=2, first_pause=0.01, longest_pause=0.05)


@pytest.fixture
def sites(monkeypatch: pytest.MonkeyPatch) -> Iterator[LaunchSites]:
    with LaunchSites() as running:
        monkeypatch.setenv("GITHUB_API_URL", running.url)
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        for name in ("GITHUB_TOKEN", "GH_TOKEN", "HF_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        yield running


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path / "pages", HASTY)


def proposed(word: str, web: Web, since: date | None = None) -> list[Proposal]:
    found = choose_source(word).proposals(web, since)
    return [one for one in found if isinstance(one, Proposal)]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


def test_a_release_is_exact_and_a_tag_alone_is_bounded_from_below(sites: LaunchSites, web: Web) -> None:
    release, tag = proposed("github:zai-org/GLM-5", web)
    assert (release.precision, release.not_after.instant) == ("exact", utc(2026, 2, 11, 17, 18))
    assert release.to_launch().as_row()["announced_at"] == "2026-02-12T01:18+08:00"
    assert release.not_after.evidence.clock == "github release"
    # a commit's clock says when work was done; that the page could be read says that it is public now
    assert tag.precision == "upper_bound"
    assert tag.not_before is not None
    assert tag.not_before.instant == utc(2026, 2, 9, 12)
    assert tag.not_after.instant == tag.not_after.evidence.read_at > tag.not_before.instant


def test_an_owner_has_all_pages_of_his_repositories_without_forks(sites: LaunchSites, web: Web) -> None:
    assert [one.id for one in proposed("github:zai-org", web)] == ["zai-org-glm-5-v1.0", "zai-org-glm-5-v0.9"]


@pytest.mark.parametrize(
    ("committed", "clock", "earliest"),
    [
        ("2026-02-11T12:00:00Z", "github commit", utc(2026, 2, 11, 12)),
        # history older than the repository, which did not exist before
        ("2020-01-01T00:00:00Z", "github repository", utc(2026, 2, 10, 3)),
    ],
)
def test_a_repository_without_releases_begins_with_its_first_commit(
    sites: LaunchSites, web: Web, committed: str, clock: str, earliest: datetime
) -> None:
    commits = [
        {"html_url": f"https://github.com/zai-org/GLM-5/commit/{n}", "commit": {"committer": {"date": when}}}
        for n, when in (("b", "2026-02-12T00:00:00Z"), ("a", committed))
    ]
    empty = "/repos/zai-org/GLM-5/releases", "/repos/zai-org/GLM-5/tags"
    sites.pages |= dict.fromkeys(empty, lambda _: (200, b"[]", {}))
    about = {"created_at": "2026-02-10T03:00:00Z", "html_url": "https://github.com/zai-org/GLM-5"}
    sites.pages["/repos/zai-org/GLM-5"] = lambda _: (200, json.dumps(about).encode(), {})
    sites.pages["/repos/zai-org/GLM-5/commits"] = lambda _: (200, json.dumps(commits).encode(), {})
    (first,) = proposed("github:zai-org/GLM-5", web)
    assert (first.id, first.product) == ("zai-org-glm-5-first-commit", "GLM-5")
    assert first.not_before is not None
    assert (first.not_before.instant, first.not_before.evidence.clock) == (earliest, clock)
    # when it was pushed nobody says: public by the time of reading
    assert first.not_after.evidence.clock == "read"
    assert proposed("github:zai-org/GLM-5", web, date(2026, 3, 1)) == []


def test_models_are_bounded_by_their_page_and_private_ones_left_out(sites: LaunchSites, web: Web) -> None:
    new, old = proposed("hf:deepseek-ai", web)
    assert (new.product, new.kind, new.precision) == ("DeepSeek-V4", "open-weights", "upper_bound")
    assert new.not_before is not None
    assert new.not_before.instant == utc(2026, 2, 10, 8)
    assert [one.id for one in proposed("hf:deepseek-ai", web, date(2026, 1, 1))] == [new.id]
    assert old.product == "DeepSeek-R1"


def test_a_feed_gives_instants_or_days_and_its_markup_stays_text(sites: LaunchSites, web: Web) -> None:
    pytest.importorskip("feedparser")
    timed, dated = proposed(f"rss:{sites.url}/feed.xml", web)
    assert (timed.precision, timed.not_after.instant) == ("exact", utc(2026, 2, 12, 2, 30))
    # midnight is a day without a clock; 24:00 on 13 February in China is 16:00 UTC
    assert dated.precision == "date"
    assert dated.to_launch().as_row()["announced_at"] == "2026-02-13"
    assert dated.not_after.evidence.url == f"{sites.url}/feed.xml", "a javascript: link is no source"


DAY = (utc(2026, 2, 11, 16), utc(2026, 2, 12, 16))  # 12 February in China


@pytest.mark.parametrize(
    ("written", "earliest", "latest"),
    [
        ("Thu, 12 Feb 2026 10:00:00 GMT", utc(2026, 2, 12, 10), utc(2026, 2, 12, 10)),
        ("Thu, 12 Feb 2026 10:00:00 EST", utc(2026, 2, 12, 15), utc(2026, 2, 12, 15)),
        ("2026-02-12T10:15:30+00:00", utc(2026, 2, 12, 10, 15, 30), utc(2026, 2, 12, 10, 15, 30)),
        ("2026-02-12T00:15:00Z", utc(2026, 2, 12, 0, 15), utc(2026, 2, 12, 0, 15)),
        ("Thu, 12 Feb 2026 00:00:00 +0800", *DAY),
        ("2026-02-12", DAY[0], utc(2026, 2, 13)),
        ("Thu, 12 Feb 2026 00:00:00 GMT", DAY[0], utc(2026, 2, 13)),
        ("2026-02-12 10:00:00", utc(2026, 2, 11, 20), utc(2026, 2, 12, 22)),
        ("Thu, 12 Feb 2026 10:00:00 CST", utc(2026, 2, 12, 2), utc(2026, 2, 13, 4)),
    ],
)
def test_a_feed_s_time_is_as_narrow_as_it_is_written(
    web: Web, tmp_path: Path, written: str, earliest: datetime, latest: datetime
) -> None:
    """A whole hour is a time, midnight a day; without a zone, and with China's and Chicago's CST, it may be any zone's."""
    pytest.importorskip("feedparser")
    (one,) = proposed(f"rss:{feed_of(tmp_path, ('GLM-9', written))}", web)
    assert (one.not_before.instant, one.not_after.instant) == (earliest, latest)
    assert one.precision == (
        "exact" if earliest == latest else "date" if (earliest, latest) == DAY else "upper_bound"
    )


def test_what_a_feed_cannot_date_is_left_out_and_named(web: Web, tmp_path: Path) -> None:
    pytest.importorskip("feedparser")
    rows = [
        ("good", "Thu, 12 Feb 2026 10:00:00 GMT"), ("future", "Fri, 12 Feb 2090 10:00:00 GMT"), ("none", ""),
        ("words", "yesterday"), ("far", "Thu, 01 Jan 9999 00:00:00 GMT"), ("", "Thu, 12 Feb 2026 10:00:00 GMT"),
    ]  # fmt: skip
    word = f"rss:{feed_of(tmp_path, *rows)}"
    report = import_launches([word], out=tmp_path / "proposals.csv", web=web)
    assert (report.new, report.known, report.failed) == ({word: 1}, {word: 0}, {})
    why = {one.title: one.why for one in report.left_out[word]}
    assert list(why) == ["future", "none", "words", "far", "https://example.org/5"]
    assert why["future"].endswith("after it was read")
    assert why["words"] == "'yesterday' is no time"
    assert (why["none"], why["https://example.org/5"]) == ("no time of publication", "no title")


def feed_of(folder: Path, *entries: tuple[str, str]) -> Path:
    """A file of RSS with entries of a title and a written time."""
    items = (
        f"<item><guid>1</guid><title>{title}</title><link>https://example.org/{number}</link><pubDate>{written}</pubDate></item>"
        for number, (title, written) in enumerate(entries)
    )
    path = folder / "feed.xml"
    path.write_text(f'<rss version="2.0"><channel><title>Zhipu</title>{"".join(items)}</channel></rss>')
    return path


def test_public_events_are_exact_to_the_second(web: Web, tmp_path: Path) -> None:
    events = [
        {"type": "PublicEvent", "repo": {"name": "zai-org/GLM-5"}, "created_at": "2026-02-11T17:01:02Z", "payload": {}},
        {"type": "PushEvent", "repo": {"name": "zai-org/GLM-5"}, "created_at": "2026-02-11T17:02:02Z", "payload": {}},
        {
            "type": "ReleaseEvent", "repo": {"name": "other/thing"}, "created_at": "2026-02-11T17:03:00Z",
            "payload": {"action": "published", "release": {"tag_name": "v2"}},
        },
    ]  # fmt: skip
    file = tmp_path / "2026-02-11-17.json.gz"
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, events)).encode()))
    opened, released = proposed(f"gharchive:{file}", web)
    assert (opened.precision, opened.not_after.instant) == ("exact", utc(2026, 2, 11, 17, 1, 2))
    assert released.id == "other-thing-v2"
    assert [one.company for one in proposed(f"gharchive:{file}#zai-org", web)] == ["zai-org"]
    for damaged, said in ((file.read_bytes()[:-9], "download the hour again"), (b"", "is empty")):
        file.write_bytes(damaged)
        with pytest.raises(LedgerError, match=said):
            proposed(f"gharchive:{file}", web)


def test_a_mapped_file_is_read_by_its_columns_and_zone(web: Web, tmp_path: Path) -> None:
    file = tmp_path / "news.csv"
    file.write_text(
        "Date Time,Stock Code,Stock Short Name,Title,Link\n"
        "12/02/2026 08:05,2513.HK,智谱,GLM-5,https://www1.hkexnews.hk/x.pdf\n",
        encoding="gb18030",
    )
    file.with_suffix(".toml").write_text(
        'zone = "Asia/Hong_Kong"\nformat = "%d/%m/%Y %H:%M"\n[columns]\nannounced_at = "Date Time"\n'
        'company = "Stock Short Name"\nproduct = "Title"\ncodes = "Stock Code"\nsource = "Link"\n'
    )
    (row,) = proposed(f"file:{file}", web)
    assert (row.precision, row.not_after.instant, row.codes[0].code) == (
        "exact",
        utc(2026, 2, 12, 0, 5),
        "2513.HK",
    )
    file.with_suffix(".toml").write_text(
        '[columns]\nannounced_at = "Date"\ncompany = "Title"\nproduct = "Title"\n'
    )
    with pytest.raises(LedgerError, match=r"no column 'Date' \(did you mean 'Date Time'\?\)"):
        proposed(f"file:{file}", web)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "is empty"), ("\n", "is empty"), ("x", "has no column 'day'"), ("<html>log in</html>\n", "has no column 'day'")],
)  # fmt: skip
def test_a_mapped_file_without_rows_still_has_its_heading(
    web: Web, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "news.toml").write_text(
        '[columns]\nannounced_at = "day"\ncompany = "maker"\nproduct = "what"\n'
    )
    file = tmp_path / "news.csv"
    file.write_text("day,maker,what\n")
    assert proposed(f"file:{file}", web) == []
    file.write_text(text)
    with pytest.raises(LedgerError, match=said):
        proposed(f"file:{file}", web)


def test_what_did_not_change_is_not_sent_again(sites: LaunchSites, web: Web) -> None:
    first = proposed("github:zai-org", web)
    count = len(sites.asked)
    again = proposed("github:zai-org", web)
    assert [one.id for one in first] == [one.id for one in again]
    assert all("If-None-Match" in headers for _, headers in sites.asked[count:])


def test_a_cache_that_cannot_be_written_is_no_fault(sites: LaunchSites, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert len(proposed("hf:deepseek-ai", Web(tmp_path / "file" / "pages", HASTY))) == 2


def test_a_kept_page_that_was_damaged_is_asked_for_whole(sites: LaunchSites, web: Web) -> None:
    first = proposed("hf:deepseek-ai", web)
    assert web.folder is not None
    for body in web.folder.glob("*.body"):
        body.write_bytes(b"[]")
    assert [one.id for one in proposed("hf:deepseek-ai", web)] == [one.id for one in first]


def test_a_token_goes_to_its_server_only(
    sites: LaunchSites, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret-token")
    with LaunchSites() as other:
        sites.faults["/repos/zai-org/GLM-5/releases"] = [
            (302, b"", {"Location": f"{other.url}/repos/zai-org/GLM-5/releases"})
        ]
        with pytest.raises(FetchError, match="private network"):
            proposed("github:zai-org/GLM-5", web)
        assert not other.asked
    assert sites.asked[0][1]["Authorization"] == "Bearer secret-token"
    assert web.folder is None or not any(
        b"secret-token" in file.read_bytes() for file in web.folder.glob("*")
    )


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "ftp://example.org/x", "http://10.0.0.1/x", "http://[::1]/"]
)
def test_a_redirect_leads_to_no_file_and_into_no_private_network(
    sites: LaunchSites, web: Web, place: str
) -> None:
    sites.faults["/api/models"] = [(302, b"", {"Location": place})] * 4
    with pytest.raises(FetchError, match=r"private network|only http and https"):
        proposed("hf:deepseek-ai", web)


def test_a_busy_server_is_asked_again_and_a_long_wait_is_named(sites: LaunchSites, web: Web) -> None:
    sites.faults["/api/models"] = [(503, b"", {})]
    assert len(proposed("hf:deepseek-ai", web)) == 2
    later = str(int(datetime.now(UTC).timestamp()) + 3_600)
    sites.faults["/api/models"] = [(403, b"", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": later})]
    with pytest.raises(FetchError, match=r"wait (59|60) minutes"):
        proposed("hf:deepseek-ai", web)


def test_a_huge_answer_is_given_up(sites: LaunchSites, tmp_path: Path) -> None:
    bomb = gzip.compress(b"[" + b" " * 3_000_000 + b"]")
    sites.faults["/api/models"] = [(200, bomb, {"Content-Encoding": "gzip"})]
    with pytest.raises(FetchError, match="larger than"):
        proposed("hf:deepseek-ai", Web(tmp_path, HASTY, most=1 << 20))


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss version="2.0"></rss>'


@pytest.mark.parametrize("body", [BOMB, b"", b"<html>no feed</html>", b"\x00\xff" * 50, b"{" * 100_000])
def test_a_hostile_feed_ends_in_a_sentence(sites: LaunchSites, web: Web, body: bytes) -> None:
    pytest.importorskip("feedparser")
    sites.faults["/feed.xml"] = [(200, body, {})]
    with pytest.raises(LaunchlabError):
        proposed(f"rss:{sites.url}/feed.xml", web)


@pytest.mark.parametrize(
    "body", [b"{" * 100_000, b"null", b"[1, 2]", b"[[[]]]", b"\xff", b'{"message": "no"}']
)
def test_hostile_json_ends_in_a_sentence(sites: LaunchSites, web: Web, body: bytes) -> None:
    for path in ("/api/models", "/repos/zai-org/GLM-5/releases"):
        sites.faults[path] = [(200, body, {})]
    for word in ("hf:deepseek-ai", "github:zai-org/GLM-5"):
        with pytest.raises(FetchError):
            proposed(word, web)


@pytest.mark.parametrize(
    "word", ["githib:zai-org", "zai-org", "rss:", "github:../x", "hf:a/b", "github:a/b/c"]
)
def test_a_word_that_is_no_source_is_refused(word: str) -> None:
    with pytest.raises(LedgerError):
        choose_source(word)


def test_every_clock_is_explained() -> None:
    assert all(len(meaning.split()) > 4 for meaning in CLOCKS.values())
