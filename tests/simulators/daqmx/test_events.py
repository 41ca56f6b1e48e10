"""Events of the simulated server: samples available, task done."""

import threading
from typing import Any

import numpy as np
import pytest

from tests.support.instruments.daq_client import LSB_V, Client, ramp, read, refused, set_going, write
from tests.support.instruments.stand_ins import MILLIVOLT, HandClock
from tests.support.patience import PATIENCE_S


class Heard:
    """Counts events, and waits for them."""

    def __init__(self) -> None:
        self.events: list[tuple[int, ...]] = []
        self._come = threading.Condition()

    def __call__(self, handle: object, *event: Any) -> int:
        with self._come:
            self.events.append(event[:-1])
            self._come.notify_all()
        return 0

    def wait(self, number: int) -> None:
        with self._come:
            assert self._come.wait_for(lambda: len(self.events) >= number, timeout=PATIENCE_S)


def test_every_n_samples_on_the_wall_clock(clock: HandClock, wall_daq: Client) -> None:
    task, heard = wall_daq.inputs(), Heard()
    task.register_every_n_samples_acquired_into_buffer_event(100, heard)
    with refused(-200966):
        task.register_every_n_samples_acquired_into_buffer_event(100, heard)
    task.start()
    for number in range(1, 4):
        clock.advance(0.05)
        heard.wait(number)
    assert [samples for _, samples in heard.events] == [100] * 3
    task.stop()
    task.register_every_n_samples_acquired_into_buffer_event(100, None)
    task.close()


def test_a_program_that_reads_in_its_callback_works_on_the_fast_clock(daq: Client) -> None:
    task, blocks, enough = daq.inputs("Dev1/ai0:1"), [], threading.Event()

    def on_samples(handle: object, kind: int, samples: int, data: object) -> int:
        if not enough.is_set():
            blocks.append(read(task, samples))
            if len(blocks) == 5:
                enough.set()
        return 0

    task.register_every_n_samples_acquired_into_buffer_event(200, on_samples)
    task.start()
    assert enough.wait(PATIENCE_S)
    task.close()
    assert np.concatenate(blocks, axis=1)[1] == pytest.approx(np.arange(1000) * MILLIVOLT, abs=LSB_V)


def test_done_is_told_once_a_run(daq: Client) -> None:
    inputs, outputs, heard = daq.inputs(), daq.outputs(finite=50), Heard()
    outputs.register_done_event(heard)
    inputs.start()
    for run in (1, 2):
        write(outputs, ramp(50))
        outputs.start()
        read(inputs, 60)
        heard.wait(run)
        outputs.stop()
    read(inputs, 60)
    assert heard.events == [(0,), (0,)]
    outputs.close()


def test_done_tells_of_an_error(daq: Client) -> None:
    inputs, outputs, heard = daq.inputs(), daq.outputs(), Heard()
    outputs.register_done_event(heard)
    set_going(inputs, outputs, ramp(50))
    read(inputs, 60)
    heard.wait(1)
    assert heard.events == [(-200290,)]
    outputs.close()


def test_samples_transferred_from_the_buffer(daq: Client) -> None:
    inputs, outputs, heard = daq.inputs(), daq.outputs(buffer=1000), Heard()
    outputs.register_every_n_samples_transferred_from_buffer_event(500, heard)
    set_going(inputs, outputs, np.zeros((2, 1000)))
    heard.wait(2)
    assert len(heard.events) == 2
    outputs.close()


def test_events_that_a_task_cannot_have(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs()
    with refused(-200980):
        inputs.register_every_n_samples_transferred_from_buffer_event(10, Heard())
    with refused(-200981):
        outputs.register_every_n_samples_acquired_into_buffer_event(10, Heard())
    inputs.register_done_event(heard := Heard())
    with refused(-200950):
        inputs.register_done_event(heard)
    inputs.register_done_event(None)
    inputs.start()
    with refused(-200960):
        inputs.register_done_event(heard)


def test_many_who_wait_do_not_keep_others_from_starting(wall_daq: Client) -> None:
    tasks = [wall_daq.inputs() for _ in range(20)]
    for task in tasks:
        task.register_done_event(Heard())
        task.register_every_n_samples_acquired_into_buffer_event(10, Heard())
    for task in tasks:
        task.start()
        task.stop()
    for task in tasks:
        task.close()
