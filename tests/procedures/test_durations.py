"""Expected duration of a run, against the duration on the simulated rig's clock."""

import math

import pytest

from app.acquisition.run_checks import duration_s
from app.gui.presets import PRESETS
from procedures.calibrate_amplifier import CalibrateAmplifier
from procedures.calibrate_noise import CalibrateNoise
from procedures.calibrate_piezo import CalibratePiezo
from procedures.procedure import RigProcedure
from procedures.registry import PROCEDURES, procedure_of
from tests.support.rig.plans import STATION
from tests.support.rig.rigs import served_rig

GOLD = PRESETS[2]


def made(name, **values):
    return procedure_of(name, {**GOLD.of(PROCEDURES[name]), **values})


def expected_s(name, **values):
    return made(name, **values).duration_s(STATION)


@pytest.mark.parametrize(
    ("procedure", "within"),
    [
        (made("break-junction", traces=12), 1.3),
        (made("break-junction", traces=4, withdraw_speed=0.1, past_break=3, approach_speed=5), 1.4),
        (made("iv", curves=5), 2.5),
        (made("control-out-of-contact", holds=1, hold_time=2, trip_reaction=0.05), 1.2),
    ],
    ids=["traces", "slow traces", "curves", "gap"],
)
def test_a_run_takes_about_as_long_as_expected(tmp_path, procedure, within):
    with served_rig(tmp_path, overrides={"sample.species": "Au"}, seed=5) as rig:
        bench = rig.bench()
        ran = bench.run(procedure, tmp_path / "run.h5")
        about_s = duration_s(procedure, bench.rig)
    assert ran.end.status == "finished", ran.end.reason
    taken_s = ran.samples / STATION.rate_Hz
    assert 1 / within < about_s / taken_s < within


def test_more_takes_longer():
    assert expected_s("break-junction", traces=1000) > 1.9 * expected_s("break-junction", traces=500)
    assert expected_s("heating", hold_time=20) > 2 * expected_s("heating", hold_time=5)
    assert expected_s("heating", holds_per_junction=5) < expected_s("heating")
    assert expected_s("iv", conductance=0.002) > 3 * expected_s("iv"), "molecules are seldom caught"


def test_calibrations_take_what_they_say():
    assert CalibrateNoise.from_values({"stretches": 3, "stretch_time": 10}).duration_s(STATION) == 32
    amplifier = CalibrateAmplifier.from_values({"cycles": 2, "levels": 11, "dwell": 0.5})
    assert amplifier.duration_s(STATION) == 22
    assert CalibratePiezo.from_values({"indent": 2}).duration_s(STATION) > CalibratePiezo().duration_s(
        STATION
    )


def test_nobody_says_of_a_procedure_that_does_not():
    assert math.isnan(RigProcedure.duration_s(CalibrateNoise(), STATION))
