"""What every test leaves alone: the counts in the developer's own cache of how long Python has worked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from launchlab.engine.machine import spent


@pytest.fixture(scope="session", autouse=True)
def seconds_of_ones_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Seconds in Python are counted in a folder of the tests."""
    folder: Path = tmp_path_factory.mktemp("seconds")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spent, "cache_folder", lambda: folder)
        yield
