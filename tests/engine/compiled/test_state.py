"""What a compiled run writes, by hand."""

import numpy as np

from launchlab.engine.compiled.state import keep_position
from launchlab.engine.results.run import POSITION


def test_positions_of_a_session_stand_by_code_and_what_has_no_room_is_counted_and_not_written() -> None:
    """Codes 5, 3, 5 and 4 of row 7 into room for two, behind a row of another session that stays as it is."""
    room = np.zeros(4, POSITION)
    room[0], room[3] = (6, 9, 1.0), (-1, -1, -1.0)
    held, stop = room[:3], 1
    for code, shares in ((5, 100.0), (3, 1.0), (5, 50.0), (4, 10.0)):
        stop = keep_position(held, 1, stop, 7, code, shares)
    assert stop == 4
    assert held.tolist() == [(6, 9, 1.0), (7, 3, 1.0), (7, 4, 10.0)]
    assert room[3].tolist() == (-1, -1, -1.0)
