"""The shipped ledger's links: each dated one with its source, and which are left as hindsight."""

import csv
import re
from datetime import date

from launchlab.data.ledger.ledger import SHIPPED, load_launches

# Named beside the launch by the press, on the day or after; or nobody has been found to have said it before.
HINDSIGHT = {
    "deepseek-r1": {"300766.SZ", "300287.SZ", "300229.SZ", "688158.SS", "688316.SS", "920493.BJ"},
    "deepseek-v3.1": {"688256.SS", "688041.SS", "0981.HK", "1347.HK"},
    "seedance-2.0-test": {"300364.SZ", "601595.SS"},
    "claude-cowork": {"0268.HK"},
    "glm-5": {"688158.SS"},
    "openclaw-products": {"688158.SS"},
}


def test_every_dated_link_has_its_source_behind_its_code_or_its_day_in_the_note() -> None:
    dated = [(one, concerned) for one in load_launches() for concerned in one.codes if concerned.since]
    assert len(dated) >= 10
    for one, concerned in dated:
        said = (
            f"{concerned.code} since {concerned.since}: http" in one.source
            or re.search(rf"https?://\S+ \({concerned.code} since {concerned.since}\)", one.source)
            or str(concerned.since) in one.note
        )
        assert said, (one.id, concerned.code)
        assert one.knew(concerned), (one.id, concerned.code)


def test_a_link_is_dated_no_earlier_than_the_listing() -> None:
    since = {c.code: c.since for one in load_launches() for c in one.codes if c.since and c.role == "rival"}
    assert since == {"2513.HK": date(2026, 1, 8), "0100.HK": date(2026, 1, 9)}


def test_the_links_of_hindsight_are_known_by_name() -> None:
    launches = load_launches()
    found = {
        one.id: {c.code for c in one.codes if not one.knew(c)}
        for one in launches
        if any(not one.knew(c) for c in one.codes)
    }
    assert found == HINDSIGHT
    kept = {one.id: {c.code for c in one.codes} for one in launches.known_links()}
    assert all(not HINDSIGHT[name] & kept[name] for name in HINDSIGHT)


def test_the_shipped_file_holds_its_days_in_the_cell_of_codes() -> None:
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert "0981.HK:supplier:2025-08-22;1347.HK:supplier:2025-08-22" in rows["deepseek-v4"]["codes"]
