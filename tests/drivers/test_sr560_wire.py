"""The SR560 driver on its wire: unmodified pyvisa, a serial line, the instrument by its manual."""

import threading

import numpy as np
import pytest

from drivers.errors import NotFound
from drivers.sr560 import SR560
from drivers.sr560_settings import FilterMode, InputCoupling, Reserve, Source, SR560Settings
from simulators.parameters import load_parameters
from simulators.sr560.instrument import SimulatedSR560
from simulators.wire.serial_line import HAS_TERMINALS, SocketLine, TerminalLine
from tests.support.patience import PATIENCE_S

LINES = [
    pytest.param(TerminalLine, marks=pytest.mark.skipif(not HAS_TERMINALS, reason="no pseudo-terminals")),
    SocketLine,
]
DT = 1 / 2000
RUN = SR560Settings(
    coupling=InputCoupling.DC, source=Source.A_B, inverted=False, reserve=Reserve.LOW_NOISE, gain=10_000,
    vernier_on=False, vernier_percent=100, filter_mode=FilterMode.LOWPASS_6, highpass_Hz=0.03, lowpass_Hz=1000.0,
    blanked=False,
)  # fmt: skip


class Preamplifier:
    """A simulated SR560 on a line, and the driver at the other end."""

    def __init__(self, stack, kind, unit=0, **options):
        self.simulated = SimulatedSR560(load_parameters(), np.random.default_rng(3), line_address=unit)
        self.received = b""
        self.news = threading.Condition()
        self.line = stack.enter_context(kind(self.receive))
        self.driver = SR560(self.line.address, **options)
        stack.callback(self.driver.close)

    def receive(self, data):
        with self.news:
            self.simulated.receive(data)
            self.received += data
            self.news.notify_all()

    def catch_up(self):
        """Wait until all that was sent has come; a harmless command marks the end."""
        self.driver.reset_overload()
        with self.news:
            assert self.news.wait_for(lambda: self.received.endswith(b"ROLD\r\n"), timeout=PATIENCE_S)
            self.received = b""

    def volts(self, volts):
        self.catch_up()
        return self.simulated.amplify(np.full(4000, volts), DT)[-2000:].mean()


@pytest.fixture(params=LINES)
def preamplifier(stack, request):
    return Preamplifier(stack, request.param)


@pytest.mark.skipif(not HAS_TERMINALS, reason="no pseudo-terminals")
def test_the_line_is_set_to_two_stop_bits(stack):
    assert Preamplifier(stack, TerminalLine).line.settings == (9600, 2)


def test_all_that_is_sent_is_understood(preamplifier):
    driver = preamplifier.driver
    driver.thermocouple = False
    driver.configure(RUN)
    for name, value in {
        "coupling": "ground", "source": "B", "inverted": True, "reserve": "calibration", "gain": 1, "vernier_on": True,
        "vernier_percent": 0, "filter_mode": "bandpass", "highpass_Hz": 1000, "lowpass_Hz": 1e6, "blanked": True,
    }.items():  # fmt: skip
        setattr(driver, name, value)
    driver.reset_overload()
    driver.reset()
    driver.resend()
    preamplifier.catch_up()

    assert preamplifier.simulated.ignored == 0
    assert preamplifier.simulated.listening


def test_the_gain_that_was_commanded_is_the_gain(preamplifier):
    driver = preamplifier.driver
    driver.configure(RUN)
    assert preamplifier.volts(1e-4) - preamplifier.volts(0.0) == pytest.approx(1.0, rel=0.02)

    driver.gain = 1000
    assert preamplifier.volts(1e-4) - preamplifier.volts(0.0) == pytest.approx(0.1, rel=0.02)

    driver.coupling = InputCoupling.GROUND
    assert preamplifier.volts(1e-4) - preamplifier.volts(0.0) == pytest.approx(0.0, abs=1e-3)


def test_resend_repairs_what_a_hand_at_the_panel_did(preamplifier):
    preamplifier.driver.configure(RUN)
    preamplifier.catch_up()
    preamplifier.simulated.receive(b"GAIN 0\r\nUNLS\r\n")

    preamplifier.driver.resend()

    assert preamplifier.volts(1e-4) - preamplifier.volts(0.0) == pytest.approx(1.0, rel=0.02)


@pytest.mark.parametrize("kind", LINES)
def test_only_the_addressed_unit_listens(stack, kind):
    right = Preamplifier(stack, kind, unit=2, line_address=2)
    wrong = Preamplifier(stack, kind, unit=1, line_address=2)
    for preamplifier in (right, wrong):
        preamplifier.driver.gain = 10
        preamplifier.catch_up()

    assert right.simulated.listening
    assert not wrong.simulated.listening


def test_a_port_where_nobody_is_is_not_found(stack):
    line = SocketLine(lambda data: None)
    line.start()
    address = line.address
    line.stop()

    with pytest.raises(NotFound):
        SR560(address)
