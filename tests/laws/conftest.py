"""Here compiled code is compiled, however little there is to do."""

from collections.abc import Iterator

import pytest

from launchlab.engine.machine.code import only


@pytest.fixture(autouse=True)
def machine_code() -> Iterator[None]:
    with only("machine"):
        yield
