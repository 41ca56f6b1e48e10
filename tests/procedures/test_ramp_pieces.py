"""Pieces of a ramp: together they are the whole ramp, and they are short where the tip is fast or near."""

import numpy as np
import pytest

from procedures.ramp_pieces import RampWay, padded

NM = 1e-9


AWAY, TOWARD = (RampWay(5.0 * NM, to_nm * NM, (to_nm - 5.0) * NM, 100) for to_nm in (0.0, 9.0))


@pytest.mark.parametrize(
    ("speed_nm_per_s", "rate_Hz", "expected_s"),
    [
        (100.0, 2000.0, 0.25),
        (20.0, 2000.0, 0.25),
        (5.0, 2000.0, 1.0),
        (1.0, 2000.0, 4.0),
        (0.1, 2000.0, 8.0),
        (0.1, 20_000.0, 1.0),  # the card's buffer is not filled for eight seconds at a high rate
        (5.0, 100_000.0, 1.0),
    ],
)
def test_a_piece_lasts_for_a_few_nanometres_within_limits(speed_nm_per_s, rate_Hz, expected_s):
    assert AWAY.piece_s(speed_nm_per_s * NM, rate_Hz) == expected_s


@pytest.mark.parametrize("speed_nm_per_s", [0.001, 0.3, 5.0, 100.0])
def test_toward_the_sample_no_piece_lasts_longer_than_a_second(speed_nm_per_s):
    assert TOWARD.piece_s(speed_nm_per_s * NM, 2000.0) <= 1.0


@pytest.mark.parametrize("speed_nm_per_s", [0.3, 5.0, 50.0, 100.0])
def test_toward_the_sample_no_piece_is_longer_than_the_blind_way(speed_nm_per_s):
    lasts_s = TOWARD.piece_s(speed_nm_per_s * NM, 2000.0, 5 * NM)
    assert speed_nm_per_s * lasts_s <= 5.0 * (1 + 1e-12)
    assert AWAY.piece_s(speed_nm_per_s * NM, 2000.0, 5 * NM) >= 0.25  # away nothing can be run into


@pytest.mark.parametrize("piece", [1, 7, 64, 1000])
def test_pieces_together_are_the_whole_ramp(piece):
    way = RampWay(from_m=1.0 * NM, to_m=4.0 * NM, distance_m=3.0 * NM, n=300)
    together = np.concatenate([way.extension_m(k, k + piece) for k in range(0, way.n, piece)])
    assert together[: way.n] == pytest.approx(np.linspace(1.0, 4.0, 301)[1:] * NM, rel=1e-12)
    assert np.all(together[way.n - 1 :] == way.to_m)  # exactly there, and it stays


def test_a_waveform_is_padded_with_its_last_value():
    assert padded(np.array([1.0, 2.0, 3.0]), 2).tolist() == [1.0, 2.0, 3.0, 3.0]
    assert padded(np.array([1.0, 2.0]), 2).tolist() == [1.0, 2.0]
