"""Converter and output stages against the card's specifications."""

import numpy as np
import pytest

from simulators.parameters import ParameterError, load_parameters
from simulators.rig.ni6281 import Converter, Limits, NI6281Parameters, OutputStage, smallest_range
from tests.support.instruments.stand_ins import quiet_parameters

RANGES_V = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@pytest.fixture
def card() -> NI6281Parameters:
    return load_parameters().section("ni6281", NI6281Parameters)


@pytest.fixture
def quiet() -> NI6281Parameters:
    return quiet_parameters().section("ni6281", NI6281Parameters)


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize("range_V", RANGES_V)
def test_readings_are_codes_of_18_bits(card: NI6281Parameters, range_V: float) -> None:
    ramp = np.linspace(-range_V, range_V, 5001)[np.newaxis]
    codes = Converter(card, [range_V], rng()).convert(ramp) / (2 * range_V / 2**18)
    assert np.allclose(codes, np.rint(codes), atol=1e-6)
    assert codes.min() >= -(2**17)
    assert codes.max() <= 2**17 - 1


@pytest.mark.parametrize("range_V", RANGES_V)
def test_quantisation_error_is_half_a_code_at_most(quiet: NI6281Parameters, range_V: float) -> None:
    lsb_V = 2 * range_V / 2**18
    volts = np.linspace(-range_V, range_V - lsb_V, 100_001)[np.newaxis]
    error = Converter(quiet, [range_V], rng()).convert(volts) - volts
    assert np.abs(error).max() <= 0.5 * lsb_V * (1 + 1e-9)
    assert error.std() == pytest.approx(lsb_V / np.sqrt(12), rel=0.01)


def test_readings_stop_at_the_rails(card: NI6281Parameters) -> None:
    high, low = (Converter(card, [5.0], rng()).convert(np.full((1, 50), volts)) for volts in (7.0, -7.0))
    assert np.all(high == 5.0 - 10.0 / 2**18)
    assert np.all(low == -5.0)


@pytest.mark.parametrize(("range_V", "noise_V"), [(0.1, 2e-6), (1.0, 7e-6), (10.0, 60e-6)])
def test_noise_of_a_grounded_input(card: NI6281Parameters, range_V: float, noise_V: float) -> None:
    readings = Converter(card, [range_V], rng()).convert(np.zeros((1, 100_000)))
    lsb_V = 2 * range_V / 2**18
    assert readings.std() == pytest.approx(np.hypot(noise_V, lsb_V / np.sqrt(12)), rel=0.02)
    assert abs(readings.mean()) < 5 * noise_V / np.sqrt(100_000)


def test_crosstalk_comes_from_the_channel_scanned_before(card: NI6281Parameters) -> None:
    volts = np.zeros((3, 20_000))
    volts[0] = 4.0
    readings = Converter(card, [10.0, 0.1, 0.1], rng()).convert(volts)
    assert readings[1].mean() == pytest.approx(4.0 * 10 ** (-75 / 20), rel=1e-3)  # 0.71 mV
    assert readings[2].mean() == pytest.approx(4.0 * 10 ** (-95 / 20), rel=1e-2)
    assert readings[0].mean() == pytest.approx(4.0, abs=5e-6)


def test_first_channel_sees_the_last_of_the_scan_before(quiet: NI6281Parameters) -> None:
    strong = quiet.model_copy(update={"crosstalk_adjacent_dB": -20.0, "crosstalk_other_dB": -400.0})
    volts = np.zeros((2, 4))
    volts[1] = [1.0, 2.0, 3.0, 4.0]
    readings = Converter(strong, [10.0, 10.0], rng()).convert(volts)
    assert readings[0] == pytest.approx([0.0, 0.1, 0.2, 0.3], abs=1e-4)


def test_a_single_channel_has_no_crosstalk(card: NI6281Parameters) -> None:
    loud = card.model_copy(update={"crosstalk_adjacent_dB": -1.0, "crosstalk_other_dB": -1.0})
    readings = Converter(loud, [10.0], rng()).convert(np.full((1, 1000), 4.0))
    assert readings.mean() == pytest.approx(4.0, abs=1e-4)


def test_result_does_not_depend_on_the_cuts(card: NI6281Parameters) -> None:
    volts = np.random.default_rng(3).normal(size=(4, 1000))
    whole = Converter(card, [10.0] * 4, rng()).convert(volts)
    cut = Converter(card, [10.0] * 4, rng())
    pieces = [cut.convert(piece) for piece in np.split(volts, [1, 2, 300, 999], axis=1)]
    assert np.array_equal(whole, np.concatenate(pieces, axis=1))


@pytest.mark.parametrize(
    ("limits", "range_V"),
    [(Limits(-0.1, 0.1), 0.1), (Limits(0, 0.11), 0.2), (Limits(-3, 1), 5.0), (Limits(0, 10), 10.0)],
)
def test_the_smallest_range_that_holds_the_limits(
    card: NI6281Parameters, limits: Limits, range_V: float
) -> None:
    assert smallest_range(limits, card.input_ranges_V) == range_V


def test_no_range_holds_more_than_the_card_can(card: NI6281Parameters) -> None:
    assert smallest_range(Limits(-10.1, 1), card.input_ranges_V) is None


@pytest.mark.parametrize(("limits", "span_V"), [(Limits(-2, 2), 10.0), (Limits(0, 10), 20.0)])
def test_outputs_have_16_bits_of_their_range(card: NI6281Parameters, limits: Limits, span_V: float) -> None:
    values = np.linspace(limits.min_V, limits.max_V, 10_001)[:-1]
    codes = OutputStage(card, limits).volts(values) / (span_V / 2**16)
    assert np.allclose(codes, np.rint(codes), atol=1e-6)
    assert np.abs(codes * span_V / 2**16 - values).max() <= 0.5 * span_V / 2**16 * (1 + 1e-9)


def test_an_output_of_zero_is_zero(card: NI6281Parameters) -> None:
    assert OutputStage(card, Limits(-2, 2)).volts(np.zeros(3)).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"ni6281.input_ranges_V": [1.0, 10.0]}, "one value for each"),
        ({"ni6281.output_ranges_V": [10.0, 5.0]}, "rise"),
        ({"ni6281.wiring.ai0": "tip"}, "wiring.ai0"),
        ({"ni6281.input_bits": 40}, "input_bits"),
    ],
)
def test_impossible_cards_are_refused(override: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        load_parameters(overrides=override).section("ni6281", NI6281Parameters)


def test_unlisted_terminals_are_grounded(card: NI6281Parameters) -> None:
    assert card.wiring.signal("ai0") == "current"
    assert card.wiring.signal("ai12") == "ground"
