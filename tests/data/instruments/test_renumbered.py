"""Beijing's renumbering of 2025-10-09: old codes, and the few that did not keep their last three digits."""

from launchlab.data.instruments.codes import RENUMBERED, successor
from launchlab.data.instruments.spellings import same_company
from launchlab.data.instruments.table import load_instruments


def test_an_exception_is_not_the_share_that_kept_its_number() -> None:
    # 838163 to 920163 is the example in Tushare's description of its interface bse_mapping
    assert successor("838163.BJ") == "920163.BJ"
    assert successor("837174.BJ") == "920274.BJ"
    assert not same_company("837174.BJ", "920174.BJ")
    assert same_company("837174.BJ", "920274.BJ")


def test_no_two_exceptions_become_one_and_none_keeps_its_number() -> None:
    assert len(set(RENUMBERED.values())) == len(RENUMBERED)
    assert all(old[3:] != new for old, new in RENUMBERED.items())
    assert all(new not in {old[3:] for old in RENUMBERED} for new in RENUMBERED.values())


def test_a_ledger_may_have_the_old_code() -> None:
    found = load_instruments()["837174.BJ"]
    assert found.code == "920274.BJ"
    assert "837174.BJ" in found.aliases
    assert any("public list of exceptions" in text for text in found.unknowns)
