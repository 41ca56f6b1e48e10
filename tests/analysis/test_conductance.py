import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.conductance import (
    CurrentCalibration,
    conductance_G0,
    conductance_uncertainty_G0,
    full_scale_conductance_G0,
)
from analysis.constants import G0_S

RESISTANCE_OHM = 10_110.0


def volts_of(conductance, bias_V, calibration):
    """Monitor output by Ohm's law for the junction in series with R_s: the other way round."""
    total_ohm = 1.0 / (conductance * G0_S) + calibration.series_resistance_ohm
    return calibration.signed_gain_V_per_A * bias_V / total_ohm + calibration.offset_V


@given(
    st.floats(1e-7, 50.0),
    st.floats(0.01, 1.0),
    st.sampled_from([-1.0, 1.0]),
    st.floats(0.0, 1e3),
    st.floats(-0.2, 0.2),
    st.booleans(),
)
def test_conductance_undoes_ohms_law_with_series_resistance_and_offset(
    g, bias, sign, series, offset, inverting
):
    calibration = CurrentCalibration(1e5, offset, series, full_scale_V=1e9, inverting=inverting)

    found = conductance_G0(volts_of(g, sign * bias, calibration), sign * bias, calibration)

    # An offset of 0.2 V against a signal of 1e-7 V leaves nine digits of sixteen.
    assert found == pytest.approx(g, rel=1e-9, abs=1e-12)


def test_five_g0_at_100_mv_gives_the_current_known_by_hand():
    calibration = CurrentCalibration(gain_V_per_A=1e5)

    assert calibration.current_A(3.8740) == pytest.approx(38.740e-6)
    assert conductance_G0(3.874046, 0.1, calibration) == pytest.approx(5.0, rel=1e-6)


def test_full_scale_at_gain_1e6_lies_at_1_28_g0_and_at_1e5_ten_times_higher():
    assert full_scale_conductance_G0(CurrentCalibration(1e6), 0.1) == pytest.approx(0.995 * 1.29064, rel=1e-5)
    assert full_scale_conductance_G0(CurrentCalibration(1e5), -0.1) == pytest.approx(
        0.995 * 12.9064, rel=1e-5
    )


def test_series_resistance_keeps_the_amplifier_off_its_rail():
    calibration = CurrentCalibration(1e6, series_resistance_ohm=RESISTANCE_OHM)

    assert full_scale_conductance_G0(calibration, 0.025) == np.inf


def test_full_scale_without_bias_is_refused():
    with pytest.raises(ValueError, match=r"bias is 0\.0 V"):
        full_scale_conductance_G0(CurrentCalibration(1e6), 0.0)


def test_railed_samples_become_infinite_with_the_sign_of_power():
    volts = np.array([9.96, -9.96, 0.1])

    assert conductance_G0(volts, 0.1, CurrentCalibration(1e6))[:2].tolist() == [np.inf, -np.inf]
    assert conductance_G0(volts, -0.1, CurrentCalibration(1e6))[:2].tolist() == [-np.inf, np.inf]


def test_short_against_the_series_resistance_is_infinite_never_negative():
    calibration = CurrentCalibration(1e6, series_resistance_ohm=RESISTANCE_OHM)
    short_A = 0.025 / RESISTANCE_OHM

    found = conductance_G0(1e6 * short_A * np.array([0.9, 0.9899, 0.995, 1.0, 1.05]), 0.025, calibration)

    assert np.isfinite(found[:2]).all()
    assert np.isposinf(found[2:]).all()


def test_noise_about_zero_keeps_its_sign_and_no_bias_gives_no_number():
    calibration = CurrentCalibration(1e6)

    assert conductance_G0([-1e-4, 1e-4], 0.1, calibration).tolist() == pytest.approx(
        [-1.29064e-5, 1.29064e-5]
    )
    assert np.isnan(conductance_G0([1.0, 9.99], [0.0, 9e-4], calibration)).all()


def test_uncertainty_agrees_with_finite_differences():
    calibration = CurrentCalibration(
        1e6, 0.0, 5e3, gain_uncertainty=0.01, series_resistance_uncertainty_ohm=50.0
    )
    volts = volts_of(np.array([0.1, 1.0]), 0.1, calibration)
    nominal = conductance_G0(volts, 0.1, calibration)
    gain = conductance_G0(volts, 0.1, CurrentCalibration(1e6 * (1 - 1e-6), 0.0, 5e3)) - nominal
    series = conductance_G0(volts, 0.1, CurrentCalibration(1e6, 0.0, 5e3 + 1e-2)) - nominal

    expected = np.hypot(gain / 1e-6 * 0.01, series / 1e-2 * 50.0)

    assert conductance_uncertainty_G0(nominal, calibration) == pytest.approx(expected, rel=1e-4)


def test_unknown_gain_uncertainty_stays_unknown():
    assert np.isnan(conductance_uncertainty_G0(1.0, CurrentCalibration(1e6)))


@pytest.mark.parametrize(
    "wrong", [{"gain_V_per_A": 0.0}, {"full_scale_V": -1.0}, {"series_resistance_ohm": -1.0}]
)
def test_impossible_calibration_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CurrentCalibration(**({"gain_V_per_A": 1e6} | wrong))


@pytest.mark.parametrize("bias_V", [0.1, -0.1])
def test_an_inverting_amplifier_rails_at_the_same_conductance(bias_V):
    right, inverting = CurrentCalibration(1e5), CurrentCalibration(1e5, inverting=True)

    assert full_scale_conductance_G0(inverting, bias_V) == full_scale_conductance_G0(right, bias_V) > 0
    railed = conductance_G0([-10.0, 10.0], bias_V, inverting)
    assert list(railed) == ([np.inf, -np.inf] if bias_V > 0 else [-np.inf, np.inf])


def test_a_change_of_the_sign_is_an_event_as_any_other():
    calibration = CurrentCalibration(1e5).after("current_inverting", True)

    assert (calibration.gain_V_per_A, calibration.inverting) == (1e5, True)
    assert calibration.current_A(-1.0) == 1e-5


@pytest.mark.parametrize("series_ohm", [0.0, 1000.0])
def test_a_missing_volt_is_an_undefined_conductance_not_one_beyond_the_range(series_ohm):
    calibration = CurrentCalibration(1e6, series_resistance_ohm=series_ohm)
    found = conductance_G0(np.array([np.nan, 1.0, 9.99]), np.full(3, 0.1), calibration)
    assert np.isnan(found[0])
    assert np.isfinite(found[1])
    assert found[2] == np.inf
