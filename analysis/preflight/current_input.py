"""Current input: the amplifier's own test current must move it, with sign and size, and no other input."""

from analysis.preflight.measured import Facts, Measured
from analysis.preflight.responses import Mismatch, Part
from analysis.preflight.wiring import Wiring
from analysis.second_current import LARGEST_SHARE, TOLERANCE

RAIL_SHARE = 0.995
LARGEST_REST_V = 0.05
LARGEST_ZERO_V = 0.01
ZERO_CHANGE_V = 0.005
NOISE_FACTOR = 3.0

SIZE_TOLERANCE = 0.2
"""Largest relative error of the response where no earlier proof gives its size: range and gain errors together."""

CHANGE_TOLERANCE = 0.05
"""Largest relative change of the response since an earlier proof."""

DEAD = 0.1

WITHOUT_TEST_CURRENT = (
    "If the input works and only the amplifier's test current does not, set test_current = false in "
    "[current_amplifier] of the rig file; runs then start without this proof."
)


def current_mismatches(measured: Measured, facts: Facts) -> list[Mismatch]:
    """Return what is wrong with the current input."""
    elsewhere = answers_on(measured, facts)
    if elsewhere is not None:
        return [Mismatch(Part.CURRENT, f"{_elsewhere(elsewhere, measured, facts)} The run was not started.")]
    if railed(measured, facts):
        return [Mismatch(Part.CURRENT, f"{_overloaded(measured, facts)} The run was not started.")]
    texts = [
        *_rest(measured, facts), *_leak(measured, facts), *_response(measured, facts), *_second(measured, facts)
    ]  # fmt: skip
    return [Mismatch(Part.CURRENT, f"{text} The run was not started.") for text in texts]


def answers_on(measured: Measured, facts: Facts) -> str | None:
    """Return the terminal on which the test current appears in place of the current input; None if on its own."""
    own = facts.wiring.terminals["current"]
    followers = measured.responses.followers("test current", DEAD)
    if own in followers:
        return None
    return next((terminal for terminal, slope in followers.items() if abs(abs(slope) - 1) < 0.3), None)


def swapped_with_thermometer(measured: Measured, facts: Facts) -> bool:
    """Return True if current and thermocouple inputs are exchanged."""
    return answers_on(measured, facts) == facts.wiring.terminals.get("thermocouple")


def railed(measured: Measured, facts: Facts) -> bool:
    """Return True if the current input stands at its full scale."""
    at_rest = measured.at_rest[facts.wiring.terminals["current"]]
    return abs(at_rest.mean_V) >= RAIL_SHARE * facts.current_full_scale_V


def _elsewhere(terminal: str, measured: Measured, facts: Facts) -> str:
    own = facts.wiring.terminals["current"]
    if swapped_with_thermometer(measured, facts):
        other = f", and the {facts.preamplifier} shows on {own}" if measured.gain_step else ""
        return (
            f"The inputs {own} and {terminal} are swapped: the test current of the {facts.current_amplifier} moves the "
            f"{facts.wiring.at(terminal)}{other}. Swap the two cables, or correct daq.inputs of the rig file."
        )
    return (
        f"The {facts.current_amplifier} answers on {facts.wiring.at(terminal)}, but the rig file says "
        f"{facts.wiring.input('current')}. Move its cable, or correct daq.inputs.current.channel of the rig file."
    )


def _overloaded(measured: Measured, facts: Facts) -> str:
    at_rest = measured.at_rest[facts.wiring.terminals["current"]]
    reported = " and reports an overload" if measured.overloaded else ""
    well = ""
    if measured.zero_V is not None and abs(measured.zero_V) < LARGEST_ZERO_V:
        well = f" Under zero check it reads {measured.zero_V * 1e3:+.2g} mV, so the amplifier itself is in order."
    return (
        f"The {facts.current_amplifier} is overloaded at 0 V bias with the tip retracted: the "
        f"{facts.wiring.input('current')} stands at {at_rest.mean_V:+.4g} V{reported}. A leak, a tip in contact or the "
        f"amplifier's own bias supply drives a current into it.{well} Move the tip back and look for the leak."
    )


def _rest(measured: Measured, facts: Facts) -> list[str]:
    at_rest, reference = measured.at_rest[facts.wiring.terminals["current"]], facts.reference
    own, texts = facts.wiring.input("current"), []
    if abs(at_rest.mean_V - facts.current_offset_V) > LARGEST_REST_V:
        texts.append(
            f"The {own} rests at {at_rest.mean_V:+.3g} V at 0 V bias with the tip retracted (limit "
            f"{LARGEST_REST_V:g} V): a leak, or the offset of the {facts.current_amplifier}. Find the leak, or measure "
            "the offset with `hotjunction calibrate amplifier`."
        )
    zero_V = measured.zero_V
    if zero_V is not None and abs(zero_V) > LARGEST_ZERO_V:
        texts.append(
            f"The {own} reads {zero_V:+.3g} V under zero check (limit {LARGEST_ZERO_V:g} V): zero correct the "
            f"{facts.current_amplifier}."
        )
    elif (
        zero_V is not None and reference.zero_V is not None and abs(zero_V - reference.zero_V) > ZERO_CHANGE_V
    ):
        texts.append(
            f"The {own} reads {zero_V:+.3g} V under zero check, {reference.zero_V:+.3g} V at the last proof: zero "
            f"correct the {facts.current_amplifier}."
        )
    noise_V = reference.current_noise_V
    if noise_V and not 1 / NOISE_FACTOR < at_rest.sd_V / noise_V < NOISE_FACTOR:
        texts.append(
            f"The noise of the {own} is {at_rest.sd_V * 1e3:.3g} mV rms, {noise_V * 1e3:.3g} mV at the last proof. "
            f"Check the filter of the {facts.current_amplifier}, its input cable and the grounding."
        )
    return texts


def _leak(measured: Measured, facts: Facts) -> list[str]:
    own, texts = facts.wiring.terminals["current"], []
    slope = measured.responses.slope("bias", own)
    if measured.responses.exceeds("bias", own) and not facts.resistor:
        ohm = float(f"{facts.current_gain_V_per_A / abs(slope):.2g}")
        texts.append(
            f"The {facts.wiring.input('current')} moves by {slope:+.3g} V per V of bias with the tip retracted: about "
            f"{ohm:,.0f} ohm lie between bias and amplifier. A tip in contact, a leak, or a resistor in place of the "
            "junction: move the tip back with the coarse positioner, and look at the cables."
        )
    slope = measured.responses.slope("z", own)
    if measured.responses.exceeds("z", own):
        texts.append(
            f"The {facts.wiring.input('current')} moves by {slope:+.3g} V per V of z with the tip retracted: the "
            "piezo's drive leaks into the current. Separate its cable from that of the probe."
        )
    return texts


def _response(measured: Measured, facts: Facts) -> list[str]:
    expected_V = measured.test_current_V
    if expected_V is None:
        return []
    slope = measured.responses.slope("test current", facts.wiring.terminals["current"])
    known = facts.reference.test_current
    if known is not None and abs(slope / known - 1) <= CHANGE_TOLERANCE:
        return []
    if known is None and abs(slope - 1) <= SIZE_TOLERANCE:
        return []
    if facts.resistor and abs(slope + 1) <= SIZE_TOLERANCE:
        return []  # its current shows the sign, and no tip moves
    own, amplifier = facts.wiring.input("current"), facts.current_amplifier
    current_A = expected_V / facts.current_gain_V_per_A
    moved = (
        f"a test current of {current_A:+.3g} A moved it by {slope * expected_V:+.3f} V, "
        f"expected {expected_V:+.3f} V"
    )
    if abs(slope) < DEAD:
        return [_dead(moved, measured, facts)]
    if abs(slope + 1) <= SIZE_TOLERANCE:
        return [
            f"The polarity of the current is reversed at the {own}: {moved}. The leads of the output cable of the "
            f"{amplifier} are reversed (exchange them), or the key inverting in [current_amplifier] of the rig file is "
            "wrong. If contacts or a resistor show that currents have the right sign, the amplifier's suppression adds "
            "to the current: set suppression_adds = true there."
        ]
    if known is not None and abs(slope - 1) <= SIZE_TOLERANCE:
        return [
            f"The response of the {own} has changed from {known:.3f} to {slope:.3f} of what gain_V_per_A implies since "
            f"the last proof. Calibrate the {amplifier} again (`hotjunction calibrate amplifier`)."
        ]
    return [
        f"The {own} shows {slope:.3g} times the response that gain_V_per_A implies: {moved}. Check gain_V_per_A of the "
        f"rig file, and range, x10 and filter at the {amplifier}. {WITHOUT_TEST_CURRENT}"
    ]


def _second(measured: Measured, facts: Facts) -> list[str]:
    """Return what is wrong with a second input of the current, if the test current moves the first."""
    if not second_proved(measured, facts):
        return []
    assert facts.second_current is not None
    name = facts.second_current.name
    first, second = (
        measured.responses.slope("test current", facts.wiring.terminals[role]) for role in ("current", name)
    )
    if abs(first) < DEAD or abs(second / first - 1) <= TOLERANCE:
        return []
    return [second_current_text(second / first, facts.wiring, name)]


def second_proved(measured: Measured, facts: Facts) -> bool:
    """Return True if the test current stays within the range of a second input of the current."""
    second, expected_V = facts.second_current, measured.test_current_V
    if second is None or expected_V is None:
        return False
    at_rest = measured.at_rest[facts.wiring.terminals["current"]]
    return abs(at_rest.mean_V) + abs(expected_V) < LARGEST_SHARE * second.full_scale_V


def second_current_text(ratio: float, wiring: Wiring, name: str) -> str:
    """Return the sentence on a second input of the current that shows ``ratio`` times what the first shows."""
    reversed_ = "The leads of one of them are reversed, or scale has the wrong sign in the rig file"
    other = "Its cable is off or connected to something else, or its scale in the rig file is wrong"
    look = reversed_ if ratio < -DEAD else other
    return (
        f"The {wiring.input(name)} shows {ratio:.3g} times the volts of the {wiring.input('current')}, although both "
        f"should show the output of the current amplifier. {look}."
    )


def _dead(moved: str, measured: Measured, facts: Facts) -> str:
    own, amplifier = facts.wiring.input("current"), facts.current_amplifier
    echo = measured.responses.echoes(facts.wiring.terminals["current"])
    repeats = (
        " It only repeats the input that is scanned before it: nothing is connected to it." if echo else ""
    )
    power = f" The {amplifier} answers queries, so it has power." if facts.answers else ""
    return (
        f"The {own} does not follow the {amplifier}: {moved}, and no other input follows.{repeats} Its cable is "
        f"off, or the amplifier's output is dead.{power} {WITHOUT_TEST_CURRENT}"
    )
