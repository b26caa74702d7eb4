"""Which securities a vendor's spelling of a code may mean."""

import pytest

from launchlab.data.instruments.spellings import same_company, securities


@pytest.mark.parametrize(
    "text",
    ["600519.SS", "600519.SH", "600519.sh", "sh600519", "SH600519", "sh.600519", "SH.600519", "600519.XSHG", "XSHG600519",
     "1.600519", "SH#600519", "SHA:600519", "600519", "'600519", " 600519 "],
)  # fmt: skip
def test_moutai_is_known_by_every_spelling(text):
    assert securities(text) == {"600519.SS"}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("HK.00700", {"0700.HK"}), ("00700", {"0700.HK"}), ("0700.HK", {"0700.HK"}), ("HKG:0700", {"0700.HK"}),
        ("700 HK", {"0700.HK"}), ("116.00700", {"0700.HK"}), ("80700.HK", {"80700.HK"}),
        ("600000", {"600000.SS"}), ("000001", {"000001.SZ", "000001.SS"}), ("000001.SH", {"000001.SS"}),
        ("0.000001", {"000001.SZ"}), ("000300", {"000300.SS"} | {"000300.SZ"}), ("399006", {"399006.SZ"}),
        ("839493", {"839493.BJ"}), ("920493", {"920493.BJ"}), ("0.920493", {"920493.BJ"}), ("HSI", {"^HSI"}),
        ("^HSI", {"^HSI"}), ("AAPL", set()), ("", set()), ("600519.SZ", set()), ("1234567", set()), ("贵州茅台", set()),
    ],
)  # fmt: skip
def test_a_spelling_means_the_securities_whose_market_has_such_numbers(text, codes):
    assert securities(text) == codes


def test_a_number_that_lost_its_zeros_may_be_of_several_markets():
    assert securities("1", zeros_lost=True) == {"0001.HK", "000001.SZ", "000001.SS"}
    assert securities("2513", zeros_lost=True) == {"2513.HK", "002513.SZ"}
    assert securities("2513") == {"2513.HK"}
    assert securities("600519", zeros_lost=True) == {"600519.SS"}


def test_an_old_beijing_code_is_the_same_company_as_the_one_made_of_it():
    assert same_company("839493.BJ", "920493.BJ")
    assert same_company("700.hk", "0700.HK")
    assert not same_company("600519.SS", "000001.SZ")
