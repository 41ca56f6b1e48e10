"""Thermopower from holds: the line of one hold, what is left out, and the slope through many junctions."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.heating.mask import Filters
from analysis.heating.thermometer import Thermometer
from analysis.thermoelectric.contact_offset import Contact
from analysis.thermoelectric.detectability import molecule_noise_per_Hz, open_circuit_sigma_V
from analysis.thermoelectric.hold_line import HoldRules
from analysis.thermoelectric.open_circuit import OpenCircuit
from analysis.thermoelectric.temperatures import reduced_difference_K
from analysis.thermoelectric.thermopower import GOLD_FILM, Lead
from analysis.thermoelectric.thermopower_controls import with_controls
from analysis.thermoelectric.thermopower_hold import MeasuredHold, measured
from analysis.thermoelectric.thermopower_holds import ThermopowerHold
from analysis.thermoelectric.thermopower_json import thermopower_json
from analysis.thermoelectric.thermopower_run import ThermopowerRun, combine, lead_of
from analysis.thermoelectric.thermopower_summary import placed, summarise

RATE_Hz, S_TC = 2000.0, 16.3e-6
RULES = HoldRules(0.003)
G = 0.005 * G0_S


def levels_V(n, amplitude_V):
    return amplitude_V * np.array([1.0, 0.0, -1.0])[(np.arange(n) * 3 * 12.25 / RATE_Hz).astype(int) % 3]


def hold(open_circuit_V=4e-4, contact_V=3e-5, hum_A=2e-11, **changes):
    bias_V, contact_bias_V = levels_V(1000, 0.01), levels_V(200, 0.005)
    hum = hum_A * np.sin(2 * np.pi * 50.0 * np.arange(1000) / RATE_Hz + 0.4)
    values = {
        "number": 0,
        "samples": (0, 1000),
        "rate_Hz": RATE_Hz,
        "bias_V": bias_V,
        "current_A": G * (bias_V - open_circuit_V) + hum,
        "thermocouple_V": np.full(1000, -20.0 * S_TC),
        "railed": np.zeros(1000, dtype=bool),
        "contact_V": contact_bias_V,
        "contact_A": 5 * G0_S * (contact_bias_V - contact_V),
        "before_G0": 0.005,
        "after_G0": 0.0049,
        "window_G0": (0.0045, 0.0055),
        "kind": "whole",
        "control": "",
        "difference_K": 20.0,
    }
    return ThermopowerHold(**{**values, **changes})


def test_one_hold_gives_conductance_and_voltage_less_that_of_its_contact():
    result = measured(hold(), RULES)
    assert result.fit.conductance_S == pytest.approx(G)
    assert result.fit.open_circuit_V == pytest.approx(4e-4)
    assert result.voltage_V == pytest.approx(3.7e-4)
    assert result.rejected == ""


def test_a_hold_without_a_contact_keeps_its_offset():
    result = measured(hold(contact_V=0.0, **{}), RULES)
    alone = measured(replace(hold(), contact_V=np.empty(0), contact_A=np.empty(0)), RULES)
    assert np.isnan(alone.contact_offset_V)
    assert alone.voltage_V == pytest.approx(result.voltage_V)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"after_G0": 0.02}, "conductance after"),
        ({"before_G0": float("nan")}, "conductance before"),
        ({"flags": ("railed",)}, "rail"),
        ({"flags": ("gap",)}, "missing"),
        ({"flags": ("aborted",)}, "aborted"),
        ({"bias_V": np.zeros(1000)}, "too few"),
    ],
)
def test_holds_are_left_out_by_their_current(changes, reason):
    assert reason in measured(hold(**changes), RULES).rejected


def test_the_thermometer_leaves_no_hold_out():
    noise_V = np.random.default_rng(1).normal(0.0, 1.0, 1000)
    kept, left_out = hold(thermocouple_V=noise_V), hold(thermocouple_V=noise_V, after_G0=0.02)
    assert measured(kept, RULES).rejected == ""
    assert measured(left_out, RULES).rejected == measured(hold(after_G0=0.02), RULES).rejected


def test_the_error_of_a_voltage_covers_its_noise():
    rng, density = np.random.default_rng(2), 9e-24
    pulls = []
    for _ in range(150):
        noise_A = rng.normal(0.0, np.sqrt(density * RATE_Hz / 2), 1000)
        clean = hold()
        result = measured(replace(clean, current_A=clean.current_A + noise_A), RULES)
        pulls.append((result.fit.open_circuit_V - 4e-4) / result.fit.sigma_open_circuit_V)
    assert 0.55 < np.std(pulls) < 1.15  # the noise of a hold is never below its white level


def campaign(rng, S=12e-6, spread=6e-6, noise_V=11e-6, junctions=40, offset_V=4e-5, scale=0.0):
    """Measured holds of five differences, as in the specification's Monte-Carlo."""
    holds = []
    for k in range(junctions):
        for wanted_K in (0.0, 5.0, 10.0, 15.0, 20.0):
            theta_K = reduced_difference_K(300.0 + wanted_K, 300.0)
            volts = rng.normal(S, spread) * theta_K + offset_V + noise_V * rng.standard_normal()
            fit = OpenCircuit(G, float(volts), 0.0, 0.0, noise_V, 0.0)
            tc_V = -S_TC * wanted_K * (1 + scale) + 1e-5 + 4e-7 * rng.standard_normal()
            heater_V = (-1.0) ** k if wanted_K else 0.0
            number = len(holds)
            holds.append(
                MeasuredHold(
                    number, number * 1000, wanted_K, "", heater_V, fit, np.nan, np.nan, tc_V, 300.0, 0.0, 0.0
                )
            )
    return holds


def test_the_slope_of_a_campaign_is_the_thermopower_and_its_error_covers():
    rng, pulls = np.random.default_rng(7), []
    for _ in range(25):
        holds = campaign(rng, scale=0.0123 * rng.standard_normal())
        result = summarise(placed(holds, S_TC), 0.0123, rng)
        pulls.append((result.line.slope - 12e-6) / result.sigma_V_per_K)
        assert result.through_origin_V_per_K > 1.1 * result.line.slope, "an offset makes it too steep"
    assert np.sum(np.abs(pulls) < 2.0) >= 19  # 25 at 95 %: fewer by chance with p = 3e-4
    assert 0.55 < np.sqrt(np.mean(np.square(pulls))) < 1.6
    assert result.spread_V_per_K == pytest.approx(6e-6, rel=0.35)
    assert not result.warnings
    content = thermopower_json(result)
    assert content["sets"][0]["junctions"] == 40
    assert content["S_junction_V_per_K"] == pytest.approx(content["S_V_per_K"] + 1.9e-6)


def test_few_junctions_at_two_differences_give_lines_of_a_sensible_error():
    """Junctions drawn anew must not all be of one difference: their slope would be that of the thermometer's noise."""
    rng, errors = np.random.default_rng(8), []
    for _ in range(10):
        holds = [one for one in campaign(rng, junctions=3) if one.difference_K in (0.0, 20.0)]
        result = summarise(placed(holds, S_TC), 0.0, rng)
        errors.append((result.junctions_ls[1], result.theil_sen[1]))
    # of 3 junctions at 20 K and 3 at 0 K: sqrt((6^2 + 2 (11/20.7)^2)/3) = 3.5 uV/K
    least_squares, theil_sen = np.sqrt(np.mean(np.square(errors), axis=0))
    assert least_squares == pytest.approx(3.5e-6, rel=0.4)
    assert theil_sen == pytest.approx(3.5e-6, rel=0.6)


def test_without_a_hold_at_zero_there_is_no_thermometer():
    holds = [one for one in campaign(np.random.default_rng(1), junctions=3) if one.difference_K]
    with pytest.raises(ValueError, match="no hold at dT = 0"):
        placed(holds, S_TC)


def test_a_leak_of_the_heater_fails_its_controls():
    rng = np.random.default_rng(3)
    holds = campaign(rng)
    leaking = [
        replace(one, fit=replace(one.fit, open_circuit_V=one.fit.open_circuit_V + 8e-5 * one.heater_V))
        for one in holds
    ]
    good, bad = (summarise(placed(each, S_TC), 0.0123, rng) for each in (holds, leaking))
    dummy = summarise(placed(campaign(rng, S=0.0, spread=0.0), S_TC), 0.0123, rng)
    verdicts = {one.name: one.passed for one in with_controls(good, [("dummy heater", dummy)]).controls}
    assert verdicts["reversed heater"]
    assert with_controls(good, [("dummy heater", good)]).controls[-1].passed is False
    assert "leaks into the current" in " ".join(bad.warnings)


@pytest.mark.parametrize("alpha_per_V", [0.0, 0.5])
def test_half_of_the_amplitude_unmasks_a_junction_that_rectifies(alpha_per_V):
    """I = G V (1 + alpha V) at 25 and 12.5 mV rms shifts the voltage by -312 and -78 uV, the thermopower by nothing."""
    rng = np.random.default_rng(9)
    full, half = (
        summarise(placed(campaign(rng, offset_V=-alpha_per_V * rms_V**2), S_TC), 0.0123, rng)
        for rms_V in (0.025, 0.0125)
    )
    slope, intercept = with_controls(full, [("half amplitude", half)]).controls[-2:]
    assert slope.passed
    assert intercept.name == "half amplitude, intercept"
    assert intercept.value == pytest.approx(alpha_per_V * 0.75 * 0.025**2, abs=4 * intercept.sigma)
    assert intercept.passed == (abs(intercept.value) <= 2 * intercept.sigma)
    assert ("rectifies" in intercept.sentence) == (not intercept.passed)
    assert not (intercept.passed and alpha_per_V), "58 sigma"


def test_two_kinds_of_junctions_are_pointed_out():
    rng = np.random.default_rng(5)
    tails = [
        replace(one, fit=replace(one.fit, open_circuit_V=one.fit.open_circuit_V + 2e-3))
        if one.difference_K == 20.0 and one.number % 4 == 0
        else one
        for one in campaign(rng)
    ]
    assert "two kinds of junctions" in " ".join(summarise(placed(tails, S_TC), 0.0123, rng).warnings)


def flickering(rng, n, level_per_Hz):
    """Relative fluctuation with a density of level/f, of a stretch eight times as long."""
    f_Hz = np.fft.rfftfreq(8 * n, 1.0 / RATE_Hz)
    f_Hz[0] = f_Hz[1]
    size = np.sqrt(level_per_Hz / f_Hz * RATE_Hz * 2 * n)
    return np.fft.irfft(size * (rng.standard_normal(f_Hz.size) + 1j * rng.standard_normal(f_Hz.size)), 8 * n)[
        :n
    ]


@pytest.mark.parametrize(("levels", "least", "most"), [((1, 0, -1), 0.8, 1.35), ((1, 0, 1), 0.8, 1.6)])
def test_the_noise_of_a_hold_is_its_scatter_though_the_conductance_flickers(levels, least, most):
    """With the noise taken as equal at all levels the second ratio is 3.6."""
    rng, n = np.random.default_rng(5), 1000
    bias_V = 0.01 * np.array(levels)[(np.arange(n) * 3 * 12.25 / RATE_Hz).astype(int) % 3]
    volts, sigmas = [], []
    for _ in range(120):
        noise_A = 1.9e-12 * np.sqrt(RATE_Hz / 2) * rng.standard_normal(n)
        current_A = G * (1 + flickering(rng, n, 1e-4)) * (bias_V - 4e-4) + noise_A
        found = measured(replace(hold(), bias_V=bias_V, current_A=current_A), RULES).fit
        volts.append(found.open_circuit_V)
        sigmas.append(found.sigma_open_circuit_V)
    assert least < np.sqrt(np.mean(np.square(sigmas))) / np.std(volts) < most


def test_a_conductance_that_drifts_is_no_voltage():
    """A gold contact that grows by half within a period gave 208 uV instead of 40 uV without its drift in the fit."""
    n = 200
    drift = 1.0 + 0.5 * np.arange(n) / n
    bias_V = 0.005 * np.array([1.0, 0.0, -1.0])[(np.arange(n) * 3 * 12.25 / RATE_Hz).astype(int) % 3]
    noise_A = 1.9e-12 * np.sqrt(RATE_Hz / 2) * np.random.default_rng(6).standard_normal(n)
    contact_A = 1000 * G * drift * (bias_V - 4e-5) + noise_A
    found = measured(replace(hold(), contact_V=bias_V, contact_A=contact_A), RULES)
    assert found.contact_offset_V == pytest.approx(4e-5, abs=3e-6)


def two_level(rng, n):
    """Relative two-level noise as of half of the junctions: height of 3 to 20 %, corner of 1 to 100 Hz."""
    if rng.random() < 0.5:
        return np.zeros(n)
    height, corner_Hz = rng.uniform(0.03, 0.2), 10 ** rng.uniform(0.0, 2.0)
    turns = rng.random(n) < np.pi * corner_Hz / RATE_Hz
    return height * ((np.cumsum(turns) + rng.integers(2)) % 2 - 0.5)


@pytest.mark.parametrize("noise_A2_per_Hz", [1e-24, 1e-23, 1e-22])
@pytest.mark.parametrize(("levels", "efficient"), [((1, 0, -1), 1.15), ((1, 0, 1), 1.15), ((1, -1), 1.1)])
def test_holds_with_two_level_noise_scatter_as_expected_and_as_their_errors_say(
    levels, efficient, noise_A2_per_Hz
):
    """Without weights all of them scatter by 60 uV, whatever the noise of the amplifier is."""
    rng, n, amplitude_V, readback_V = np.random.default_rng(7), 1000, 0.01, 7.5e-5
    levels_V = amplitude_V * np.array(levels, dtype=float)
    bias_V = levels_V[(np.arange(n) * len(levels) * 12.25 / RATE_Hz).astype(int) % len(levels)]
    found = []
    for _ in range(150):
        current_A = G * (1 + flickering(rng, n, 1e-4) + two_level(rng, n)) * (bias_V + 3e-5)
        current_A += np.sqrt(noise_A2_per_Hz * RATE_Hz / 2) * rng.standard_normal(n)
        read_V = bias_V + readback_V * rng.standard_normal(n)
        found.append(measured(replace(hold(), bias_V=read_V, current_A=current_A), RULES).fit)
    volts = np.array([one.open_circuit_V for one in found]) + 3e-5
    pulls = volts / [one.sigma_open_circuit_V for one in found]
    both = noise_A2_per_Hz + 2.0 / RATE_Hz * (G * readback_V) ** 2
    share, density = np.full(len(levels), 1.0 / len(levels)), molecule_noise_per_Hz(12.25)
    expected_V = open_circuit_sigma_V(levels_V, share, n / RATE_Hz, G, both, density)
    assert 0.8 < np.std(volts) / expected_V < 1.1 * efficient
    assert 0.75 < np.sqrt(np.mean(pulls**2)) < 1.25
    assert abs(volts.mean()) < 3.0 * volts.std() / np.sqrt(len(volts))


def contact_of(conductances_G0, offset_V=-8e-5, amplitude_V=1.6e-3, readback_V=0.0, rng=None):
    """Bias and current of a contact with another conductance at each level, after an overload at its beginning."""
    n = 200
    level = (np.arange(n) * 3 * 12.25 / RATE_Hz).astype(int)
    bias_V = amplitude_V * np.array([1.0, 0.0, -1.0])[level % 3]
    current_A = G0_S * np.array(conductances_G0)[level] * (bias_V - offset_V)
    current_A[:4] = 4.9e-6
    noise_V = 0.0 if rng is None else readback_V * rng.standard_normal(n)
    return {"contact_V": bias_V + noise_V, "contact_A": current_A}


@pytest.mark.parametrize(
    "conductances_G0", [(10, 10, 10, 10, 10), (10, 9, 8, 8, 8), (5, 6, 6, 7, 7), (20, 20, 15, 15, 15)]
)
def test_a_contact_that_changes_shows_the_same_offset(conductances_G0):
    """A contact that lost two of ten atoms between two levels of 5 mV gave -300 uV for -80."""
    rng, offsets_V = np.random.default_rng(3), []
    for _ in range(40):
        changes = contact_of(conductances_G0, readback_V=7.5e-5, rng=rng)
        offsets_V.append(measured(replace(hold(), **changes), RULES).contact_offset_V)
    mean_V, error_V = np.mean(offsets_V), np.std(offsets_V) / np.sqrt(40)
    assert mean_V == pytest.approx(-8e-5, abs=3 * error_V + 0.15 * 8e-5 * np.ptp(conductances_G0) / 5)
    assert np.std(offsets_V) < 1.5e-5


def test_levels_below_the_noise_of_the_read_back_show_no_offset():
    rng = np.random.default_rng(4)
    changes = contact_of((10,) * 5, amplitude_V=1e-4, readback_V=7.5e-5, rng=rng)
    assert measured(replace(hold(), **changes), RULES).contact is Contact.UNCLEAR


@pytest.mark.parametrize("missing", ["contact_A", "contact_V"])
def test_a_contact_whose_samples_are_missing_shows_no_offset(missing):
    changes = contact_of((10,) * 5)
    changes[missing] = np.full(200, np.nan)
    assert measured(replace(hold(), **changes), RULES).contact is Contact.UNCLEAR


def test_a_contact_at_the_rail_shows_no_offset():
    """Its clipped current gave -42 uV for -84, in four contacts of five."""
    changes = contact_of((20, 20, 20, 20, 20), amplitude_V=5e-3)
    clipped_A = np.clip(changes["contact_A"], -5e-6, 5e-6)
    found = measured(replace(hold(), **{**changes, "contact_A": clipped_A, "contact_railed": True}), RULES)
    assert np.isnan(found.contact_offset_V)
    assert found.contact is Contact.RAILED
    assert found.rejected == "", "the junction itself is whole"


def offsets_seen(holds, every, lost=Contact.RAILED):
    """The holds with an offset of 40 uV seen in one contact of ``every``; none with 0."""
    return [
        replace(one, contact_offset_V=4e-5, sigma_contact_V=5e-6, contact=Contact.OWN)
        if every and one.number % every == 0
        else replace(one, contact=lost)
        for one in holds
    ]


@pytest.mark.parametrize("every", [1, 7])
def test_a_junction_without_a_contact_has_the_offset_of_those_nearest_in_time(every):
    """Left alone beside others, six junctions of seven would keep 40 uV, and 20 K more of them than 0 K."""
    rng = np.random.default_rng(8)
    found = summarise(placed(offsets_seen(campaign(rng), every), S_TC), 0.0123, rng)
    assert abs(found.line.intercept) < 2.5 * found.line.sigma_intercept
    assert any("nearest in time" in one for one in found.warnings) == (every > 1)
    assert {one["contact_offset_from"] for one in thermopower_json(found)["junctions"]} == (
        {"own contact"} if every == 1 else {"own contact", "contacts nearest in time"}
    )
    assert found.sets[0].contact_offset_V == pytest.approx(4e-5)


@pytest.mark.parametrize("lost", [Contact.RAILED, Contact.UNCLEAR])
def test_a_run_whose_contacts_show_nothing_says_that_its_voltages_contain_the_offset(lost):
    rng = np.random.default_rng(8)
    found = summarise(placed(offsets_seen(campaign(rng), 0, lost), S_TC), 0.0123, rng)
    assert found.line.intercept == pytest.approx(4e-5, abs=3 * found.line.sigma_intercept)
    assert any("none of 200 contacts shows" in one for one in found.warnings)


def test_the_lead_is_that_of_the_rig_file_or_else_a_gold_film():
    heater = {"lead_V_per_K": -3e-6, "lead_uncertainty_V_per_K": 1e-7}
    assert lead_of(SimpleNamespace(rig={"heater": heater})) == Lead(-3e-6, 1e-7)
    assert lead_of(SimpleNamespace(rig={"heater": None})) == GOLD_FILM
    assert lead_of(SimpleNamespace(rig=None)) == GOLD_FILM


@pytest.mark.parametrize(("lag_s", "turned"), [(0.0, 0.0), (150e-6, 0.2)])
@pytest.mark.parametrize("S", [12e-6, -40e-6])
def test_the_voltage_at_twice_the_heaters_frequency_has_no_offset(S, lag_s, turned):
    """Bias off by 1 mV, drift, mains, known filters, an unknown lag, and a conductance that breathes with the tip."""
    filters, rate_Hz, thermal_Hz = Filters(1000.0, 1, None, 3e-4), 20_000.0, 212.25
    rng, time_s = np.random.default_rng(5), np.arange(20_000) / 20_000.0
    turns = np.exp(2j * np.pi * thermal_Hz * (time_s - 1e-3))
    f_Hz = np.fft.rfftfreq(time_s.size, 1.0 / rate_Hz)

    def behind(values, tau_s, lag_s):
        response = np.exp(-2j * np.pi * f_Hz * lag_s) / (1.0 + 2j * np.pi * f_Hz * tau_s)
        return np.fft.irfft(np.fft.rfft(values) * response, values.size)

    bias_V = 0.01 * np.where((time_s * 12.25) % 1.0 < 0.5, 1.0, -1.0)
    difference_K = 15.0 + 15.0 * turns.real
    breathing = 1.0 + 0.1 * (-1j * turns).real
    current_A = behind(G * breathing * (bias_V + 1e-3 - S * difference_K), filters.current_s, lag_s)
    noise_A = 1e-12 * np.sqrt(0.5 * rate_Hz) * rng.standard_normal(time_s.size)
    current_A += 5e-11 * time_s + noise_A + 5e-11 * np.sin(2.0 * np.pi * 50.0 * time_s)
    seen_K = behind(difference_K, filters.thermometer_s, 0.0)
    samples = {"bias_V": bias_V, "current_A": current_A, "thermocouple_V": -S_TC * seen_K}
    values = {"rate_Hz": rate_Hz, "difference_K": 30.0, "thermal_Hz": thermal_Hz, "samples": (0, time_s.size)}
    held = replace(hold(), contact_V=np.empty(0), contact_A=np.empty(0), **samples, **values)

    found = measured(held, replace(RULES, filters=filters, seebeck_V_per_K=S_TC))

    sigma_V = 1e-12 / G  # in one second: sqrt(S_I / T) / G
    tolerance_V = 4 * sigma_V + 0.01 * 15.0 * abs(S)
    assert found.amplitude_K == pytest.approx(15.0, rel=2e-3)
    assert found.sigma_V == pytest.approx(sigma_V, rel=0.35)
    assert found.voltage_V == pytest.approx(15.0 * S * np.cos(turned), abs=tolerance_V)
    assert found.quadrature_V == pytest.approx(15.0 * S * np.sin(turned), abs=tolerance_V)


@pytest.mark.parametrize(("leak_V", "passed"), [(0.0, True), (2e-4, False)])
def test_a_heater_on_a_dummy_is_judged_by_the_difference_it_would_make(leak_V, passed):
    """The thermocouple shows no difference then: a slope against it would have an error that hides any leak."""
    rng = np.random.default_rng(4)
    own = ThermopowerRun("own", tuple(campaign(rng)), Thermometer(1e6, S_TC, seebeck_uncertainty_V_per_K=0.0))
    dummy = [
        replace(
            one,
            control="dummy heater",
            thermocouple_V=1e-9 * rng.standard_normal(),
            fit=replace(one.fit, open_circuit_V=one.fit.open_circuit_V + leak_V * (one.difference_K > 0.0)),
        )
        for one in campaign(rng, S=0.0, spread=0.0)
    ]
    result = combine([own, replace(own, holds=tuple(dummy))], rng)
    (verdict,) = (one for one in result.controls if one.name == "dummy heater")
    assert verdict.passed is passed, verdict.sentence


def test_holds_at_zero_that_scatter_more_than_their_errors_widen_these_before_any_slope():
    rng = np.random.default_rng(21)
    holds = [
        replace(one, fit=replace(one.fit, sigma_open_circuit_V=2e-6)) for one in campaign(rng, noise_V=2e-5)
    ]
    result = summarise(placed(holds, S_TC), 0.0, rng)
    assert result.zero.error_scale == pytest.approx(10.0, rel=0.25)
    assert result.sets[0].noise_V == pytest.approx(2e-5, rel=0.25)
    assert thermopower_json(result)["junctions"][0]["sigma_V"] == pytest.approx(2e-5, rel=0.25)
    assert "a pump" in result.warnings[0]
    lonely = summarise(placed([one for one in holds if one.difference_K == 0.0], S_TC), 0.0, rng)
    assert lonely.line is None
    assert "a pump" in lonely.warnings[0]


def test_offsets_of_other_contacts_are_no_pump():
    rng = np.random.default_rng(22)
    own = [
        replace(one, contact=Contact.OWN, contact_offset_V=0.0, sigma_contact_V=1e-7) for one in campaign(rng)
    ]
    others = [
        replace(one, contact=Contact.OTHERS, contact_offset_V=2e-4 * rng.standard_normal())
        if one.difference_K == 0.0 and one.number % 2
        else one
        for one in own
    ]
    result = summarise(placed(others, S_TC), 0.0, rng)
    assert result.zero.holds == 20
    assert not any("a pump" in warning for warning in result.warnings)


def test_a_base_that_is_still_warm_at_zero_is_no_pump():
    rng = np.random.default_rng(23)
    holds = []
    for one in campaign(rng, spread=3e-5, junctions=60):
        rise_K = float(rng.uniform(0.0, 2.0)) if one.difference_K == 0.0 else 0.0
        warm_V = one.fit.open_circuit_V + rng.normal(12e-6, 3e-5) * rise_K
        holds.append(replace(one, base_rise_K=rise_K, fit=replace(one.fit, open_circuit_V=warm_V)))
    result = summarise(placed(holds, S_TC), 0.0, rng)
    assert result.sets[0].sd_V > 2.0 * 11e-6
    assert not any("a pump" in warning for warning in result.warnings)
