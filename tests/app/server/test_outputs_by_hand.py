"""Outputs beyond bias and z, set by hand between runs: with a watchdog, within limits, and shown as they are set."""

import pytest

from app.acquisition.attended import attended
from app.acquisition.open_rig import open_rig
from app.acquisition.ownership import owned
from app.config.rig import load_rig
from app.server import bias_by_hand
from app.server.instruments import Instruments
from drivers.errors import InstrumentFault, NotNow, OutOfRange
from drivers.ni6281 import NI6281
from tests.support.rig.rigs import served_rig
from tests.support.rig.watchdogs import WatchdogWithoutProcess

HEATER = 'heater = { channel = "ao2", unit = "mW", scale = 2.0, min = 0.0, max = 9.0, safe = 1.0 }'


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.setattr(bias_by_hand, "Watchdog", WatchdogWithoutProcess)
    with served_rig(tmp_path, overrides={"ni6281.outputs": 4}) as rig:
        text = rig.file.read_text("utf-8").replace("[daq.outputs]", f"[daq.outputs]\n{HEATER}\n#", 1)
        rig.file.write_text(text, "utf-8")
        instruments = Instruments(rig.file)
        yield instruments, rig.simulated.bench
        instruments.close()


def heater(instruments):
    return instruments.to_json()["daq"]["editable"]["heater"]


def test_an_output_is_set_with_the_bias_and_stays_until_it_is_safe_or_a_run_begins(made):
    instruments, bench = made
    held_V, hold = [], bench.hold
    bench.hold = lambda signal, volts: (held_V.append((signal, volts)), hold(signal, volts))[1]

    def at_the_card():
        return next(volts for signal, volts in reversed(held_V) if signal not in ("bias", "z"))

    assert heater(instruments) == {
        "range": [0.0, 9.0], "reason": "", "unit": "mW", "safe": 1.0, "set": 1.0,
    }  # fmt: skip

    instruments.set("daq", "heater", 4.0)
    assert heater(instruments)["set"] == 4.0
    assert at_the_card() == pytest.approx(2.0, abs=1e-3), "4 mW at 2 mW/V"
    instruments.set("daq", "bias_V", 0.05)
    assert (heater(instruments)["set"], bench.outputs["bias"]) == (4.0, pytest.approx(0.05, abs=1e-3))
    instruments.set("daq", "bias_V", 0.0)
    assert (heater(instruments)["set"], bench.outputs["bias"]) == (4.0, 0.0)

    with pytest.raises(OutOfRange, match="output 'heater'"):
        instruments.set("daq", "heater", 10.0)
    assert heater(instruments)["set"] == 1.0, "a refused value makes all safe"

    instruments.set("daq", "heater", 3.0)
    instruments.give_up()
    assert heater(instruments)["set"] == 1.0
    assert at_the_card() == pytest.approx(0.5, abs=1e-3)


class Tripped(WatchdogWithoutProcess):
    """A watchdog that has made the rig safe while the bench was stopped, and holds the outputs."""

    why = "no samples came for 3.00 s"

    def made_safe(self, within_s: float) -> bool:
        return True


def held_outputs(monkeypatch):
    """Let the card refuse whatever this program writes."""

    def refuse(*args, **kwargs):
        raise NotNow("another program uses the card")

    monkeypatch.setattr(NI6281, "to_safe", refuse)
    monkeypatch.setattr(NI6281, "write", refuse)


def test_a_bench_that_wakes_up_says_that_the_watchdog_made_its_rig_safe(made, monkeypatch):
    """Its own attempt is refused by the card, which is no reason to say NOT SAFE."""
    instruments, _ = made
    monkeypatch.setattr(bias_by_hand, "Watchdog", Tripped)
    instruments.set("daq", "heater", 4.0)
    with monkeypatch.context() as patch:
        held_outputs(patch)
        patch.setattr(Tripped, "tripped", True)

        said = instruments._bias.check()

    assert said == "The watchdog made the rig safe: no samples came for 3.00 s; what was set by hand is gone"
    assert heater(instruments)["set"] == 1.0


@pytest.mark.parametrize(("key", "value"), [("bias_V", 0.05), ("heater", 4.0)])
def test_an_output_that_a_tripped_watchdog_refuses_says_so_and_names_no_other_program(
    made, monkeypatch, key, value
):
    """A bench too slow for its watchdog is overruled between arming and the first volt."""
    instruments, bench = made
    monkeypatch.setattr(bias_by_hand, "Watchdog", Tripped)
    arm = bias_by_hand.BiasByHand._arm
    with monkeypatch.context() as patch:

        def armed_and_tripped(self, daq, rig):
            arm(self, daq, rig)
            held_outputs(patch)
            patch.setattr(Tripped, "tripped", True)

        patch.setattr(bias_by_hand.BiasByHand, "_arm", armed_and_tripped)
        with pytest.raises(
            InstrumentFault, match=r"^The watchdog made the rig safe: no samples came for 3.00 s"
        ):
            instruments.set("daq", key, value)
    assert bench.outputs["bias"] == 0.0
    assert heater(instruments)["set"] == 1.0


def test_a_session_that_wakes_up_leaves_a_safe_rig_to_the_watchdog(made, monkeypatch):
    instruments, _ = made
    instruments.close()
    monkeypatch.setattr("app.acquisition.attended.Watchdog", Tripped)
    rig_file = instruments._rig_file
    with monkeypatch.context() as patch, attended(rig_file, load_rig(rig_file)):
        held_outputs(patch)
        patch.setattr(Tripped, "tripped", True)


def test_a_session_that_writes_after_a_trip_names_the_watchdog(made, monkeypatch):
    instruments, _ = made
    instruments.close()
    monkeypatch.setattr("app.acquisition.attended.Watchdog", Tripped)
    rig_file = instruments._rig_file
    with (
        monkeypatch.context() as patch,
        pytest.raises(
            InstrumentFault, match=r"^The watchdog made the rig safe: no samples came for 3\.00 s$"
        ),
        attended(rig_file, load_rig(rig_file)) as (opened, _),
    ):
        held_outputs(patch)
        patch.setattr(Tripped, "tripped", True)
        opened.context.daq.write(bias=0.1)


def test_a_look_at_the_card_that_a_killed_server_has_left_does_not_keep_the_next_program_out(made):
    """An idle server samples for a moment each second; the card's server goes on with that when it dies."""
    instruments, _ = made
    rig_file = instruments._rig_file
    rig = load_rig(rig_file)
    killed = instruments._driver("daq")
    killed.start_acquisition()
    with owned(rig_file, rig) as ownership:
        ownership.renew()
        with open_rig(rig) as opened:
            opened.context.daq.start_acquisition()
            assert opened.context.daq.read(10).first == 0
