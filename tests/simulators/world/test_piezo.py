"""The piezo: nominal for small strokes, with loops for large ones, and creep that goes as log t."""

import numpy as np
import pytest

from simulators.world.piezo import PiezoActuator, PiezoParameters

NM = 1e-9


def piezo(**changes) -> PiezoActuator:
    plain = {
        "extension_nm_per_V": 10.0,
        "creep_per_decade": 0.0,
        "creep_times_s": [0.1, 1.0, 10.0, 100.0],
        "hysteresis_shares": [],
        "hysteresis_radii_nm": [],
    }
    return PiezoActuator(PiezoParameters(**{**plain, **changes}))


def there_and_back(low: float, high: float, n: int = 500):
    return np.concatenate((np.linspace(low, high, n), np.linspace(high, low, n)))


def test_without_faults_it_does_what_it_is_told() -> None:
    z = np.array([0.0, 3.0, 1.0, 1.0, 9.5])
    assert piezo().extension(z, 1e-3) == pytest.approx(10 * NM * z)


def test_play_adds_to_large_strokes_only() -> None:
    loose = piezo(hysteresis_shares=[0.1], hysteresis_radii_nm=[2.0])
    small = np.linspace(0.0, 0.2, 50)  # 2 nm: all within the play
    assert loose.extension(small, 1e-3) == pytest.approx(10 * NM * small)
    assert loose.extension(np.array([10.0]), 1e-3) == pytest.approx(100 * NM + 0.1 * 98 * NM)


def test_hysteresis_loop_closes_and_has_the_width_of_the_play() -> None:
    loose = piezo(hysteresis_shares=[0.1], hysteresis_radii_nm=[2.0])
    loose.extension(there_and_back(0.0, 10.0), 1e-3)
    first, second = (loose.extension(there_and_back(0.0, 10.0), 1e-3) for _ in range(2))
    assert first == pytest.approx(second)
    up, down = second[250], second[-251]
    assert down - up == pytest.approx(0.1 * 2 * 2.0 * NM)


def test_creep_grows_by_its_share_a_decade() -> None:
    creeping = piezo(creep_per_decade=0.02)
    seen = creeping.extension(np.full(20_000, 1.0), 5e-3)
    at = lambda t_s: seen[round(t_s / 5e-3) - 1]  # noqa: E731
    assert (at(30.0) - at(3.0)) / (10 * NM) == pytest.approx(0.02, rel=0.05)
    assert (at(10.0) - at(1.0)) / (10 * NM) == pytest.approx(0.02, rel=0.05)


def test_creep_goes_on_when_the_step_changes() -> None:
    fine, mixed = piezo(creep_per_decade=0.02), piezo(creep_per_decade=0.02)
    z = np.full(4000, 1.0)
    expected = fine.extension(z, 1e-3)[-1]
    mixed.extension(z[:2000], 1e-3)
    assert mixed.extension(z[:200], 1e-2)[-1] == pytest.approx(expected, rel=1e-12)


def test_extension_does_not_depend_on_how_calls_are_cut() -> None:
    rng = np.random.default_rng(4)
    z = np.concatenate((there_and_back(0.0, 5.0), rng.uniform(4.0, 5.0, 100), np.full(50, 3.0)))
    faults = {
        "creep_per_decade": 0.02, "hysteresis_shares": [0.02, 0.1], "hysteresis_radii_nm": [0.3, 5.0]
    }  # fmt: skip
    whole = piezo(**faults).extension(z, 1e-3)
    cut = piezo(**faults)
    parts = [cut.extension(part, 1e-3) for part in np.split(z, [1, 2, 7, 300, 501, 1040])]
    assert np.concatenate(parts).tobytes() == whole.tobytes()
