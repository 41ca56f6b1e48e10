"""Records of a run whose temporary file meets a full disk."""

import numpy as np
import pytest

from analysis.recording.header import RecordedChannel, RunHeader
from analysis.records import Trace
from app.viewmodels.records import Records

HEADER = RunHeader("break-junction", (RecordedChannel("current"),), 2000.0)


def trace(number):
    values = np.full(10, float(number))
    return Trace(number, (100 * number, 100 * number + 50), values, values, 0.1, "open")


def test_a_trace_that_a_full_disk_refuses_puts_no_other_out_of_place(monkeypatch):
    records = Records(HEADER)
    records.ready_made(trace(1))

    def full(record):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="No space left"):
        patched.setattr(records.traces, "add", full)
        records.ready_made(trace(2))
    records.ready_made(trace(3))

    assert [[one.number for one in records.traces_before(at, 5)] for at in (300, 400)] == [[1], [1, 3]]
    records.dispose()
