"""Properties as the card makes them: coerced, reset to their defaults, and refused where they are not simulated."""

from collections.abc import Iterator

import numpy as np
import pytest
from nidaqmx.constants import (
    Edge,
    OverwriteMode,
    ReadRelativeTo,
    RegenerationMode,
    Slope,
    VoltageUnits,
)
from nidaqmx.errors import DaqError

from simulators.rig.clock import FastClock
from tests.support.instruments.daq_client import INPUT_CLOCK, Client, ramp, read, refused, serving, write
from tests.support.instruments.stand_ins import quiet_bench


@pytest.fixture
def daq() -> Iterator[Client]:
    with serving(quiet_bench(FastClock())) as client:
        yield client


@pytest.mark.parametrize(
    ("asked_V", "made_V"), [((-2.5, 2.5), 5.0), ((-0.1, 0.1), 0.1), ((0.0, 3.0), 5.0), ((-7.0, 1.0), 10.0)]
)
def test_limits_of_an_input_read_back_as_the_range_that_holds_them(
    daq: Client, asked_V: tuple[float, float], made_V: float
) -> None:
    channel = daq.task().ai_channels.add_ai_voltage_chan("Dev1/ai0", min_val=asked_V[0], max_val=asked_V[1])

    assert (channel.ai_min, channel.ai_max) == (-made_V, made_V)
    assert (channel.ai_rng_low, channel.ai_rng_high) == (-made_V, made_V)


@pytest.mark.parametrize(
    ("asked_Hz", "made_Hz"),
    [(2000.0, 2000.0), (44100.0, 20e6 / 454), (3000.0, 20e6 / 6667), (99_999.0, 100_000.0)],
)
def test_a_rate_reads_back_as_the_timebase_divided_by_a_whole_number(
    daq: Client, asked_Hz: float, made_Hz: float
) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(source="")
    for task in (inputs, outputs):
        task.timing.cfg_samp_clk_timing(asked_Hz)
        assert task.timing.samp_clk_rate == pytest.approx(made_Hz, rel=1e-12)


def test_a_clock_from_outside_has_the_rate_that_it_is_said_to_have(daq: Client) -> None:
    task = daq.outputs(source=INPUT_CLOCK, rate_Hz=44100.0)

    assert task.timing.samp_clk_rate == 44100.0
    assert task.timing.samp_clk_src == INPUT_CLOCK
    assert daq.inputs().timing.samp_clk_src == "/Dev1/ai/SampleClockTimebase"


RESETS = [
    ("timing.samp_clk_rate", 500.0),
    ("timing.samp_clk_active_edge", Edge.FALLING),
    ("timing.samp_quant_samp_per_chan", 77),
    ("in_stream.auto_start", False),
    ("in_stream.relative_to", ReadRelativeTo.FIRST_SAMPLE),
    ("in_stream.offset", 3),
    ("in_stream.overwrite", OverwriteMode.OVERWRITE_UNREAD_SAMPLES),
    ("in_stream.read_all_avail_samp", True),
    ("in_stream.input_buf_size", 4321),
    ("triggers.start_trigger.dig_edge_edge", Edge.FALLING),
    ("out_stream.regen_mode", RegenerationMode.DONT_ALLOW_REGENERATION),
    ("out_stream.output_buf_size", 4321),
    ("out_stream.sleep_time", 0.5),
]


@pytest.mark.parametrize(("path", "other"), RESETS)
def test_a_property_that_is_deleted_has_its_default_again(daq: Client, path: str, other: object) -> None:
    task = daq.task()
    if path.startswith("out"):
        task.ao_channels.add_ao_voltage_chan("Dev1/ao0")
    else:
        task.ai_channels.add_ai_voltage_chan("Dev1/ai0")
    task.timing.cfg_samp_clk_timing(1000.0)
    *way, name = path.split(".")
    owner = task
    for step in way:
        owner = getattr(owner, step)
    default = getattr(owner, name)
    assert default != other

    setattr(owner, name, other)
    assert getattr(owner, name) == other
    delattr(owner, name)

    assert getattr(owner, name) == default


def test_an_input_whose_limit_was_deleted_says_that_it_has_none(daq: Client) -> None:
    task = daq.task()
    channel = task.ai_channels.add_ai_voltage_chan("Dev1/ai0", max_val=5)
    del channel.ai_max

    for use in (lambda: channel.ai_max, lambda: channel.ai_rng_high, task.read):
        with refused(-200695):
            use()
    channel.ai_max = 1.0
    assert np.isfinite(task.read())


def test_custom_scales_are_refused(daq: Client) -> None:
    inputs, outputs = daq.task().ai_channels, daq.task().ao_channels
    scaled = {"units": VoltageUnits.FROM_CUSTOM_SCALE, "custom_scale_name": "double"}

    for add in (
        lambda **more: inputs.add_ai_voltage_chan("Dev1/ai0", **more),
        lambda **more: outputs.add_ao_voltage_chan("Dev1/ao0", **more),
    ):
        with refused(-200378) as caught:
            add(**scaled)
        assert "double" in str(caught.value)
        assert "scale the volts yourself" in str(caught.value)
        with refused(-200447):
            add(custom_scale_name="double")


def test_a_read_beyond_the_end_gives_what_there_is_and_the_next_one_an_error(daq: Client) -> None:
    task = daq.inputs("Dev1/ai0:1")
    task.timing.cfg_samp_clk_timing(1000.0, samps_per_chan=5)
    task.start()

    assert [len(row) for row in task.read(10)] == [5, 5]
    with refused(-200278):
        task.read(1)


def test_a_read_of_a_finite_task_that_is_late_is_still_an_error(daq: Client) -> None:
    task = daq.inputs("Dev1/ai0")
    task.timing.cfg_samp_clk_timing(1000.0, samps_per_chan=500)
    task.start()

    with pytest.raises(DaqError, match="longer read timeout") as caught:
        read(task, 1000, 0.1)
    assert caught.value.error_code == -200284


def test_a_start_trigger_on_a_pfi_line_waits_for_its_edge(daq: Client) -> None:
    task = daq.inputs("Dev1/ai0")
    task.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/PFI0")
    task.start()

    with refused(-200284):
        read(task, 1, 0.05)
    task.stop()
    task.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/PFI16")
    with refused(-89120):
        task.start()


def test_an_analogue_trigger_waits_at_the_only_terminal_for_it(daq: Client) -> None:
    task = daq.inputs("Dev1/ai0")
    start = task.triggers.start_trigger
    start.cfg_anlg_edge_start_trig("APFI0", Slope.FALLING, 1.5)
    assert (start.anlg_edge_src, start.anlg_edge_slope, start.anlg_edge_lvl) == (
        "/Dev1/APFI0",
        Slope.FALLING,
        1.5,
    )
    task.start()

    with refused(-200284):
        read(task, 1, 0.05)
    task.stop()
    start.cfg_anlg_edge_start_trig("APFI1")
    with refused(-89120):
        task.start()


def test_a_reference_trigger_is_kept_and_refused_when_the_task_is_to_use_it(daq: Client) -> None:
    task = daq.inputs("Dev1/ai0")
    reference = task.triggers.reference_trigger
    reference.cfg_anlg_window_ref_trig("APFI0", 2.0, -1.0, 50)
    assert (reference.anlg_win_top, reference.anlg_win_btm, reference.pretrig_samples) == (2.0, -1.0, 50)

    with refused(-200452) as caught:
        task.start()
    assert "Reference triggers are not simulated" in str(caught.value)
    reference.disable_ref_trig()
    assert read(task, 10).shape == (1, 10)


def test_a_clock_on_a_pfi_line_never_ticks(daq: Client) -> None:
    task = daq.inputs("Dev1/ai0")
    task.timing.cfg_samp_clk_timing(1000.0, source="PFI0")
    assert task.timing.samp_clk_src == "/Dev1/PFI0"

    with refused(-200284):
        read(task, 1, 0.05)
    del task.timing.samp_clk_src
    assert read(task, 1).shape == (1, 1)


def test_a_rate_set_by_its_divisor(daq: Client) -> None:
    task = daq.inputs("Dev1/ai0", rate_Hz=1000.0)
    assert task.timing.samp_clk_timebase_div == 20_000

    task.timing.samp_clk_timebase_div = 40_000

    assert task.timing.samp_clk_rate == 500.0


def test_a_generation_of_one_sample_is_refused(daq: Client) -> None:
    inputs, outputs = daq.inputs(), daq.outputs(regenerate=True)
    write(outputs, ramp(1))
    inputs.start()

    with refused(-200609):
        outputs.start()
