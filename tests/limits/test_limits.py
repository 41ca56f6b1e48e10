"""A small size of the trial of the limits; `python -m tests.limits 10000` is the whole."""

import numpy as np

from tests.limits.trial import trial


def test_no_random_sequence_on_no_random_rig_crosses_a_limit_in_the_world(tmp_path):
    outcome = trial(30, np.random.default_rng(7), tmp_path)

    assert outcome.crossed == []
    assert outcome.unclear == []
    assert outcome.moved >= 10
    counts = {
        how: sum(n for name, n in outcome.actions.items() if name.endswith(how))
        for how in ("done", "refused")
    }
    assert counts["done"] > 30
    assert counts["refused"] > 30
