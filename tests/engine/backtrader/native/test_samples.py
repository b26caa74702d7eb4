"""backtrader's own samples: what came of them is what the page says, and comes of them again where they are at hand."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from .... import ROOT
from ....markets.backtrader_samples import TITLES, Sample, as_page, outcome, place, samples

KEPT = samples()


def test_the_page_shows_the_kept_table() -> None:
    page = (ROOT / "docs" / "native.md").read_text(encoding="utf-8")
    assert as_page(KEPT) in page


def test_what_does_not_run_says_why_and_nothing_is_left_out() -> None:
    assert all((one.here, one.stock) in TITLES for one in KEPT)
    for one in KEPT:
        explained = one.here in ("refused", "fails") or one.stock == "other"
        assert bool(one.why) == explained, one
    assert len({one[:3] for one in KEPT}) == len(KEPT)


def test_at_least_25_samples_have_the_fills_of_stock() -> None:
    same = Counter(one.sample for one in KEPT if (one.here, one.stock) == ("traded", "same"))
    assert len(same) >= 25


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, as some samples write into their own folder."""
    home = place()
    assert home is not None
    top = tmp_path_factory.mktemp("backtrader")
    for name in ("samples", "datas"):
        shutil.copytree(home.parent / name, top / name)
    return top / "samples"


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.skipif(place() is None, reason="LAUNCHLAB_BACKTRADER_SAMPLES is not set")
@pytest.mark.parametrize("kept", KEPT, ids=lambda one: f"{one.sample}:{one.strategy}:{one.words}")
def test_a_sample_comes_out_as_kept(folder: Path, kept: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    found = outcome(folder, kept)
    assert (found.here, found.stock) == (kept.here, kept.stock), found.said
    assert kept.said in found.said
