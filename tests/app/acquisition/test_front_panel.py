"""A hand at the front panel of the current amplifier in the middle of a run."""

from dataclasses import fields, replace
from types import SimpleNamespace

import pytest

from analysis.recording import Recording
from analysis.records import EventKind
from app.acquisition.bench import Observer
from app.acquisition.open_rig import _compared, _verify, open_rig
from app.config.rig import load_rig
from drivers.errors import InstrumentFault
from drivers.keithley428 import Keithley428
from drivers.keithley428_words import Keithley428Settings, Keithley428State
from procedures.calibrate_amplifier import CalibrateAmplifier
from procedures.runner import Runner
from tests.support.rig.rigs import quick, served_rig

pytestmark = pytest.mark.usefixtures("unanalysed")


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    with served_rig(tmp_path_factory.mktemp("rig")) as served:
        yield served


RESISTOR = {"resistance": 1e6, "amplitude": 0.1, "levels": 3, "dwell": 0.05, "cycles": 3}
"""A run without any motion that takes a second of the rig's time."""


class Hand(list):
    """Presses as soon as a run's first cycle is over, through a connection of its own; keeps the events."""

    def __init__(self, rig, words):
        self._address, self._words = load_rig(rig.file).current_amplifier.address, words

    def feed(self, block):
        """Samples don't matter here."""

    def on_event(self, event):
        self.append(event)
        if event.kind is EventKind.MARK and event.payload.get("number") == 0:
            panel = Keithley428(self._address)
            panel.write(self._words)
            panel.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("P0X", "filter is off, was set on"),
        ("Z1X", "auto filter is on, was set off"),
        ("V1X", "bias supply is 1 V, was set to 0 V"),
        ("V-2.5E-3XB1X", "bias supply is on, was set off; bias supply is -2.5 mV, was set to 0 V"),
        ("N1X", "suppress is on, was set off"),
        ("C1X", "zero check is on, was set off"),
        ("R6X", "gain is 1 MV/A, was set to 100 kV/A"),
        ("R4W1X", "enlarge is on, was set off"),
        ("T5X", "rise time is 3 ms, was set to 300 us"),
    ],
)
def test_what_is_pressed_in_mid_run_ends_it_safely_and_is_named(rig, words, said):
    procedure, hand = CalibrateAmplifier.from_values(RESISTOR), Hand(rig, words)
    with open_rig(load_rig(rig.file)) as opened:
        daq = opened.context.daq
        end = Runner(opened.context, hand, lambda: daq.to_safe({"z": 0.0})).run(procedure)

    assert (end.status, end.safe) == ("fault", True)
    assert "current amplifier was changed during the run: " in end.reason
    assert said in end.reason
    assert sum(map(procedure.counts, hand)) == 1
    assert [event.payload["message"] for event in hand if event.kind is EventKind.FAULT] == [end.reason]
    assert rig.is_safe()  # also where the hand had switched the amplifier's own bias supply on


def test_the_recording_says_what_was_set_and_what_it_was_changed_to(rig, tmp_path):
    hand = Hand(rig, "P0X")

    summary = rig.bench().run(quick(3), tmp_path / "run.h5", observer=Observer(on_event=hand.on_event))

    assert (summary.end.status, summary.cycles) == ("fault", 1)
    assert rig.is_safe()
    with Recording(tmp_path / "run.h5") as recording:
        told = recording.header.settings["current_amplifier"]
        assert (told["filter_on"], told["auto_filter"], told["bias_supply_V"]) == (True, False, 0.0)
        (fault,) = (event for event in recording.events if event.kind is EventKind.FAULT)
    assert fault.payload["message"].endswith("during the run: filter is off, was set on.")


def test_a_dimmed_display_disturbs_no_run(rig):
    with open_rig(load_rig(rig.file)) as opened:
        runner = Runner(opened.context, Hand(rig, "A1X"), lambda: opened.context.daq.to_safe({"z": 0.0}))
        assert runner.run(CalibrateAmplifier.from_values(RESISTOR)).status == "finished"


def test_a_gain_that_is_right_to_a_part_in_a_million_opens_and_stays_right(rig):
    file = load_rig(rig.file)
    amplifier = file.current_amplifier.model_copy(update={"gain_V_per_A": 100000.05})
    with open_rig(file.model_copy(update={"current_amplifier": amplifier})) as opened:
        opened.context.verify_amplifier()
    assert opened.settings["current_amplifier"]["gain_V_per_A"] == 1e5


def test_all_that_the_amplifier_says_is_compared(rig):
    """One field after the other is changed. No sample depends on the display, and on the range of what is off."""
    seen = []
    with open_rig(load_rig(rig.file), seen.append) as opened:
        opened.context.verify_amplifier()
    recorded = Keithley428Settings(
        **{name: value for name, value in opened.settings["current_amplifier"].items() if name != "via"}
    )
    (state,) = seen

    found = set()
    for one in fields(Keithley428State):
        changed = replace(state, **{one.name: another(getattr(state, one.name))})
        amplifier = SimpleNamespace(state=changed, to_safe=lambda: "its bias supply was switched off")
        try:
            _verify(amplifier, _compared(recorded), lambda state: None)
        except InstrumentFault:
            found.add(one.name)

    assert found == {one.name for one in fields(Keithley428State)} - {"word", "display", "suppress_range"}
    assert set(vars(recorded)) - set(vars(state)) == {"suppress_A", "firmware"}
    cycled = replace(state, gain_V_per_A=1e3, rise_time_s=1e-5, filter_on=False)
    with pytest.raises(InstrumentFault, match="it was off for a moment, or was cleared"):
        _verify(SimpleNamespace(state=cycled), _compared(recorded), lambda state: None)


def another(value):
    match value:
        case bool():
            return not value
        case float():
            return 1.01 * value + 1e-3
        case _:
            return f"not {value}"
