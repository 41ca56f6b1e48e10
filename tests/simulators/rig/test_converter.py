"""Converter behind its multiplexer: codes, noise, settling between neighbours, open inputs, errors of a card."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from simulators.parameters import load_parameters
from simulators.rig.accuracy import CardErrors
from simulators.rig.converter import Conversion, Converter
from simulators.rig.ni6281 import NI6281Parameters
from tests.support.instruments.stand_ins import quiet_parameters

RANGES_V = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
PERIOD_s = 500e-6
RNG_SEED = 7

CARD = load_parameters().section("ni6281", NI6281Parameters)
QUIET = quiet_parameters().section("ni6281", NI6281Parameters)


def scan(ranges_V: Sequence[float], spacing_s: float = 12e-6, **sources_ohm: float) -> list[Conversion]:
    """Positions on ai0, ai1, ... with the sources named by terminal, else of no resistance."""
    return [
        Conversion(f"ai{k}", range_V, 150e-9 + k * spacing_s, sources_ohm.get(f"ai{k}", 0.0))
        for k, range_V in enumerate(ranges_V)
    ]


def converter(card: NI6281Parameters, positions: list[Conversion], period_s: float = PERIOD_s) -> Converter:
    errors = CardErrors(card, np.random.default_rng(11))
    return Converter(card, errors, positions, period_s, np.random.default_rng(RNG_SEED))


@pytest.mark.parametrize("range_V", RANGES_V)
def test_readings_are_codes_of_18_bits(range_V: float) -> None:
    ramp = np.linspace(-range_V, range_V, 5001)[np.newaxis]
    codes = converter(CARD, scan([range_V])).convert(ramp) / (2 * range_V / 2**18)
    assert np.allclose(codes, np.rint(codes), atol=1e-6)
    assert codes.min() >= -(2**17)
    assert codes.max() <= 2**17 - 1


@pytest.mark.parametrize("range_V", RANGES_V)
def test_quantisation_error_is_half_a_code_at_most(range_V: float) -> None:
    lsb_V = 2 * range_V / 2**18
    volts = np.linspace(-range_V, range_V - lsb_V, 100_001)[np.newaxis]
    error = converter(QUIET, scan([range_V])).convert(volts) - volts
    assert np.abs(error).max() <= 0.5 * lsb_V * (1 + 1e-9)
    assert error.std() == pytest.approx(lsb_V / np.sqrt(12), rel=0.01)


def test_readings_stop_at_the_rails() -> None:
    high, low = (converter(CARD, scan([5.0])).convert(np.full((1, 50), volts)) for volts in (7.0, -7.0))
    assert np.all(high == 5.0 - 10.0 / 2**18)
    assert np.all(low == -5.0)


@pytest.mark.parametrize(
    ("range_V", "lowpass", "noise_V"), [(0.1, False, 2e-6), (10.0, False, 60e-6), (10.0, True, 56e-6)]
)
def test_noise_of_a_grounded_input_does_not_depend_on_the_rate(
    range_V: float, lowpass: bool, noise_V: float
) -> None:
    position = Conversion("ai0", range_V, 150e-9, lowpass=lowpass)
    for period_s in (1e-2, 1e-5):
        readings = converter(CARD, [position], period_s).convert(np.zeros((1, 50_000)))
        expected_V = np.hypot(noise_V, 2 * range_V / 2**18 / np.sqrt(12))
        assert readings.std() == pytest.approx(expected_V, rel=0.02)


def ghost(spacing_s: float, lowpass: bool = False, source_ohm: float = 0.0) -> float:
    """Share of a step from 8 V to 0 V that the next position of the scan still shows."""
    before, after = scan([10.0, 10.0], spacing_s)
    after = Conversion(after.terminal, 10.0, after.at_s, source_ohm, lowpass)
    readings = converter(QUIET, [before, after]).convert(np.array([[8.0], [0.0]]))
    return float(readings[1, 0] / 8.0)


def test_what_has_not_settled_of_the_step_between_neighbours_is_left() -> None:
    """Charge on 100 pF, discharged by the source, and the amplifier's own settling: M Series manual, 4-8."""
    code = 20.0 / 2**18 / 8.0
    assert ghost(2e-6) == pytest.approx(15e-6, abs=code)
    assert ghost(12e-6) == 0.0
    assert ghost(12e-6, source_ohm=600.0) == 0.0
    assert ghost(12e-6, source_ohm=30e3) == pytest.approx(math.exp(-4.0), abs=code)
    assert ghost(2e-6, source_ohm=5e3) == pytest.approx(math.exp(-4.0) + 15e-6, abs=code)
    assert ghost(12e-6, lowpass=True) == pytest.approx(
        math.exp(-12e-6 * 2 * math.pi * 40e3), abs=code
    )  # 4.9 %
    assert ghost(60e-6, lowpass=True) == 0.0


def test_the_first_position_follows_the_last_of_the_scan_before() -> None:
    positions = scan([10.0, 10.0], 12e-6, ai0=2e6)
    positions[0] = Conversion(
        "ai0", 10.0, 150e-9, 2.118e6
    )  # 488 us after the other: exp(-488 us/211.8 us) = 0.1
    volts = np.array([[0.0] * 4, [1.0, 2.0, 3.0, 4.0]])
    share = math.exp(-488e-6 / 211.8e-6)
    assert converter(QUIET, positions).convert(volts)[0] == pytest.approx(
        [0.0, share, 2 * share, 3 * share], abs=1e-4
    )


def test_an_open_input_follows_its_predecessor_and_drifts() -> None:
    """Not 0 V: it keeps the charge of the position before it, which the bias current moves by 1 V/s at most."""
    positions = scan([10.0] * 4, 12e-6, ai1=math.inf, ai2=math.inf)
    volts = np.array([[1.0, 2.0, -3.0], [9.0] * 3, [9.0] * 3, [0.5] * 3])
    readings = converter(QUIET, positions).convert(volts)
    assert readings[1] == pytest.approx([1.0, 2.0, -3.0], abs=1e-4)
    assert readings[2] == pytest.approx([1.0, 2.0, -3.0], abs=2e-4)
    assert readings[3] == pytest.approx([0.5] * 3, abs=1e-4)  # and does not pull the one after it along


def test_open_inputs_alone_drift_to_the_rail() -> None:
    errors = CardErrors(QUIET, np.random.default_rng(11))
    current_A = errors.input_current_A("ai0")
    assert 1e-11 < abs(current_A) < 1e-10
    readings = converter(QUIET, scan([10.0], ai0=math.inf)).convert(np.zeros((1, 40_000)))
    slope_V_per_s = current_A / 100e-12
    assert readings[0, 1999] == pytest.approx(slope_V_per_s * 1.0, abs=2e-3)
    assert abs(readings[0, -1]) == pytest.approx(10.0, abs=1e-3)


def test_result_does_not_depend_on_the_cuts() -> None:
    volts = np.random.default_rng(3).normal(size=(4, 5000))
    positions = scan([10.0] * 4, 2e-6, ai1=math.inf, ai2=1e4)
    whole = converter(CARD, positions).convert(volts)
    cut = converter(CARD, positions)
    pieces = [cut.convert(piece) for piece in np.split(volts, [1, 2, 300, 1999, 4001], axis=1)]
    assert np.array_equal(whole, np.concatenate(pieces, axis=1))


def test_each_card_has_errors_of_its_own() -> None:
    """Gain, offset and linearity of an input: the same for a card, different for another."""
    still = {"input_noise_V": [0.0] * 7, "room_swing_K": 0.0}
    card = CARD.model_copy(update=still)
    volts = np.linspace(-9.0, 9.0, 19)[np.newaxis]

    def errors_V(seed: int) -> np.ndarray:
        one = CardErrors(card, np.random.default_rng(seed))
        return (
            Converter(card, one, scan([10.0]), PERIOD_s, np.random.default_rng(1)).convert(volts)[0]
            - volts[0]
        )

    first, second = errors_V(1), errors_V(2)
    assert np.array_equal(first, errors_V(1))
    cubic, _, gain, offset = np.polyfit(volts[0], first, 3)
    assert 0.0 < abs(gain - 1.5 * math.sqrt(3) * 10e-6) < 4 * 25e-6
    assert 0.0 < abs(offset) < 4 * 60e-6
    assert cubic == pytest.approx(-1.5 * math.sqrt(3) * 10e-6 / 100, rel=0.2)
    assert np.abs(first - second).max() > 1e-5


def test_gains_and_offsets_drift_with_the_room() -> None:
    card = QUIET.model_copy(
        update={"input_gain_drift_ppm_per_K": 100.0, "room_swing_K": 1.0, "room_period_s": 40.0}
    )
    readings = converter(card, scan([10.0]), 1e-3).convert(np.full((1, 40_000), 9.0))
    assert np.ptp(readings) == pytest.approx(2 * 9.0 * 100e-6, rel=0.05)


def test_the_timebase_is_off_by_parts_per_million() -> None:
    rates = np.array([CardErrors(CARD, np.random.default_rng(seed)).timebase for seed in range(200)]) - 1.0
    assert rates.std() == pytest.approx(50e-6 / 3, rel=0.2)
    assert CardErrors(QUIET, np.random.default_rng(1)).timebase == 1.0
