import numpy as np
import pytest
from scipy import signal

from simulators.signal.filters import RC, PinkNoise, RCChain

RNG_SEED = 11
FAST = RC("bandwidth", "low", 1e6)
LP = RC("filter 1", "low", 100.0)
LP_AGAIN = RC("filter 2", "low", 100.0)
HP = RC("coupling", "high", 0.03)


def silent(sections: list[RC], dt: float) -> RCChain:
    return RCChain(sections, dt)


def step(sections: list[RC], dt: float, n: int) -> np.ndarray:
    return silent(sections, dt).feed(np.ones(n))


def test_one_low_pass_follows_the_exponential_at_any_step() -> None:
    tau = 1 / (2 * np.pi * 100.0)
    for dt in (tau / 50, tau, 20 * tau):
        times = dt * np.arange(1, 31)
        np.testing.assert_allclose(step([LP], dt, 30), 1 - np.exp(-times / tau), rtol=1e-12)


def test_two_equal_low_passes_follow_the_double_pole() -> None:
    tau = 1 / (2 * np.pi * 100.0)
    dt = tau / 3
    times = dt * np.arange(1, 31)
    expected = 1 - np.exp(-times / tau) * (1 + times / tau)
    np.testing.assert_allclose(step([LP, LP_AGAIN], dt, 30), expected, rtol=1e-12)


def test_high_pass_behind_a_fast_low_pass_forgets_a_level_in_its_time_constant() -> None:
    tau = 1 / (2 * np.pi * 0.03)
    output = step([FAST, HP], 1e-3, 10_000)
    times = 1e-3 * np.arange(1, 10_001)
    np.testing.assert_allclose(output, np.exp(-times / tau), atol=1e-6)


def test_settled_chain_shows_no_transient() -> None:
    chain = silent([LP, HP], 1e-3)
    chain.settle(0.3)
    np.testing.assert_allclose(chain.feed(np.full(50, 0.3)), 0.0, atol=1e-15)


@pytest.mark.parametrize("at_s", [24e-6, 3e-4])
def test_samples_within_the_steps_are_those_of_shorter_steps(at_s: float) -> None:
    """A step cut in two at the time of the sample gives the same, to the last digits, also where filters change."""
    dt, sections = 5e-4, [RC("a", "low", 1000.0), RC("b", "high", 3.0), RC("c", "low", 300.0)]
    volts = np.random.default_rng(RNG_SEED).normal(size=200)
    begun, rest = RCChain(sections, at_s), RCChain(sections, dt - at_s)
    expected = []
    for level in volts:
        expected.append(begun.feed(np.array([level]))[0])
        rest = RCChain(sections, dt - at_s, charge=begun.charge)
        rest.feed(np.array([level]))
        begun = RCChain(sections, at_s, charge=rest.charge)
    chain = RCChain(sections, dt, at_s=at_s)
    first = chain.feed(volts[:70])
    rebuilt = RCChain(sections, dt, charge=chain.charge, at_s=at_s)
    np.testing.assert_allclose(np.concatenate((first, rebuilt.feed(volts[70:]))), expected, atol=1e-12)
    assert rebuilt.charge == pytest.approx(rest.charge, abs=1e-12)


def test_charge_is_kept_by_name() -> None:
    before = silent([FAST, HP], 1e-3)
    before.feed(np.ones(1000))
    after = RCChain([LP, HP], 1e-3, charge=before.charge)
    assert after.charge["coupling"] == before.charge["coupling"] > 0.1
    assert after.charge["filter 1"] == 0.0


@pytest.mark.parametrize(
    ("sections", "bandwidth_Hz"),
    [
        ([LP], np.pi / 2 * 100.0),
        ([LP, LP_AGAIN], np.pi / 4 * 100.0),
        ([FAST], np.pi / 2 * 1e6),
        # A high pass at a tenth of the low pass takes a tenth of the power away: f1^2 / (f1 + f2).
        ([LP, RC("filter 2", "high", 10.0)], np.pi / 2 * 100.0**2 / 110.0),
    ],
)
@pytest.mark.parametrize("rate_Hz", [300.0, 2000.0, 50_000.0])
def test_white_noise_has_the_variance_of_the_filters_bandwidth_at_any_sampling_rate(
    sections: list[RC], bandwidth_Hz: float, rate_Hz: float
) -> None:
    density = 2.5e-3
    chain = RCChain(sections, 1 / rate_Hz, density)
    noise = chain.feed(np.zeros(400_000), np.random.default_rng(RNG_SEED))
    # Correlated over 1/(pi f) seconds, 400 000 samples hold at least 2500 independent ones.
    independent = min(400_000, 400_000 / rate_Hz * 2 * np.pi * 100.0 / 4)
    assert np.var(noise) == pytest.approx(density * bandwidth_Hz, rel=5 * np.sqrt(2 / independent))


def test_neighbouring_noise_samples_are_correlated_by_the_pole() -> None:
    noise = RCChain([LP], 1e-3, 1.0).feed(np.zeros(400_000), np.random.default_rng(RNG_SEED))
    assert np.corrcoef(noise[1:], noise[:-1])[0, 1] == pytest.approx(np.exp(-2 * np.pi * 0.1), abs=5e-3)


def test_white_noise_without_a_low_pass_is_refused() -> None:
    with pytest.raises(ValueError, match="low pass"):
        RCChain([HP], 1e-3, 1.0)


def test_cutting_the_samples_changes_nothing() -> None:
    volts = np.random.default_rng(1).standard_normal(1000)
    whole = RCChain([FAST, HP, LP], 1e-3, 1e-3).feed(volts, np.random.default_rng(RNG_SEED))
    chain, rng = RCChain([FAST, HP, LP], 1e-3, 1e-3), np.random.default_rng(RNG_SEED)
    parts = [chain.feed(part, rng) for part in np.split(volts, [1, 2, 7, 300, 999])]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_pink_noise_falls_as_one_over_f() -> None:
    """Against its own periodogram, averaged over 200 segments."""
    rate_Hz = 2000.0
    noise = PinkNoise(4e-3, 1 / rate_Hz, np.random.default_rng(RNG_SEED)).draw(200 * 8192)
    frequencies, density = signal.welch(noise, rate_Hz, nperseg=8192)
    for f in (1.0, 3.0, 10.0, 30.0, 100.0):
        band = (frequencies > 0.8 * f) & (frequencies < 1.25 * f)
        assert np.mean(density[band] * frequencies[band]) == pytest.approx(4e-3, rel=0.12)


def test_pink_noise_is_the_same_however_it_is_drawn() -> None:
    whole = PinkNoise(1.0, 1e-3, np.random.default_rng(3)).draw(500)
    parts = PinkNoise(1.0, 1e-3, np.random.default_rng(3))
    np.testing.assert_array_equal(np.concatenate([parts.draw(n) for n in (1, 99, 400)]), whole)
