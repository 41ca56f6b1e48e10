import json
from math import isnan

import numpy as np
import pytest

from analysis.json_data import from_json, to_json
from analysis.statistics.estimate import Estimate, from_resamples, mean_estimate, share_estimate, unknown
from analysis.statistics.survival import medians, quantiles, survival


@pytest.mark.parametrize(
    ("k", "low", "high"),
    [(164, 0.760885, 0.867054), (71, 0.291986, 0.423479), (18, 0.057687, 0.137766), (12, 0.034652, 0.101932)],
)
def test_shares_have_wilsons_interval(k, low, high):
    share = share_estimate(k, 200)

    assert share.interval == pytest.approx((low, high), abs=1e-6)
    assert share.value == k / 200 and share.n_eff == 200


def test_memory_widens_the_interval_of_a_share_by_its_root():
    independent, remembering = share_estimate(500, 1000), share_estimate(500, 1000, tau=4.0)

    def width(share):
        return share.interval[1] - share.interval[0]

    assert width(remembering) == pytest.approx(2.0 * width(independent), rel=0.01)
    assert remembering.se == pytest.approx(2.0 * independent.se, rel=0.01)
    assert share_estimate(0, 10, tau=5.0).interval[0] >= 0.0


def test_no_record_gives_no_share():
    assert not share_estimate(0, 0).is_known
    assert share_estimate(0, 0).doubts == ("there are no records",)


def test_the_error_of_a_mean_is_not_the_spread():
    values = np.array([1.0, 2.0, 3.0, 4.0, np.nan])

    mean = mean_estimate(values)

    assert mean.n == 4 and mean.value == 2.5
    assert mean.se == pytest.approx(np.std([1, 2, 3, 4], ddof=1) / 2.0)
    assert mean.interval[1] - mean.value == pytest.approx(3.182446 * mean.se, rel=1e-6)  # t with 3 degrees


def test_one_value_has_no_error():
    assert mean_estimate(np.array([1.0])).doubts == ("fewer than two values",)
    assert from_resamples(1.0, np.array([np.nan, np.nan]), 5, 5, "bootstrap").doubts


def test_lost_resamples_are_a_doubt():
    estimate = from_resamples(1.0, np.array([1.0, 1.1] * 4 + [np.nan] * 2), 5, 5, "bootstrap")

    assert estimate.doubts == ("could not be determined in 20 % of the resamples",)


def test_an_estimate_goes_through_json():
    estimate = share_estimate(71, 200, 2.0, ["a doubt"])

    back = from_json(json.loads(json.dumps(to_json(estimate))), Estimate)

    assert back == estimate
    assert isnan(from_json(to_json(unknown(3, "no trace")), Estimate).value)


def test_a_number_is_rounded_to_its_error():
    estimate = Estimate(1.575e-11, 2.2e-12, (1.1e-11, 2.0e-11), 200, 200, "bootstrap")

    assert estimate.text(1e-9) == "0.0158 ± 0.0022"
    assert estimate.interval_text(1e-9) == "0.0110 to 0.0200"


def test_quantiles_with_censored_lengths_are_those_of_kaplan_and_meier():
    # Kaplan and Meier's own example (1958, section 2): deaths at 0.8, 3.1, 5.4, 9.2, losses at 1.0, 2.7, 7.0, 12.1
    lengths = np.array([0.8, 1.0, 2.7, 3.1, 5.4, 7.0, 9.2, 12.1])
    censored = np.array([0, 1, 1, 0, 0, 1, 0, 1], dtype=bool)

    times, surviving = survival(lengths, censored)

    assert times == pytest.approx([0.8, 3.1, 5.4, 9.2])
    assert surviving == pytest.approx(
        [7 / 8, 7 / 8 * 4 / 5, 7 / 8 * 4 / 5 * 3 / 4, 7 / 8 * 4 / 5 * 3 / 4 / 2]
    )
    assert quantiles(lengths, censored, (0.25, 0.5)) == pytest.approx((3.1, 9.2))


def test_without_censored_lengths_quantiles_are_the_usual_ones():
    lengths = np.array([3.0, 1.0, np.nan, 2.0, 10.0])

    assert quantiles(lengths, np.zeros(5, dtype=bool)) == pytest.approx(
        tuple(np.quantile([1, 2, 3, 10], (0.25, 0.5, 0.75)))
    )
    assert all(map(isnan, quantiles(np.array([np.nan]), np.zeros(1, dtype=bool))))


def test_medians_of_rows_leave_out_what_is_missing():
    rows = np.array([[1.0, np.nan, 3.0], [2.0, 5.0, 9.0], [np.nan] * 3])

    assert medians(rows) == pytest.approx([2.0, 5.0, np.nan], nan_ok=True)


def test_lengths_left_out_would_be_too_short():
    rng = np.random.default_rng(7)
    true, limit = rng.exponential(1.0, 4000), rng.exponential(1.5, 4000)
    lengths, censored = np.minimum(true, limit), true > limit

    (median,) = quantiles(lengths, censored, (0.5,))

    assert median == pytest.approx(np.log(2.0), rel=0.06)
    assert np.median(lengths[~censored]) < 0.75 * np.log(2.0)
