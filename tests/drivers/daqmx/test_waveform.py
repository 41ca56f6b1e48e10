import numpy as np
import pytest
from nidaqmx.constants import AcquisitionType

from drivers.daqmx.channels import AnalogOutput
from drivers.daqmx.waveform import OutputWaveform
from drivers.errors import NotNow, OutOfRange

OUTPUTS = {"bias": AnalogOutput("bias", "ao0", -2, 2), "z": AnalogOutput("z", "ao1", 0, 10)}
HELD = {"bias": 0.1, "z": 4.0}
FINITE, CONTINUOUS = AcquisitionType.FINITE, AcquisitionType.CONTINUOUS


def test_outputs_that_do_not_move_keep_what_they_hold() -> None:
    waveform = OutputWaveform.build(FINITE, {"z": [1.0, 2.0, 3.0]}, OUTPUTS, HELD, 1)

    assert waveform.values_V.tolist() == [[0.1, 0.1, 0.1], [1.0, 2.0, 3.0]]


def test_an_output_that_holds_nobody_knows_what_can_not_be_kept() -> None:
    with pytest.raises(NotNow, match="output bias is unknown"):
        OutputWaveform.build(FINITE, {"z": [1.0]}, OUTPUTS, {"bias": np.nan, "z": 0.0}, 1)


@pytest.mark.parametrize(
    "given", [{}, {"z": []}, {"z": 1.0}, {"z": [[1.0]]}, {"z": [1.0, 2.0], "bias": [0.0]}, {"tip": [1.0]}]
)
def test_shapes_and_names_that_make_no_waveform_are_refused(given: dict) -> None:
    with pytest.raises(OutOfRange):
        OutputWaveform.build(FINITE, given, OUTPUTS, HELD, 1)


@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_ramp_stands_where_the_ticks_have_brought_it(n: int, repeats: int) -> None:
    waveform = OutputWaveform.build(FINITE, {"z": np.arange(n) + 1.0}, OUTPUTS, HELD, repeats)
    buffer = waveform.buffer

    assert buffer.shape[1] >= max(2, n * repeats)
    for ticks in range(1, buffer.shape[1] + 1):
        after = waveform.after(waveform.put_out(ticks))
        assert after is not None
        assert after.tolist() == buffer[:, ticks - 1].tolist()
    assert waveform.put_out(buffer.shape[1]) == n
    assert waveform.after(waveform.put_out(0)) is None


def test_a_modulation_begins_again_without_a_seam() -> None:
    waveform = OutputWaveform.build(CONTINUOUS, {"bias": [0.1, 0.2, 0.3]}, OUTPUTS, HELD, 2)

    standing = [waveform.after(waveform.put_out(ticks)) for ticks in range(1, 15)]

    assert [values[0] for values in standing if values is not None] == [
        *(0.1, 0.1, 0.2, 0.2, 0.3, 0.3) * 2,
        *(0.1, 0.1),
    ]
    assert waveform.put_out(13) == 7


def test_what_a_waveform_leaves_alone_is_known_however_much_was_put_out() -> None:
    waveform = OutputWaveform.build(CONTINUOUS, {"bias": [0.1, 0.2]}, OUTPUTS, HELD, 1)

    left = waveform.left_alone(HELD)

    assert left["z"] == 4.0
    assert np.isnan(left["bias"])


def test_an_output_put_to_another_constant_is_not_left_alone() -> None:
    waveform = OutputWaveform.build(FINITE, {"z": [5.0, 5.0]}, OUTPUTS, HELD, 1)

    assert np.isnan(waveform.left_alone(HELD)["z"])
