"""Log of the true quantities of heated junctions: means over all samples, and back to what it was."""

import numpy as np
import pytest

from simulators.world.junction_log import WAITING, JunctionLog
from simulators.world.junction_protocol import ProtocolStretch


def stretch(number: int, n: int) -> ProtocolStretch:
    return ProtocolStretch(slice(0, n), "contact", number, 0.0)


def test_means_are_those_of_all_samples_however_they_come() -> None:
    values = np.random.default_rng(1).uniform(1.0, 2.0, (4, 3 * WAITING))
    log = JunctionLog()
    for part in np.array_split(values, 97, axis=1):
        log.enter(stretch(1, part.shape[1]), part, float(part[0, -1]))
    log.enter(stretch(2, 3), np.full((4, 3), 7.0), 8.0)

    one, two = log.truths["contact", 1], log.truths["contact", 2]
    assert (one.samples, two.samples) == (3 * WAITING, 3)
    found = [one.seebeck_V_per_K, one.junction_W_per_K, one.tip_K, one.substrate_K]
    assert found == pytest.approx(values.mean(axis=1), rel=1e-12)
    assert one.last_W_per_K == values[0, -1]
    assert (two.tip_K, two.last_W_per_K) == (7.0, 8.0)


@pytest.mark.parametrize("looked", [False, True])
def test_what_was_entered_since_a_memento_is_taken_back(looked: bool) -> None:
    log = JunctionLog()
    log.enter(stretch(1, 2), np.full((4, 2), 1.0), 1.0)
    restore = log.memento()
    log.enter(stretch(1, 2), np.full((4, 2), 5.0), 5.0)
    log.enter(stretch(2, 2), np.full((4, 2), 5.0), 5.0)
    assert not looked or len(log.truths) == 2
    restore()

    assert [(one.samples, one.tip_K, one.last_W_per_K) for one in log.truths.values()] == [(2, 1.0, 1.0)]
