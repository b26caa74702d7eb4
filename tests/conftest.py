"""What holds for every test: no deadline on a busy machine, and the developer's own counts of how long Python has worked left alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from launchlab.engine.machine import spent

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def seconds_of_ones_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Seconds in Python are counted in a folder of the tests."""
    folder: Path = tmp_path_factory.mktemp("seconds")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spent, "cache_folder", lambda: folder)
        yield
