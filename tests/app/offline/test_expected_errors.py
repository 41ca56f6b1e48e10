"""Errors that procedures expected before their runs, rebuilt from headers, beside those that were reached."""

import json
import math
from dataclasses import replace

import pytest

from analysis.recording import RecordedChannel, RunHeader
from app.acquisition.run_checks import expectation
from app.config.calibrated_rig import load_calibrated_rig
from app.config.sample_rate import at_rate_of
from app.offline.expected_errors import ErrorComparison, ReachedError, compared_errors, expected_of
from app.offline.recordings import Part, RecordingKind
from procedures.registry import PROCEDURES
from tests.support.rig.rigs import served_rig

NAMES = {
    "thermopower": RecordingKind.THERMOPOWER,
    "thermal-conductance": RecordingKind.THERMAL_CONDUCTANCE,
    "thermal-opening": RecordingKind.THERMAL_OPENING,
    "ac-break-junction": RecordingKind.AC,
    "peltier": RecordingKind.PELTIER,
    "noise-thermometer": RecordingKind.NOISE,
}


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rig")
    with served_rig(folder, overrides={"sample.species": "BDA", "heater.where": "tip"}) as served:
        text = served.file.read_text("utf-8").replace("rise_time_s = 3e-4", "rise_time_s = 1e-5")
        served.file.write_text(text, "utf-8")
        yield load_calibrated_rig(served.file)


def part_of(procedure, rig, changed=None):
    """Return the recording of a run as a bench writes its header, as far as it matters, through JSON."""
    content = json.loads(
        json.dumps(
            {"parameters": procedure.values(), "rig": at_rate_of(rig, procedure).model_dump()}, default=str
        )
    )
    header = replace(
        RunHeader(
            procedure=procedure.name, channels=(RecordedChannel("current", "V", ""),), rate_Hz=1e4, **content
        ),
        **(changed or {}),
    )
    return Part("night.h5", header, "finished", 0, 0, NAMES[procedure.name], 0)


def procedure_of(name, **values):
    made = PROCEDURES[name]
    return made.from_values({**made.typical, **values})


@pytest.mark.parametrize("name", NAMES)
def test_the_header_gives_what_the_procedure_said_before_the_run(name, rig):
    procedure = procedure_of(name)
    stated = expectation(procedure, rig)
    assert stated is not None
    assert expected_of(part_of(procedure, rig).header) == stated


def test_recordings_together_are_expected_to_have_the_error_of_their_mean(rig):
    few, many = procedure_of("thermopower", holds=20), procedure_of("thermopower", holds=60)
    both = [part_of(one, rig) for one in (few, many)]
    reached = ReachedError(RecordingKind.THERMOPOWER, 1e-6, 200)
    (found,) = compared_errors({RecordingKind.THERMOPOWER: both}, [reached])
    sigmas = [expectation(one, rig).sigma for one in (few, many)]
    assert found.expected == pytest.approx(1.0 / math.hypot(1.0 / sigmas[0], 1.0 / sigmas[1]))
    assert found.planned == few.total_cycles + many.total_cycles
    assert found.ratio == pytest.approx(1e-6 / found.expected)


def test_a_noise_temperature_is_expected_at_each_difference_of_its_own_recordings(rig):
    parts = [
        part_of(procedure_of("noise-thermometer", dT=dT, holds=n), rig) for dT, n in (("0", 20), ("0 30", 60))
    ]
    reached = [ReachedError(RecordingKind.NOISE, 2.0, 50, K) for K in (0.0, 30.0)]
    cold, hot = compared_errors({RecordingKind.NOISE: parts}, reached)
    assert (cold.planned, hot.planned) == (80, 60)
    assert hot.expected / cold.expected == pytest.approx(math.sqrt(80 / 60))
    assert hot.quantity == "noise temperature at dT = 30 K"


@pytest.mark.parametrize(
    "changed",
    [{"rig": {}}, {"rig": {"name": "old"}}, {"procedure": "of a lab"}, {"parameters": {"holds": -3}}],
)
def test_nothing_is_expected_of_what_is_not_understood(rig, changed):
    part = part_of(procedure_of("thermopower"), rig, changed)
    reached = ReachedError(RecordingKind.THERMOPOWER, 1e-6, 40)
    assert compared_errors({RecordingKind.THERMOPOWER: [part]}, [reached]) == ()


def test_a_control_is_expected_to_find_nothing_and_counts_for_nothing(rig):
    procedure = procedure_of("thermopower")
    own = part_of(procedure, rig)
    control = replace(own, header=replace(own.header, procedure="control: half amplitude"))
    reached = ReachedError(RecordingKind.THERMOPOWER, 1e-6, 40)
    (found,) = compared_errors({RecordingKind.THERMOPOWER: [own, control]}, [reached])
    assert found.planned == procedure.total_cycles
    assert compared_errors({RecordingKind.THERMOPOWER: [control]}, [reached]) == ()


def compared(reached, used=100):
    return ErrorComparison("thermopower", "uV/K", 1e6, 1.0, reached, 100, used, "junctions", "flicker noise")


MORE = "There is more noise, or junctions differ more, than was assumed (flicker noise)."
FEWER = "11 of 100 junctions could be used, which explains a factor of 3.0."


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (compared(1.9), ""),
        (compared(0.55), ""),
        (compared(3.0), f"The error of the thermopower is 3.0 times the expected one. {MORE}"),
        (
            compared(0.3),
            f"The error of the thermopower is 0.30 times the expected one. {MORE.replace('more', 'less')}",
        ),
        (compared(3.0, 11), f"The error of the thermopower is 3.0 times the expected one. {FEWER}"),
        (compared(2.5, 3), ""),
    ],
)
def test_an_error_far_from_the_expected_one_is_told_with_its_reason(one, told):
    """Of three junctions the reached error itself is known to a factor only."""
    assert one.sentence == told
    assert one.far == bool(told)
