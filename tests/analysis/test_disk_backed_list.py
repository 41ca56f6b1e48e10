import numpy as np
import pytest

from analysis.disk_backed_list import DiskBackedList
from analysis.records import Trace
from tests.support.physics.made_holds import made_hold


def test_records_come_back_as_they_were():
    shelf = DiskBackedList("programme")
    holds = [made_hold(n=500, number=i, rng=np.random.default_rng(i), noise_V=1e-7) for i in range(3)]
    assert [shelf.add(hold) for hold in holds] == [0, 1, 2]
    assert len(shelf) == 3
    for before, after in zip(holds, shelf, strict=True):
        assert (after.number, after.samples, after.programme) == (
            before.number,
            before.samples,
            before.programme,
        )
        for name in ("bias_V", "current_A", "thermocouple_V", "railed"):
            np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
            assert getattr(after, name).dtype == getattr(before, name).dtype
            assert not getattr(after, name).flags.writeable
    assert shelf[0].programme is shelf[2].programme
    arrays = 3 * 500 * (3 * 8 + 1)
    assert arrays < shelf.bytes_on_disk < 1.1 * arrays
    shelf.close()
    with pytest.raises(ValueError):
        shelf[0]


def test_an_empty_array_is_no_trouble():
    shelf = DiskBackedList()
    shelf.add(Trace(0, (3, 3), np.empty(0), np.empty(0), 0.1, "aborted", ("gap",)))
    assert (shelf[0].conductance_G0.size, shelf[0].flags) == (0, ("gap",))
