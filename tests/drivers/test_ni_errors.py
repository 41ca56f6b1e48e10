"""Codes of NI-DAQmx become the rig's errors, each with what to do."""

import numpy as np
import pytest
from nidaqmx.error_codes import DAQmxErrors
from nidaqmx.errors import DaqError

from drivers.daqmx.inputs import _OVERRUN
from drivers.errors import InstrumentFault, InstrumentLost, NotFound, NotNow
from drivers.ni6281 import NI6281
from drivers.ni_errors import rig_error
from drivers.pxi import PXIController
from tests.support.instruments.loopback import BIAS, INPUTS, RATE_HZ, Z, served
from tests.support.patience import ANSWER_S


@pytest.mark.parametrize(
    ("codes", "kind", "advice"),
    [
        ((-50405, -50808, -50802, -201190, -201003), InstrumentLost, "its cable"),
        (
            (-50103, -200022, -89137, -200369, -89126, -200587),
            NotNow,
            "another program uses the card; end it there",
        ),
        ((-200220, -200170), NotFound, r"Compare daq\.device and the channels in the rig file with NI MAX"),
        (
            (-200194, -200621),
            InstrumentFault,
            "NI's text",
        ),  # the card is there: it may be reset, and made safe
    ],
)
def test_a_code_is_lost_taken_absent_or_a_fault(codes, kind, advice):
    for code in codes:
        error = rig_error("read the inputs", DaqError("NI's text.", code))
        assert type(error) is kind
        with pytest.raises(kind, match=advice):
            raise error


def test_every_overflow_of_a_memory_is_a_loss_of_samples():
    named = {
        one for one in DAQmxErrors if "INPUT_FIFO_OVERFLOW" in one.name and "CALIBRATION" not in one.name
    }

    assert named <= _OVERRUN


def test_a_card_that_only_ni_max_simulates_is_refused_before_anything_is_sampled():
    with (
        served(is_simulated=True) as server,
        PXIController(f"grpc://127.0.0.1:{server.port}", ANSWER_S) as there,
    ):
        with (
            NI6281(there, "Dev1", INPUTS, (BIAS, Z), RATE_HZ) as card,
            pytest.raises(NotFound, match="real card"),
        ):
            card.start_acquisition()

        assert np.isnan(card.held["bias"])
