"""Opening traces: their histograms peak where the world was told, and the tip can go back and forth."""

from functools import cache

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import curve_fit

from tests.support.instruments.tip import QUIET, SURE, Tip

NM = 1e-9


def openings(n: int, **overrides):
    """``n`` opening traces at 0.5 pm a sample, in G0, end to end."""
    tip = Tip(seed=11, **{**SURE, **overrides})
    traces = []
    for _ in range(n):
        tip.contact()
        traces.append(tip.open(beyond_nm=0.2, block=2000))
        tip.move(-1.2, 5.0)
    return np.concatenate(traces)


@cache
def openings_of_gold():
    """Four hundred opening traces of bare gold without leads, for all who look at them."""
    return openings(400, **{"sample.species": "Au", "junction.series_resistance_ohm": 0.0})


def fitted_peak(values, low: float, high: float, bins: int = 100):
    """(centre, width) of a Gaussian on a floor."""
    counts, edges = np.histogram(values, bins, (low, high))
    centre = 0.5 * (edges[1:] + edges[:-1])
    start = [counts.max(), centre[counts.argmax()], 0.1 * (high - low), 0.0]

    def gaussian(x, height, middle, width, floor):
        return height * np.exp(-0.5 * ((x - middle) / width) ** 2) + floor

    (_, middle, width, _), _ = curve_fit(gaussian, centre, counts, start)
    return middle, abs(width)


def lives_s(tip: Tip, kind: str, numbers, bias_V: float) -> list[float]:
    """Return the lifetime of each contact or molecule at a bias, by the world's own log."""
    return [tip.world.ledger.account(kind, number, bias_V).time_s for number in numbers]


@pytest.mark.parametrize(("species", "told_G0"), [("BDNC", 0.002), ("BDA", 0.005)])
def test_molecular_peak_stands_where_told(species: str, told_G0: float) -> None:
    # A narrow spread, so that 400 openings tell a bias of 2 % from chance (their standard error is 1 %).
    seen = openings(400, **{"sample.species": species, f"molecule.{species}.spread_decades": 0.05})
    logs = np.log10(seen[seen > 0])
    middle, width = fitted_peak(logs, np.log10(told_G0) - 0.6, np.log10(told_G0) + 0.6)
    assert 10**middle == pytest.approx(told_G0, rel=0.02)
    assert 0.05 < width < 0.15


def test_default_spread_of_molecules_shows_in_the_peaks_width() -> None:
    seen = openings(400, **{"sample.species": "BDNC"})
    middle, width = fitted_peak(np.log10(seen[seen > 0]), -3.7, -1.7)
    assert width == pytest.approx(0.26, abs=0.03)  # 0.25 decades told, and what plateaus add
    assert abs(middle - np.log10(0.002)) < 3 * 0.26 / np.sqrt(400)


def test_gold_peaks_stand_where_told() -> None:
    seen = openings_of_gold()
    first, width = fitted_peak(seen, 0.6, 1.4)
    assert first == pytest.approx(1.0, rel=0.02)
    assert width == pytest.approx(0.09, abs=0.02)  # 0.08 told, and what slope and steps add
    second, _ = fitted_peak(seen, 1.45, 2.3)
    assert second == pytest.approx(1.85, abs=0.06)


def test_a_share_of_openings_shows_a_molecule_and_few_bare_ones_linger() -> None:
    tip = Tip(seed=2, sample__species="BDNC")
    for _ in range(200):
        tip.contact()
        tip.open(0.5)
        tip.move(-1.2, 5.0)
    truth = tip.world.truth
    assert truth.contacts == 200
    assert truth.bridges == pytest.approx(0.35 * 200, abs=3 * np.sqrt(200 * 0.35 * 0.65))

    bare = openings_of_gold()
    in_sight_nm = 5e-4 * np.sum((bare > 1e-4) & (bare < 0.3)) / 400
    assert in_sight_nm < 0.05


def test_tunnelling_falls_as_the_barrier_says() -> None:
    tip = Tip(dt=1e-3, **{**QUIET, "sample.species": "Au", "tunnelling.barrier_spread_eV": 0.0})
    tip.contact()
    tip.open(beyond_nm=0.0)
    seen = tip.move(-0.3, 0.5)
    decades_per_nm = np.polyfit(5e-4 * np.arange(len(seen)), np.log10(seen), 1)[0]
    assert decades_per_nm == pytest.approx(-9.44, rel=1e-3)  # 0.944 decades per 0.1 nm at 4.5 eV


def test_pushing_in_makes_a_large_contact_and_a_rebuilt_one_differs() -> None:
    tip = Tip(sample__species="Au")
    tip.contact()
    tip.move(1.0, 1.0)
    deep = tip.world.truth
    assert deep.conductance_G0 > 15.0
    assert deep.deepest_indentation_m == pytest.approx(deep.indentation_m)
    first = tip.open(1.0)
    tip.move(-1.2, 5.0)
    tip.contact()
    assert tip.world.truth.contacts == 2
    second = tip.open(1.0)
    assert np.median(first[first > 0.5]) != pytest.approx(np.median(second[second > 0.5]), rel=1e-6)


def test_pushing_a_neck_in_again_goes_back_up_its_plateaus() -> None:
    tip = Tip(sample__species="Au", gold__lifetime_s=1e9, **QUIET)
    tip.contact()
    start = tip.world.truth
    tip.move(-20.0, 0.1, lambda truth: truth.conductance_G0 < 2.3, block=1)
    tip.move((start.extension_m - tip.world.truth.extension_m) / NM + 0.5, 0.5)
    assert tip.world.truth.state == "contact"
    assert tip.world.truth.contacts == 1
    assert tip.world.truth.conductance_G0 > start.conductance_G0


def test_a_weld_does_not_break() -> None:
    tip = Tip(sample__species="Au", gold__weld_G0=2.0, surface__initial_gap_nm=50.0)
    tip.move(60.0, 5.0, lambda truth: truth.conductance_G0 > 5.0)
    tip.move(-40.0, 5.0)
    assert tip.world.truth.state == "contact"
    assert tip.world.truth.conductance_G0 == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize("bias_V", [0.1, 0.7])
def test_held_gold_contacts_live_exponentially_and_shorter_under_bias(bias_V: float) -> None:
    told = {"gold.lifetime_s": 2.0, "gold.lifetime_spread_decades": 0.0, "junction.bond_force": 0.0}
    sharp = {"gold.plateau_nm": [1.0, 0.01], "gold.level_spread_G0": [0.01], "gold.between_probability": 0.0}
    tip = Tip(seed=7, dt=1e-3, **{**told, **sharp, "sample.species": "Au"})
    mean_s = 2.0 * np.exp(-bias_V / 0.3)
    held = []
    while len(held) < 100:
        tip.bias_V = 1e-3
        tip.contact()
        tip.move(-20.0, 1.0, lambda truth: truth.conductance_G0 < 1.4, block=5)
        if tip.world.truth.state == "contact":
            tip.bias_V = bias_V
            held.append(tip.world.truth.contacts)
            while tip.world.truth.state == "contact":
                tip.hold(mean_s)
        tip.move(-1.5, 10.0)
    lives = lives_s(tip, "contact", held, bias_V)
    assert stats.kstest(lives, stats.expon(scale=mean_s).cdf).pvalue > 0.01


def test_held_molecules_live_exponentially() -> None:
    told = {"lifetime_s": 3.0, "lifetime_spread_decades": 0.0, "length_nm": 100.0, "length_spread_nm": 0.0}
    tip = Tip(seed=8, dt=5e-3, **{**SURE, "junction.bond_force": 0.0, "molecule.BDNC": told})
    mean_s = 3.0 * np.exp(-0.1 / 0.3)
    for _ in range(100):
        tip.contact()
        tip.move(-20.0, 0.5, lambda truth: truth.state != "contact", block=10)
        while tip.world.truth.state == "molecule":
            tip.hold(mean_s)
        tip.move(-1.5, 10.0)
    lives = lives_s(tip, "molecule", range(1, 101), tip.bias_V)
    assert stats.kstest(lives, stats.expon(scale=mean_s).cdf).pvalue > 0.01


def test_a_contact_that_forms_under_a_held_molecule_carries_its_current_at_once() -> None:
    tip = Tip(dt=5e-4, **{**QUIET, **SURE, "sample.species": "BDNC", "molecule.BDNC.lifetime_s": 1e9})
    tip.contact()
    tip.move(-20.0, 0.5, lambda truth: truth.state == "molecule", block=1)
    tip.bias_V = 1.27
    tip.world.form_contact(1.0)
    signals = tip.hold(0.002)
    assert signals.current_A == pytest.approx(98.4e-6, rel=1e-3)
    assert signals.thermocouple_V[0] / -16.3e-6 == pytest.approx(
        4.55, rel=1e-3
    )  # 125 uW, half of it in the tip
    assert tip.world.truth.state == "contact"
    assert tip.world.truth.contacts == 2


@pytest.mark.parametrize("held", ["molecule", "contact"])
def test_what_ruptures_leaves_a_gap(held: str) -> None:
    tip = Tip(**{**SURE, "sample.species": "BDNC" if held == "molecule" else "Au"})
    tip.contact()
    tip.move(-20.0, 0.5, lambda truth: truth.state == held and truth.conductance_G0 < 1.3, block=1)
    tip.world.rupture()
    tip.hold(0.005)
    assert tip.world.truth.gap_m > 0
    assert tip.world.truth.state in ("tunnelling", "out of contact")
    tip.world.rupture()
    assert tip.world.truth.state in ("tunnelling", "out of contact")
