"""The Keithley 428 driver on its wire: unmodified pyvisa, a gateway, the instrument by its manual."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from drivers.errors import InstrumentFault, InstrumentLost, NotFound, NotNow
from drivers.keithley428 import Keithley428
from drivers.keithley428_words import (
    Display,
    ErrorFlag,
    GAINS_V_per_A,
    Handshake,
    Keithley428Settings,
    RISE_TIMES_s,
    StatusByte,
    Terminator,
)
from simulators.keithley428.instrument import SimulatedKeithley428
from simulators.parameters import load_parameters
from simulators.wire.vxi11 import Vxi11Gateway
from tests.support.instruments.vxi11_client import locked_by_another
from tests.support.patience import wait_until

QUIET = {
    "resistor_temperature_K": 0.0,
    "input_noise_V_per_rtHz": 0.0,
    "gain_error": 0.0,
    "output_offset_V": 0.0,
}
DT = 1 / 2000


class Amplifier:
    """A simulated 428 behind a gateway, and the driver at the other end."""

    def __init__(self, stack, **parameters):
        everything = load_parameters(None, {"keithley428": QUIET | parameters})
        self.simulated = SimulatedKeithley428(everything, np.random.default_rng(7))
        self.instruments = {22: self.simulated}
        self.gateway = stack.enter_context(Vxi11Gateway(self.instruments))
        self.driver = self.connect(stack)

    def connect(self, stack, **options):
        driver = Keithley428(self.gateway.address(22), pause=lambda seconds: None, timeout_s=0.3, **options)
        stack.callback(driver.close)
        return driver

    def answers(self):
        with suppress(InstrumentLost):
            return self.driver.gain_V_per_A > 0
        return False

    def volts(self, current_A, seconds=0.2):
        return self.simulated.amplify(np.full(round(seconds / DT), current_A), DT)[-1]


@pytest.fixture
def amplifier(stack):
    return Amplifier(stack)


def test_connecting_leaves_the_amplifier_as_it_is(stack):
    amplifier = Amplifier(stack)
    amplifier.driver.configure(
        Keithley428Settings(gain_V_per_A=1e7, zero_check=False, bias_supply_V=0.1, bias_supply_on=True)
    )
    before = amplifier.driver.settings

    again = amplifier.connect(stack)

    assert again.settings == before
    assert amplifier.simulated.bias_V == pytest.approx(0.1)
    assert again.id == "Keithley 428, firmware B02"


@pytest.mark.parametrize("gain", GAINS_V_per_A)
def test_every_gain_is_what_the_input_is_amplified_with(amplifier, gain):
    driver = amplifier.driver
    driver.zero_check = False
    driver.gain_V_per_A = gain

    assert driver.gain_V_per_A == gain
    assert driver.zero_check is False
    assert driver.enlarge is (gain == 1e11)
    input_A = amplifier.simulated.parameters.input_current_A
    assert amplifier.volts(1.0 / gain) == pytest.approx(1.0 + gain * input_A, abs=1e-3)


def test_zero_check_hides_the_transient_of_a_gain_change(amplifier):
    driver = amplifier.driver
    driver.zero_check = False
    driver.gain_V_per_A = 1e6
    amplifier.volts(1e-6)

    driver.gain_V_per_A = 1e5
    by_driver = np.abs(amplifier.simulated.amplify(np.full(20, 1e-6), DT)).max()
    driver.write("R6X")
    by_a_bare_command = np.abs(amplifier.simulated.amplify(np.full(20, 1e-6), DT)).max()

    assert by_driver == pytest.approx(0.1, rel=0.01)
    assert by_a_bare_command > 5.0


def test_every_rise_time_every_switch_and_the_display(amplifier):
    driver = amplifier.driver
    for seconds in RISE_TIMES_s:
        driver.rise_time_s = seconds
        assert driver.rise_time_s == seconds
    for name in ("filter_on", "auto_filter", "zero_check", "suppress_on", "bias_supply_on"):
        for on in (True, False):
            setattr(driver, name, on)
            assert getattr(driver, name) is on
    for display in Display:
        driver.display = display
        assert driver.display is display
    driver.show_text("HEAT")
    driver.show_text("")
    driver.hit_button(6)
    driver.srq_mask = StatusByte.ERROR
    assert driver.errors == ErrorFlag(0)


def test_auto_filter_changes_the_rise_time_with_the_gain(amplifier):
    driver = amplifier.driver
    driver.configure(Keithley428Settings(gain_V_per_A=1e4, auto_filter=True, filter_on=True))
    fast = driver.rise_time_s
    driver.gain_V_per_A = 1e10

    assert driver.rise_time_s > fast


@pytest.mark.parametrize("volts", [5.0, -5.0, 0.0, -0.1, 0.1025, -0.0025, 4.9975])
def test_the_bias_that_was_asked_is_at_the_input(amplifier, volts):
    driver = amplifier.driver
    driver.bias_supply_V = volts
    driver.bias_supply_on = True

    assert driver.bias_supply_V == pytest.approx(volts, abs=1e-9)
    assert amplifier.simulated.bias_V == pytest.approx(volts, abs=1e-9)


@pytest.mark.parametrize("amps", [0.0, 5e-9, -5e-9, 1.5e-7, 5e-3, -5e-3])
def test_suppression_is_set_and_read(amplifier, amps):
    amplifier.driver.suppress_A = amps

    assert amplifier.driver.suppress_A == pytest.approx(amps, rel=1e-3)


def test_a_suppression_that_does_not_fit_its_range_is_the_instruments_own_refusal(amplifier):
    driver = amplifier.driver
    driver.suppress_autorange = False
    driver.set_suppress(4e-6, 4)

    driver.write("S,1X")

    with pytest.raises(InstrumentFault, match="suppress conflict"):
        driver.filter_on = True


def test_auto_suppress_takes_the_input_current_away(amplifier):
    driver = amplifier.driver
    driver.configure(Keithley428Settings(gain_V_per_A=1e7, zero_check=False))
    amplifier.volts(2e-7)

    found = driver.auto_suppress()

    assert found == pytest.approx(2e-7, rel=2e-3)
    assert amplifier.volts(2e-7) == pytest.approx(0.0, abs=0.01)


def test_auto_suppress_with_zero_check_on_never_reaches_the_instrument(amplifier):
    amplifier.driver.zero_check = True

    with pytest.raises(NotNow):
        amplifier.driver.auto_suppress()
    assert amplifier.driver.errors == ErrorFlag(0)


def test_what_never_gets_ready_ends(stack):
    amplifier = Amplifier(stack, polls_until_done=1000)
    driver = amplifier.connect(stack, ready_polls=20)
    driver.handshake = Handshake.NEITHER

    with pytest.raises(InstrumentFault, match="not ready 2 s after zero correct"):
        driver.zero_correct()


@pytest.mark.parametrize(("offset_V", "corrected"), [(2e-3, True), (0.5, False)])
def test_zero_correct(stack, offset_V, corrected):
    amplifier = Amplifier(stack, output_offset_V=offset_V)
    driver = amplifier.driver

    if corrected:
        driver.zero_correct()
        assert abs(amplifier.volts(0.0)) < offset_V / 10
    else:
        with pytest.raises(InstrumentFault, match="zero correct failed"):
            driver.zero_correct()
    assert driver.zero_check is True


def test_an_overload_is_seen_and_passes(amplifier):
    driver = amplifier.driver
    driver.configure(Keithley428Settings(gain_V_per_A=1e6, zero_check=False))
    amplifier.volts(1e-6)
    assert ErrorFlag.OVERLOAD not in driver.errors | driver.errors

    amplifier.volts(1e-3)
    assert driver.overloaded is True
    amplifier.volts(1e-6)
    driver.errors  # noqa: B018
    assert driver.overloaded is False


def test_a_rise_time_too_short_for_the_gain_is_a_fault(amplifier):
    driver = amplifier.driver
    driver.configure(Keithley428Settings(gain_V_per_A=1e10, rise_time_s=1e-3, filter_on=True))

    with pytest.raises(InstrumentFault, match="choose a longer one"):
        driver.rise_time_s = 1e-5


@pytest.mark.parametrize("terminator", Terminator)
@pytest.mark.parametrize("handshake", Handshake)
def test_replies_are_read_whole_with_every_terminator_with_and_without_eoi(amplifier, terminator, handshake):
    driver = amplifier.driver
    driver.handshake = handshake
    driver.terminator = terminator

    for _ in range(3):
        assert driver.terminator is terminator
        assert driver.gain_V_per_A == 1e3
        assert driver.suppress_A == 0.0
    assert driver.errors == ErrorFlag(0)


def test_it_connects_whatever_terminator_was_left(amplifier, stack):
    for terminator in Terminator:
        amplifier.driver.terminator = terminator
        assert amplifier.connect(stack).gain_V_per_A == 1e3


def test_settings_survive_configure_of_a_whole_snapshot(amplifier):
    driver = amplifier.driver
    first = driver.configure(
        Keithley428Settings(
            gain_V_per_A=1e8, rise_time_s=3e-3, filter_on=True, auto_filter=False, zero_check=False, suppress_on=True,
            suppress_A=-3e-8, bias_supply_on=True, bias_supply_V=-0.1, display="dim",
        )
    )  # fmt: skip
    driver.configure(
        Keithley428Settings(gain_V_per_A=1e11, rise_time_s=0.3, suppress_on=False, zero_check=True)
    )

    assert driver.configure(replace(first, suppress_A=-3e-8)) == first


def test_a_device_clear_restores_the_power_up_state_and_nothing_else_does(amplifier):
    driver = amplifier.driver
    driver.terminator = Terminator.CR
    driver.configure(Keithley428Settings(gain_V_per_A=1e8, zero_check=False))
    driver.to_safe()
    assert driver.gain_V_per_A == 1e8

    driver.device_clear()

    assert (driver.gain_V_per_A, driver.zero_check, driver.terminator) == (1e3, True, Terminator.LF)


def test_saved_settings_come_back_with_a_clear_and_the_factorys_with_defaults(amplifier):
    driver = amplifier.driver
    driver.gain_V_per_A = 1e6
    driver.save_as_power_up_settings()
    driver.gain_V_per_A = 1e9
    driver.device_clear()
    assert driver.gain_V_per_A == 1e6

    driver.restore_defaults()
    assert driver.gain_V_per_A == 1e3


def test_the_safe_state_from_any_state_and_twice(amplifier):
    driver = amplifier.driver
    driver.configure(
        Keithley428Settings(gain_V_per_A=1e6, zero_check=False, bias_supply_V=-0.4, bias_supply_on=True)
    )
    driver.write("Q7X")  # an error that nobody has read

    said = driver.to_safe()

    assert amplifier.simulated.bias_V == 0.0
    assert driver.bias_supply_V == 0.0
    assert driver.to_safe() == said
    assert (driver.gain_V_per_A, driver.zero_check) == (1e6, False)


def test_leaving_with_switches_the_bias_supply_off(amplifier, stack):
    with amplifier.connect(stack) as driver:
        driver.bias_supply_V = 0.3
        driver.bias_supply_on = True
        assert amplifier.simulated.bias_V == pytest.approx(0.3)
    assert amplifier.simulated.bias_V == 0.0


def test_an_empty_gpib_address_is_not_found(amplifier):
    with pytest.raises(NotFound, match="no instrument at this GPIB address"):
        Keithley428(amplifier.gateway.address(7))


def test_an_instrument_whose_power_goes_is_lost_and_can_be_found_again(amplifier, stack):
    amplifier.instruments.clear()

    with pytest.raises(InstrumentLost, match="no answer in time"):
        amplifier.driver.gain_V_per_A = 1e6
    with pytest.raises(InstrumentLost) as lost:
        amplifier.driver.to_safe()
    assert "switch it off by hand" in lost.value.__notes__[0]

    amplifier.instruments[22] = amplifier.simulated
    assert amplifier.connect(stack).gain_V_per_A == 1e3


def test_an_instrument_that_another_program_has_locked_is_no_broken_wire(amplifier):
    with locked_by_another(amplifier.gateway.address(22)) as locked:
        assert locked
        with pytest.raises(InstrumentLost, match="held by another program") as lost:
            amplifier.driver.gain_V_per_A  # noqa: B018

    assert "cable" not in str(lost.value)
    wait_until(amplifier.answers)  # the lock goes once the gateway has seen that the other program has gone
    assert amplifier.driver.gain_V_per_A == 1e3


def test_a_gateway_that_goes_is_a_lost_instrument_soon(amplifier):
    amplifier.gateway.stop()

    with pytest.raises(InstrumentLost, match="check its power, cable and gateway"):
        amplifier.driver.gain_V_per_A  # noqa: B018
    amplifier.driver.close()
    with pytest.raises(InstrumentLost):
        amplifier.driver.to_safe()


def test_two_thousand_rounds_give_two_thousand_right_replies(amplifier):
    driver = amplifier.driver
    kinds = [
        lambda: driver.gain_V_per_A == 1e3,
        lambda: driver.suppress_A == 0.0,
        lambda: driver.status.enlarge is False,
        lambda: StatusByte.READY in driver.status_byte,
    ]

    assert all(kinds[n % 4]() for n in range(2000))
