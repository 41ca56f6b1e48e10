"""Ring buffers return the samples that they still hold, across the end of their memory too."""

import numpy as np
import pytest

from simulators.daqmx.buffers import RingBuffer

SIZE = 10


@pytest.fixture
def filled() -> RingBuffer:
    buffer = RingBuffer(1, SIZE)
    for first, stop in ((0, 7), (7, 13)):  # the second block goes around the end
        buffer.append(np.arange(first, stop, dtype=float)[np.newaxis])
    return buffer


@pytest.mark.parametrize(("start", "stop"), [(3, 3), (4, 10), (9, 11), (10, 13), (3, 13)])
def test_samples_are_those_of_their_index(filled: RingBuffer, start: int, stop: int) -> None:
    assert filled.samples(start, stop)[0].tolist() == list(range(start, stop))


@pytest.mark.parametrize(("start", "stop"), [(0, 4), (2, 6), (3, 9), (4, 8), (0, 4)])
def test_a_repeated_waveform_starts_again_after_its_end(start: int, stop: int) -> None:
    buffer = RingBuffer(1, SIZE)
    buffer.append(np.arange(4.0)[np.newaxis])
    assert buffer.repeated(start, stop)[0].tolist() == [k % 4 for k in range(start, stop)]


def test_what_is_returned_stays_when_the_buffer_goes_on(filled: RingBuffer) -> None:
    samples, repeated = filled.samples(4, 8), filled.repeated(4, 8)
    filled.append(np.full((1, SIZE), -1.0))
    assert samples[0].tolist() == [4, 5, 6, 7]
    assert repeated[0].tolist() == [4, 5, 6, 7]
