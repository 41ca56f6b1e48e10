"""Measured values of a fit from the JSON of an analysis: errors that measurements share."""

import numpy as np
import pytest

from analysis.json_data import from_json
from app.models.results import Results

S, SCALE, LEAD = 20e-6, 0.0123, 0.2e-6


def section(value, statistical):
    sigma = np.sqrt(statistical**2 + (SCALE * S) ** 2 + LEAD**2)
    return {
        "S_junction_V_per_K": value,
        "sigma_S_junction_V_per_K": sigma,
        "S_V_per_K": S,
        "scale_relative": SCALE,
        "sigma_S_lead_V_per_K": LEAD,
    }


def test_two_thermopowers_of_one_thermometer_and_lead_do_not_average_out_their_errors():
    """The mean of two nights whose error is that of the scale had been more precise by a factor of 1.4."""
    rng, pulls, alone = np.random.default_rng(1), [], []
    for _ in range(400):
        common = S * SCALE * rng.standard_normal() + LEAD * rng.standard_normal()
        seen = [S + common + 1.5e-7 * rng.standard_normal() for _ in range(2)]
        content = {"thermopower": section(seen[0], 1.5e-7), "ac": {"thermopower": section(seen[1], 1.5e-7)}}
        results = from_json(content, Results)
        one, other = results.seebeck_V_per_K, results.ac_seebeck_V_per_K
        weight = np.array([one.sigma**-2, other.sigma**-2])
        mean = weight @ [one.value, other.value] / weight.sum()
        pulls.append((mean - S) * np.sqrt(weight.sum()))
        single = from_json({"thermopower": content["thermopower"]}, Results).seebeck_V_per_K
        alone.append((single.value - S) / single.sigma)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.12)
    assert np.std(alone) == pytest.approx(1.0, abs=0.12)


def test_results_of_an_older_analysis_lack_what_is_common():
    content = {"S_junction_V_per_K": S, "sigma_S_junction_V_per_K": 1e-6}
    both = from_json({"thermopower": content, "ac": {"thermopower": content}}, Results)
    assert both.seebeck_V_per_K.sigma == both.ac_seebeck_V_per_K.sigma == 1e-6
