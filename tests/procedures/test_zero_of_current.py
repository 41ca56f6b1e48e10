"""Zero of the current, read while the amplifier recovers from an overload."""

from types import SimpleNamespace

import numpy as np
import pytest

from procedures.errors import AmplifierRailed
from procedures.step_runner import ZEROS, zero_of_current_V
from tests.procedures.test_sample_reader import GAIN, PaperCard, RATE_Hz, watch_of

CONTEXT = SimpleNamespace(rate_Hz=RATE_Hz, input_delay_s=0.0, input_name=lambda name: f"{name} input")
ZERO_V = 0.02


def zero_V(railed):
    """Read a zero of 0.1 s whose first samples are at the rail, then on the way back."""
    volts = np.full(4000, ZERO_V) + 1e-3 * np.random.default_rng(1).standard_normal(4000)
    volts[:railed] = 10.0
    if railed:
        volts[railed:] += 9.0 * np.exp(-np.arange(4000.0 - railed) / 4.0)  # of a rise time of 4 ms
    watch, _ = watch_of(PaperCard(volts / GAIN.gain_V_per_A, bias_V=0.0))
    return zero_of_current_V(CONTEXT, watch, 0, 0.1)


@pytest.mark.parametrize("railed", [0, 40, 200, 500])
def test_the_zero_is_that_of_an_amplifier_that_measures(railed):
    """40 samples at the rail, 20 of them of the 200 that count, made a zero of 1.2 V where it is 0.02 V."""
    volts = zero_V(railed)
    assert len(volts) == 200
    assert volts.mean() == pytest.approx(ZERO_V, abs=4e-4)


def test_an_amplifier_that_stays_at_its_rail_has_no_zero():
    with pytest.raises(AmplifierRailed, match=f"each of {ZEROS} readings of its zero"):
        zero_V(4000)
