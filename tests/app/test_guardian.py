"""The guardian is the last that can make a rig safe: it does not take no for an answer at once."""

from itertools import pairwise

import pytest

from app import guardian
from app.rig import load_rig
from app.station import daq_inputs, daq_outputs
from drivers.errors import NotFound
from drivers.ni6281 import NI6281
from drivers.pxi import PXIController
from tests.drivers.cable import Cable
from tests.rigs import ANSWER_S, served_rig


def impatient(rig_file):
    """The rig, to be made safe in little time."""
    rig = load_rig(rig_file)
    return rig.model_copy(update={"safe": rig.safe.model_copy(update={"within_s": 0.2})})


def test_a_rig_that_did_not_answer_at_first_is_made_safe_with_more_patience(tmp_path, monkeypatch):
    with served_rig(tmp_path) as served, Cable(None) as nowhere:
        rig = impatient(served.file)
        with PXIController(rig.daq.controller, ANSWER_S) as controller:
            card = NI6281(controller, rig.daq.device, daq_inputs(rig), daq_outputs(rig), rig.daq.rate_Hz)
            card.write(bias=0.1, z=8.0)
            card.close()
        away = rig.daq.model_copy(update={"controller": f"grpc://127.0.0.1:{nowhere.port}"})
        once, tried_s = guardian.make_safe, []

        def make_safe(rig, within_s):
            tried_s.append(within_s)
            return once(rig.model_copy(update={"daq": away}) if len(tried_s) == 1 else rig, within_s)

        monkeypatch.setattr(guardian, "make_safe", make_safe)
        assert "bias 0 V" in guardian.insist(rig)
        assert len(tried_s) >= 2
        assert all(later == 2 * before for before, later in pairwise(tried_s))
        assert dict(served.simulated.bench.outputs) == {"bias": 0.0, "z": 0.0}


def test_it_gives_up_in_the_end_and_says_why(tmp_path):
    with served_rig(tmp_path) as served, Cable(None) as nowhere:
        rig = impatient(served.file)
        away = rig.daq.model_copy(update={"controller": f"grpc://127.0.0.1:{nowhere.port}"})
        with pytest.raises(NotFound, match="Nothing answers"):
            guardian.insist(rig.model_copy(update={"daq": away}), for_s=0.3)
