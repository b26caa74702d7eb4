"""`launchlab launches import` to a backtest: three kinds of source, accepted, mapped and traded; and hygiene."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ..markets.cli_fixture import faults, json_of, launchlab
from ..markets.launch_sites import LaunchSites


@pytest.fixture
def sites(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LaunchSites]:
    with LaunchSites() as running:
        monkeypatch.setenv("GITHUB_API_URL", running.url)
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.chdir(tmp_path)
        yield running


def test_three_sources_are_imported_accepted_mapped_and_traded(sites: LaunchSites, tmp_path: Path) -> None:
    pytest.importorskip("feedparser")
    feed = f"rss:{sites.url}/feed.xml"
    report = json_of(launchlab("launches", "import", "github:zai-org", "hf:deepseek-ai", feed, "--json"))
    assert report["new"] == {"github:zai-org": 2, "hf:deepseek-ai": 2, feed: 2}
    rows = json_of(launchlab("launches", "proposals", "--json"))
    suggested = {row["company"]: row["suggested"] for row in rows}
    assert suggested["zai-org"].startswith("2513.HK")
    assert suggested["MiniMax"].startswith("0100.HK")
    # no shares of its own: who was named as gaining from it, with theme and day
    assert "688158.SS:supplier:2025-02-07 (computing: " in suggested["deepseek-ai"]
    done = launchlab("launches", "accept", "--all", "--suggested", "--ledger", "own.csv")
    assert "6 launches appended to own.csv" in done.output
    assert "looks like zai-org-glm-5-v0.9" not in done.output, "versions differ"
    mapped = json_of(launchlab("launches", "map", "--launches", "own.csv", "--json"))
    (glm,) = (row for row in mapped if row["launch"] == "zai-org-glm-5-v1.0")
    # released at 01:18 on 12 February in Hong Kong: that day's opening auction
    assert (glm["code"], glm["first_open"]) == ("2513.HK", "2026-02-12")
    run = launchlab(
        "backtest", "--launches", "own.csv", "--strategy", "buy-launch", "--start", "2026-02-02", "--end",
        "2026-03-31", "--engine", "compiled", "--out", "run",
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    assert "zai-org-glm-5-v1.0" in (tmp_path / "run" / "fills.csv").read_text()


def test_a_row_is_added_and_corrected_and_both_stand_in_the_file(sites: LaunchSites, tmp_path: Path) -> None:
    cells = (
        "--company",
        "Zhipu",
        "--product",
        "GLM-6",
        "--codes",
        "2513.HK",
        "--source",
        "https://z.ai/blog",
    )
    added = launchlab("launches", "add", "glm-6", "--ledger", "own.csv", "--at", "2026-02-11", *cells)
    assert added.exit_code == 0, added.output
    better = ("--at", "2026-02-11T10:00+08:00", "--not-before", "2026-02-11T08:00+08:00")
    done = launchlab("launches", "add", "glm-6", "--correct", "--ledger", "own.csv", *better)
    assert "glm-6 corrected in own.csv" in done.output
    (row,) = json_of(launchlab("launches", "map", "--launches", "own.csv", "--json"))
    # public between 08:00 and 10:00: the open (orders by 09:15) is possible, the close is certain
    assert (row["earliest_open"], row["first_open"], row["possible"]) == ("2026-02-11", "2026-02-12", 1)
    assert len((tmp_path / "own.csv").read_text().splitlines()) == 3
    again = launchlab("launches", "add", "glm-6", "--correct", "--ledger", "own.csv", *better)
    assert again.exit_code == 2
    assert "nothing is to be corrected" in again.output


def test_check_says_what_open_clocks_do_to_a_result(sites: LaunchSites, tmp_path: Path) -> None:
    cells = (
        "--company",
        "Zhipu",
        "--product",
        "GLM-5",
        "--codes",
        "2513.HK",
        "--source",
        "https://z.ai/blog",
    )
    launchlab("launches", "add", "glm-5", "--ledger", "own.csv", "--at", "2026-02-11", *cells)
    done = launchlab("launches", "check", "--launches", "own.csv", "--strategy", "buy-launch", "--draws", "1")
    assert done.exit_code == 0, done.output
    assert "1 of 1 traded launches leave open which auctions they were public by" in done.output
    assert "at the worst" in done.output


def test_one_failing_source_loses_nothing_of_the_others(sites: LaunchSites, tmp_path: Path) -> None:
    done = launchlab("launches", "import", "hf:nobody/", "github:zai-org")
    assert done.exit_code == 2
    assert not (tmp_path / "proposals.csv").exists(), (
        "a word that is no source is refused before anything is asked"
    )
    sites.pages["/api/models"] = lambda _: (404, b"{}", {})
    before = set(tmp_path.iterdir())
    assert launchlab("launches", "import", "hf:deepseek-ai", "--out", "new/proposals.csv").exit_code == 2
    assert set(tmp_path.iterdir()) == before, "neither lock nor folder stays where nothing came"
    done = launchlab("launches", "import", "hf:deepseek-ai", "github:zai-org")
    assert done.exit_code == 2
    assert "1 of 2 sources failed" in done.output
    assert len(json_of(launchlab("launches", "proposals", "--json"))) == 2


def test_a_killed_import_loses_nothing_and_goes_on(sites: LaunchSites, tmp_path: Path) -> None:
    slow = {"hit": False}

    def hang(_: object) -> tuple[int, bytes, dict[str, str]]:
        slow["hit"] = True
        time.sleep(30)
        return 200, b"[]", {}

    models = sites.pages["/api/models"]
    sites.pages["/api/models"] = hang
    command = [
        sys.executable,
        "-m",
        "launchlab.cli",
        "launches",
        "import",
        "github:zai-org",
        "hf:deepseek-ai",
    ]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        for _ in range(600):
            if slow["hit"]:
                break
            with suppress(subprocess.TimeoutExpired):
                child.wait(0.05)
        child.send_signal(signal.SIGKILL)
    assert slow["hit"]
    assert len(json_of(launchlab("launches", "proposals", "--json"))) == 2, "the first source's rows are kept"
    sites.pages["/api/models"] = models
    report = json_of(launchlab("launches", "import", "github:zai-org", "hf:deepseek-ai", "--json"))
    assert (report["new"], report["known"]) == (
        {"github:zai-org": 0, "hf:deepseek-ai": 2},
        {"github:zai-org": 2, "hf:deepseek-ai": 0},
    )


def test_a_launch_is_added_by_flags_or_by_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = (
        "--at",
        "2026-09-01T10:00+08:00",
        "--company",
        "Zhipu",
        "--product",
        "GLM-6",
        "--codes",
        "2513.HK",
    )
    done = launchlab(
        "launches", "add", "glm-6", "--ledger", "own.csv", *told, "--source", "https://z.ai/blog"
    )
    assert done.exit_code == 0, done.output
    rows = json_of(launchlab("launches", "list", "--launches", "own.csv", "--json"))
    assert any(row["id"] == "glm-6" and row["precision"] == "exact" for row in rows)
    again = launchlab(
        "launches", "add", "glm-6", "--ledger", "own.csv", *told, "--source", "https://z.ai/blog"
    )
    assert "append-only" in faults(again)
    bad = ("--at", "tomorrow", *told[2:], "--source", "https://z.ai")
    assert "announced_at 'tomorrow'" in faults(launchlab("launches", "add", "x", "--ledger", "own.csv", *bad))


def test_the_check_counts_its_doubts() -> None:
    doubts = json_of(launchlab("launches", "check", "--json"))
    shown = launchlab("launches", "check").output.splitlines()
    assert f"{len(doubts)} doubts" in shown[-1]
    assert json.dumps(doubts)


def test_without_proposals_the_way_to_them_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "launches import" in faults(launchlab("launches", "proposals"))
    assert "give --all" in faults(launchlab("launches", "accept", "--ledger", "own.csv"))
