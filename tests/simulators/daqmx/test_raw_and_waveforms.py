"""Samples as codes, as raw bytes and as waveforms; and the card's internal channels, which show its outputs."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest
from nidaqmx.constants import Signal, WaveformAttributeMode
from nidaqmx.errors import RpcError
from nidaqmx.stream_readers import AnalogUnscaledReader
from nidaqmx.stream_writers import AnalogUnscaledWriter
from nitypes.waveform import AnalogWaveform

from simulators.rig.clock import FastClock
from simulators.rig.faults import LoopBack
from tests.support.instruments.daq_client import LSB_V, OUTPUT_LSB_V, Client, ramp, read, refused, serving
from tests.support.instruments.stand_ins import quiet_bench
from tests.support.patience import wait_until


@pytest.fixture
def bench_and_client() -> Iterator[tuple[object, Client]]:
    bench = quiet_bench(FastClock())
    with serving(bench) as client:
        yield bench, client


@pytest.fixture
def daq(bench_and_client: tuple[object, Client]) -> Client:
    return bench_and_client[1]


def _on_demand(daq: Client, low_V: float = -10.0) -> object:
    task = daq.task()
    task.ao_channels.add_ao_voltage_chan("Dev1/ao0:1", min_val=low_V, max_val=10.0)
    return task


def test_internal_channels_show_the_outputs_whatever_the_cables_do(
    bench_and_client: tuple[object, Client],
) -> None:
    bench, daq = bench_and_client
    bench.faults.add(LoopBack(0, "bias", -1.0))  # type: ignore[attr-defined]
    outputs = _on_demand(daq)
    outputs.write([1.0, 2.0], auto_start=True)  # type: ignore[attr-defined]
    inputs = daq.inputs("Dev1/_ao0_vs_aognd, Dev1/_ao1_vs_aognd, Dev1/_aognd_vs_aognd")

    volts = read(inputs, 5)[:, -1]

    assert volts == pytest.approx([1.0, 2.0, 0.0], abs=2 * LSB_V)


def test_codes_are_volts_in_steps_of_the_range(daq: Client) -> None:
    outputs = _on_demand(daq)
    writer = AnalogUnscaledWriter(outputs.out_stream)  # type: ignore[attr-defined]
    outputs.start()  # type: ignore[attr-defined]
    written = np.array([[100, 200], [-300, -400]], dtype=np.int16)

    assert writer.write_int16(written) == 2

    inputs = daq.inputs("Dev1/_ao0_vs_aognd, Dev1/_ao1_vs_aognd", finite=4)
    codes = np.zeros((2, 4), dtype=np.int32)
    assert AnalogUnscaledReader(inputs.in_stream).read_int32(codes, 4) == 4
    assert codes[:, -1] * LSB_V == pytest.approx(np.array([200, -400]) * OUTPUT_LSB_V, abs=2 * LSB_V)


def test_readings_of_18_bits_are_not_cut_to_16(daq: Client) -> None:
    inputs = daq.inputs("Dev1/ai0", finite=4)
    assert inputs.ai_channels[0].ai_raw_samp_size == 32

    with pytest.raises(RpcError, match="readings of 18 bits don't fit into 16"):
        AnalogUnscaledReader(inputs.in_stream).read_int16(np.zeros((1, 4), dtype=np.int16), 4)


def test_raw_bytes_come_scan_by_scan(daq: Client) -> None:
    outputs = _on_demand(daq)
    outputs.out_stream.auto_start = True  # type: ignore[attr-defined]
    outputs.out_stream.write(np.array([10, 20, 1000, -2000], dtype=np.int16))  # type: ignore[attr-defined]
    inputs = daq.inputs("Dev1/_ao0_vs_aognd, Dev1/_ao1_vs_aognd", finite=3)

    codes = inputs.in_stream.read(3)

    assert codes.dtype == np.int32 and codes.shape == (6,)
    assert codes.reshape(3, 2)[-1] * LSB_V == pytest.approx(
        [1000 * OUTPUT_LSB_V, -2000 * OUTPUT_LSB_V], abs=2 * LSB_V
    )


def test_a_range_of_outputs_can_be_chosen_above_the_limits(daq: Client) -> None:
    task = daq.task()
    channel = task.ao_channels.add_ao_voltage_chan("Dev1/ao0", min_val=-1.0, max_val=1.0)
    assert channel.ao_dac_rng_high == 1.0

    channel.ao_dac_rng_high = 10.0

    assert (channel.ao_dac_rng_low, channel.ao_dac_rng_high) == (-10.0, 10.0)
    with refused(-200077):
        task.write(1.5, auto_start=True)


def test_a_waveform_knows_its_time_and_its_name(daq: Client) -> None:
    inputs = daq.inputs("Dev1/ai0", finite=100)
    waveform = inputs.read_waveform(100)

    assert waveform.sample_count == 100
    assert waveform.timing.sample_interval.total_seconds() == pytest.approx(1 / 2000.0)
    assert abs((datetime.now(UTC) - waveform.timing.timestamp).total_seconds()) < 600.0
    assert (waveform.channel_name, waveform.units) == ("Dev1/ai0", "Volts")

    bare = daq.inputs("Dev1/ai1", finite=100)
    bare.in_stream.waveform_attribute_mode = WaveformAttributeMode.NONE
    assert not bare.read_waveform(100).timing.has_timestamp


def test_waveforms_are_written(daq: Client) -> None:
    outputs = _on_demand(daq)
    rows = [AnalogWaveform.from_array_1d(row, np.float64) for row in ramp(5)]
    assert outputs.write_waveform(rows, auto_start=True) == 5  # type: ignore[attr-defined]

    assert read(daq.inputs("Dev1/_ao0_vs_aognd"), 1)[0, 0] == pytest.approx(5.0, abs=2 * LSB_V)
    with refused(-200524):
        outputs.write_waveform(rows[:1], auto_start=True)  # type: ignore[attr-defined]


def test_every_sample_of_a_finite_acquisition_is_an_event(daq: Client) -> None:
    inputs = daq.inputs("Dev1/ai0", finite=10)
    seen: list[int] = []

    def note(task: object, signal: int, data: object) -> int:
        seen.append(signal)
        return 0

    inputs.register_signal_event(Signal.SAMPLE_COMPLETE, note)
    with refused(-200949):
        inputs.register_signal_event(Signal.SAMPLE_COMPLETE, lambda *event: 0)
    inputs.start()
    read(inputs, 10)

    wait_until(lambda: len(seen) == 10)
    inputs.stop()
    inputs.register_signal_event(Signal.SAMPLE_COMPLETE, None)
    assert seen == [Signal.SAMPLE_COMPLETE.value] * 10
