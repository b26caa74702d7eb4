"""The README's pictures are the pages of the sample, and one command makes them all."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from launchlab.data.errors import ConfigError

from .. import ROOT
from ..bench import pictures

KEPT = ROOT / "docs" / "pictures"


def test_the_documents_show_the_pictures_that_the_command_makes_and_no_others() -> None:
    texts = [
        path.read_text(encoding="utf-8")
        for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    ]
    shown = {name for text in texts for name in re.findall(r"pictures/([\w-]+)\.png", text)}
    made = {shot.name for shot in pictures.SHOTS}
    assert shown <= made
    assert made == {path.stem for path in KEPT.iterdir()}


def test_every_picture_is_of_a_page_that_a_command_writes() -> None:
    assert {shot.page.split("/")[0] for shot in pictures.SHOTS} <= set(pictures.COMMANDS)


def test_a_wrong_call_and_a_machine_without_a_browser_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pictures.main([]) == 2
    assert "usage" in capsys.readouterr().err
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ConfigError, match="need Chromium"):
        pictures.main([str(tmp_path)])


@pytest.mark.browser
def test_one_command_makes_every_picture_with_its_charts_drawn(tmp_path: Path) -> None:
    pytest.importorskip("selenium")
    if not shutil.which("chromium"):
        pytest.skip("chromium is not installed")
    from matplotlib.image import imread

    assert pictures.main([str(tmp_path)]) == 0
    for shot in pictures.SHOTS:
        picture = imread(tmp_path / f"{shot.name}.png")[..., :3]
        assert picture.shape[:2] == (shot.size[1], shot.size[0])
        paper = picture[-1, 0]
        assert (paper.mean() < 0.3) == shot.dark
        inked = (np.abs(picture - paper).max(axis=2) > 0.2).mean()
        assert 0.01 < inked < 0.9, f"{shot.name} is all but empty"
        lower = picture[picture.shape[0] // 3 :]
        colours = np.ptp(lower, axis=2) > 0.25  # neither grey nor nearly so: lines and bars of charts
        assert colours.mean() > 0.0003, f"{shot.name} shows no chart"
