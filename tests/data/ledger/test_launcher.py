"""Whose launch it is: a giant on its own launch is the issuer, and a row that does not say is refused."""

import pytest

from launchlab.data.errors import LedgerError
from launchlab.data.ledger.launch import LaunchCode
from launchlab.data.ledger.ledger import load_launches


def codes(company: str, cell: str, kind: str = "launch") -> tuple[LaunchCode, ...]:
    row = {
        "id": "x", "announced_at": "2026-02-12T01:18+08:00", "precision": "exact", "company": company,
        "product": "P", "kind": kind, "codes": cell, "source": "https://example.org",
    }  # fmt: skip
    return load_launches([row])[0].codes


def roles(company: str, cell: str, kind: str = "launch") -> list[str | None]:
    return [one.role for one in codes(company, cell, kind)]


@pytest.mark.parametrize(
    ("company", "code"),
    [
        ("Alibaba", "9988.HK"),
        ("Alibaba Cloud (Qwen)", "9988.HK"),
        ("阿里巴巴", "9988.HK"),
        ("腾讯控股", "0700.HK"),
        ("Zhipu / Tencent", "0700.HK"),
        ("JD.com", "9618.HK"),
        ("百度", "9888.HK"),
    ],
)
def test_a_giant_without_a_role_is_the_issuer_of_its_own_launch(company: str, code: str) -> None:
    assert roles(company, code) == ["issuer"]


@pytest.mark.parametrize(
    ("company", "code", "beside"),
    [("UCloud", "688158.SS", "supplier"), ("Cambricon Technologies", "688256.SS", "supplier")],
)
def test_a_supplier_without_a_role_is_the_issuer_of_its_own_launch(
    company: str, code: str, beside: str
) -> None:
    assert roles(company, code) == ["issuer"]
    assert roles("DeepSeek", code) == [beside]
    assert roles(company, f"{code}:{beside}") == [beside]


def test_a_giant_beside_the_launcher_stays_a_giant() -> None:
    assert roles("Zhipu", "2513.HK;0700.HK;9988.HK") == ["pure_play", "diversified", "diversified"]
    assert roles("Alibaba", "9988.HK;0700.HK") == ["issuer", "diversified"]


def test_a_role_that_is_written_is_taken_at_its_word() -> None:
    assert roles("Alibaba", "9988.HK:diversified") == ["diversified"]


@pytest.mark.parametrize("company", ["DeepSeek", "Ant Group", "somebody"])
def test_a_giant_that_may_be_the_launcher_is_refused_with_the_two_ways_to_write_it(company: str) -> None:
    with pytest.raises(LedgerError, match=r"write 9988\.HK:issuer or 9988\.HK:diversified"):
        codes(company, "9988.HK")
    assert roles(company, "9988.HK", "policy") == ["diversified"]  # nobody's own launch


def test_a_code_may_say_since_when_it_is_linked_and_is_written_so_again() -> None:
    cell = "2513.HK;0700.HK:diversified:2026-01-08;300364.SZ::2026-02-09"
    found = codes("Zhipu", cell)
    assert [str(one.since) for one in found] == ["None", "2026-01-08", "2026-02-09"]
    assert [one.role for one in found] == ["pure_play", "diversified", None]
    written = ";".join(one.written for one in found)
    assert written == "2513.HK:pure_play;0700.HK:diversified:2026-01-08;300364.SZ::2026-02-09"
    assert codes("Zhipu", written) == found


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("2513.HK:pure_play:soon", "'soon' is not a day"),
        ("2513.HK:pure_play:2026-01-08:x", "more than a role and a day"),
    ],
)
def test_a_badly_written_link_is_refused(cell: str, sentence: str) -> None:
    with pytest.raises(LedgerError, match=sentence):
        codes("Zhipu", cell)
