"""SR570 and DLPCA-200: what they send, and what the simulated instruments make of it."""

import numpy as np
import pytest
from pymeasure.adapters import ProtocolAdapter

from drivers.dlpca200 import DLPCA200, DLPCA200Keys, completed
from drivers.errors import OutOfRange
from drivers.sr570 import OFFSETS_A, SR570, GAINS_V_per_A, SR570Keys
from simulators.dlpca200 import SimulatedDLPCA200
from simulators.parameters import load_parameters
from simulators.sr570 import SimulatedSR570

DT = 1 / 2000
SETTLED = np.full(4000, 1e-6)


class Line:
    """A serial line to a simulated SR570, in place of an adapter's connection."""

    def __init__(self, simulated: SimulatedSR570) -> None:
        self.simulated = simulated

    def driver(self) -> SR570:
        driver = SR570(ProtocolAdapter([]))
        object.__setattr__(driver, "write", lambda command: self.simulated.receive(f"{command}\r\n".encode()))
        return driver


def quiet(section: str) -> SimulatedSR570 | SimulatedDLPCA200:
    values = {"gain_error": 0.0, "offset_V": 0.0}
    noise = {"sr570": 0.0, "dlpca200": [0.0] * 7}[section]
    parameters = load_parameters(overrides={section: {**values, "noise_A_per_rtHz": noise}})
    kind = {"sr570": SimulatedSR570, "dlpca200": SimulatedDLPCA200}[section]
    return kind(parameters, np.random.default_rng(1))


def volts(simulated, current_A=1e-6) -> float:
    return float(simulated.amplify(np.full(4000, current_A), DT, np.zeros(4000))[-1])


def test_the_sr570_sends_all_that_the_signal_passes():
    sent = [
        "BSON 0",
        "BSLV 0",
        "IOON 0",
        "SENS 21",
        "SUCM 0",
        "GNMD 2",
        "LFRQ 10",
        "FLTT 3",
        "INVT 0",
        "BLNK 0",
    ]
    driver = SR570(ProtocolAdapter([(word, None) for word in sent]))

    settings = driver.apply(SR570Keys(address="", rise_time_s=1.17e-4, gain_mode="low drift"))

    assert settings.gain_V_per_A == 1e5
    assert settings.rise_time_s == pytest.approx(1.166e-4, rel=1e-3), "ln 9 / 2 pi over 3 kHz"


@pytest.mark.parametrize("gain_V_per_A", GAINS_V_per_A)
def test_each_gain_of_the_sr570_is_the_simulated_ones(gain_V_per_A):
    simulated = quiet("sr570")
    Line(simulated).driver().gain_V_per_A = gain_V_per_A

    assert volts(simulated, 1.0 / gain_V_per_A) == pytest.approx(1.0)
    assert simulated.ignored == 0


def test_a_gain_between_the_steps_of_the_sr570_is_refused():
    with pytest.raises(OutOfRange):
        SR570(ProtocolAdapter([])).gain_V_per_A = 3e5


@pytest.mark.parametrize("current_A", [2.5e-6, -2.5e-6, OFFSETS_A[-1]])
def test_the_offset_current_of_the_sr570_is_a_test_current_of_known_size_and_sign(current_A):
    simulated = quiet("sr570")
    driver = Line(simulated).driver()

    with driver.inject(current_A) as injected_A:
        assert simulated.offset_A == pytest.approx(injected_A)
        assert 0.4 * abs(current_A) <= abs(injected_A) <= abs(current_A)
        assert np.sign(injected_A) == np.sign(current_A)
    assert simulated.offset_A == 0.0


class Levels:
    """Digital lines that end at a simulated DLPCA-200."""

    def __init__(self, simulated: SimulatedDLPCA200) -> None:
        self.simulated = simulated
        self.closed = False

    def write(self, levels: dict[str, bool]) -> None:
        self.simulated.follow(levels)

    def read(self, line: str) -> bool:
        return self.simulated.levels[line]

    def close(self) -> None:
        self.closed = True


def keys(**values) -> DLPCA200Keys:
    told = SimulatedDLPCA200.rig_keys(load_parameters())
    lines = {name: pin for name, pin in told.items() if "line" in name}
    return DLPCA200Keys(**{**completed({**lines, **values}), **lines, **values})


@pytest.mark.parametrize(
    ("gain_V_per_A", "high_speed"),
    [*((10.0**n, False) for n in range(3, 10)), *((10.0**n, True) for n in range(5, 12))],
)
def test_each_gain_of_the_dlpca200_is_the_simulated_ones(gain_V_per_A, high_speed):
    simulated = quiet("dlpca200")
    wanted = keys(gain_V_per_A=gain_V_per_A, high_speed=high_speed)
    driver = DLPCA200.at(wanted, lambda device: Levels(simulated))

    settings = driver.apply(wanted)

    assert volts(simulated, 1.0 / gain_V_per_A) == pytest.approx(1.0)
    assert (settings.gain_V_per_A, settings.high_speed) == (gain_V_per_A, high_speed)
    assert driver.overloaded is False
    volts(simulated, 20.0 / gain_V_per_A)
    assert driver.overloaded is True


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"gain_V_per_A": 1e10}, "low noise"),
        ({"gain_V_per_A": 1e3, "high_speed": True}, "high speed"),
        ({"low_noise_line": "port0/line2"}, "must differ"),
    ],
)
def test_what_the_dlpca200_does_not_have_is_refused(values, said):
    with pytest.raises(ValueError, match=said):
        keys(**values)


def test_without_an_overload_line_the_dlpca200_says_nothing_of_it():
    driver = DLPCA200.at(keys(overload_line=""), lambda device: Levels(quiet("dlpca200")))

    assert driver.overloaded is None
    assert driver.report()[0] == "its overload line is not wired"
