"""Verdicts on response matrices: those measured on the simulated rig with each fault, and made ones.

The numbers are a prototype's (seed 1, 10 V ranges, gain 1e5, preamplifier 5e4); its test current was a suppression,
so that its sign is that of the junction's current times -1.
"""

from dataclasses import replace

import pytest

from analysis.preflight.current_input import current_mismatches
from analysis.preflight.measured import Facts, GainStep, Measured, Reference
from analysis.preflight.outputs import own_output_remarks, rest_mismatches
from analysis.preflight.responses import Mismatch, Part, Responses
from analysis.preflight.scan import Statistics
from analysis.preflight.thermometer import THERMOMETER_NOISE
from analysis.preflight.verdict import mismatches, not_proved, numbers
from analysis.preflight.wiring import Wiring

TERMINALS = {
    "bias": "ai2",
    "z": "ai3",
    "thermocouple": "ai1",
    "current": "ai0",
    "bias output": "ao0",
    "z output": "ao1",
}
ORDER = ("ai2", "ai3", "ai1", "ai0", "ai4", "ai5", "ai6", "ai7")
FACTS = Facts(
    wiring=Wiring(TERMINALS),
    thermometer_full_scale_V=5.0,
    thermometer_gain=5e4,
    thermometer_lowpass_Hz=1000.0,
    thermocouple_ohm=5000.0,
    current_amplifier="Keithley 428",
    preamplifier="SR560",
    answers=True,
)
RIGHT = {"bias": {"ai2": 0.9995}, "z": {"ai3": 1.001, "ai1": -0.0272}, "test current": {"ai0": 1.002}}
NOISY = {"z": {"ai1": 0.0165}}
"""Error of the thermometer's response to z: what the prototype saw of the preamplifier's drift."""

FLOOR = Statistics(1e-4, 6e-5, 1.9e-6, 1e-6)
GROUNDED, COUPLED, LOWERED = (
    Statistics(0.51257, 0.008431, 2.2e-4, 1e-4),
    Statistics(0.51574, 0.023073, 2.42 * 2.2e-4, 0.015),
    Statistics(0.20785, 0.009262, 0.4 * 2.42 * 2.2e-4, 0.006),
)


def step(thermometer=(GROUNDED, COUPLED, LOWERED), on="ai1"):
    """A gain step that the terminal ``on`` shows."""
    states = [dict.fromkeys(ORDER, FLOOR) | {on: one} for one in thermometer]
    return GainStep(*states, ratio=0.4)


def measured(slopes=RIGHT, rest=None, **others):
    at_rest = dict.fromkeys(ORDER, FLOOR) | {"ai1": COUPLED} | (rest or {})
    values = {"test_current_V": 0.5, "zero_V": 3e-4, "overloaded": False, "gain_step": step(), **others}
    return Measured(Responses(ORDER, slopes, NOISY), {"bias": 0.2, "z": 0.1}, at_rest, **values)


def changed(**slopes):
    return {**RIGHT, **{name.replace("_", " "): value for name, value in slopes.items()}}


SILENT = tuple(Statistics(1e-4, sd, 1.9e-6, 1e-6) for sd in (1.4e-4, 1.42e-4, 1.41e-4))
OPEN = (GROUNDED, Statistics(0.20891, 4.113552, 0.1, 0.3), Statistics(0.1796, 2.89292, 0.08, 0.2))
SHORTED = (GROUNDED, replace(COUPLED, white_V_per_rtHz=0.99 * 2.2e-4), LOWERED)
WRONG = {
    "current reversed": (measured(changed(test_current={"ai0": -1.002})), ["polarity", "-0.501 V", "+0.500 V"]),
    "current off": (measured(changed(test_current={})), ["does not follow the Keithley 428", "has power"]),
    "current on ai6": (measured(changed(test_current={"ai6": 1.002})), ["answers on ai6", "input (ai0)"]),
    "swapped inputs": (
        measured(
            changed(test_current={"ai1": 1.002}, z={"ai3": 1.001, "ai0": -0.0273}),
            {"ai0": COUPLED, "ai1": FLOOR},
            gain_step=step(on="ai0"),
        ),
        ["ai0 and ai1 are swapped", "SR560 shows on ai0"],
    ),
    "bias loop-back off": (measured(changed(bias={})), ["bias loop-back (ai2)", "no other input follows"]),
    "z loop-back off": (measured(changed(z={"ai1": -0.0274})), ["z loop-back (ai3) does not follow"]),
    "swapped outputs": (
        measured(changed(bias={"ai3": 0.9994}, z={"ai2": 1.001, "ai1": -0.0274})),
        ["Bias shows on ai3 and z on ai2"],
    ),
    "bias loop-back on ai5": (measured(changed(bias={"ai5": 0.9994})), ["shows on ai5", "daq.inputs.bias"]),
    "divider": (measured(changed(bias={"ai2": 0.0999})), ["0.100 of the command", "divider of 1:10"]),
    "reversed loop-back": (measured(changed(bias={"ai2": -0.9995})), ["-1.000 of the command", "reversed"]),
    "short": (measured(changed(bias={"ai2": 1.0, "ai5": 0.5})), ["also shows on ai5", "short"]),
    "gain": (measured(changed(test_current={"ai0": 10.02})), ["10 times the response"]),
    "overloaded": (
        measured(changed(test_current={}), {"ai0": Statistics(9.99992, 0.0)}, overloaded=True),
        ["overloaded at 0 V bias", "+10 V", "reports an overload", "in order"],
    ),
    "zero": (measured(zero_V=0.2), ["+0.2 V under zero check", "zero correct"]),
    "offset": (measured(rest={"ai0": Statistics(0.2, 1e-4)}), ["rests at +0.2 V"]),
    "silent": (measured(gain_step=step(SILENT)), ["ignores the gain", "SR560"]),
    "vernier": (
        measured(gain_step=step((GROUNDED, COUPLED, replace(LOWERED, mean_V=0.3)))),
        ["found 0.58", "vernier"],
    ),
    "open": (
        measured(changed(bias={"ai2": 0.9994, "ai1": -2.2104}), gain_step=step(OPEN)),
        ["sd 4.1 V", "grounded 8.4 mV", "leads are open"],
    ),
    "shorted": (measured(gain_step=step(SHORTED)), ["is 0.99, expected 2.", "shorted"]),
    "leak": (measured(changed(bias={"ai2": 0.9995, "ai1": 0.5032})), ["+0.50 V per V", "1.0e-05"]),
    "resistor": (measured(changed(bias={"ai2": 0.9996, "ai0": 9.9627})), ["+9.96 V per V", "about 10,000 ohm"]),
    "piezo into current": (measured(changed(z={"ai3": 1.0, "ai0": 0.05})), ["V per V of z", "piezo's drive"]),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_rig_gets_one_sentence_that_names_it(fault):
    found, words = WRONG[fault]

    sentences = mismatches(found, FACTS)

    assert len(sentences) == 1, sentences
    for said in words:
        assert said in sentences[0].text


def test_a_right_rig_gets_none_and_its_numbers():
    found = measured()

    assert mismatches(found, FACTS) == []
    assert numbers(found, FACTS)["thermometer noise ratio"] == pytest.approx(2.42)
    assert numbers(found, FACTS)["preamplifier gain ratio"] == pytest.approx(0.403, abs=0.001)
    assert len(not_proved(found, FACTS)) == 3, "the cables of the junction, and what no response can show"


def test_a_short_proof_hears_whether_the_thermometer_is_as_in_the_last_whole_one():
    heard = numbers(measured(), FACTS)[THERMOMETER_NOISE]
    assert heard == COUPLED.white_V_per_rtHz
    facts = replace(FACTS, reference=Reference(thermometer_V_per_rtHz=heard))

    assert mismatches(measured(gain_step=None), facts) == []
    (silent,) = mismatches(measured(rest={"ai1": FLOOR}, gain_step=None), facts)
    assert silent.part is Part.THERMOMETER
    assert "thermocouple input (ai1) is silent" in silent.text and "The SR560 is off" in silent.text


def test_a_thermometer_below_the_noise_of_the_card_is_no_reference():
    quiet = [
        replace(one, white_V_per_rtHz=2 * FLOOR.white_V_per_rtHz) for one in (GROUNDED, COUPLED, LOWERED)
    ]

    assert THERMOMETER_NOISE not in numbers(measured(gain_step=step(quiet)), FACTS)


def test_a_short_proof_says_what_it_leaves_to_the_whole_one_and_nothing_untrue():
    clauses = not_proved(measured(gain_step=None, zero_V=None, whole=False), FACTS)

    assert "offset of the Keithley 428, step of z, SR560: only a proof in full tests them" in clauses
    assert not [one for one in clauses if "no zero check" in one or "can't ground" in one]


def test_an_overload_that_the_output_does_not_show_is_not_passed_over():
    assert mismatches(measured(overloaded=True), FACTS) == []
    assert "overload line is stuck" in not_proved(measured(overloaded=True), FACTS)[0]


def test_two_faults_get_two_sentences():
    both = measured(changed(bias={}, test_current={"ai0": -1.002}))

    assert [mismatch.part for mismatch in mismatches(both, FACTS)] == [Part.LOOP_BACK, Part.CURRENT]


def test_an_open_input_repeats_the_one_scanned_before_it():
    repeated = changed(
        bias={"ai2": 1.0, "ai3": 0.98}, z={}, test_current={"ai0": 1.0, "ai4": 0.99, "ai5": 0.98}
    )

    (sentence,) = mismatches(measured(repeated), FACTS)

    assert "z loop-back (ai3), only repeats the input that is scanned before it," in sentence.text


def test_an_amplifier_that_offers_nothing_is_said_to_be_unproved():
    bare = measured(
        {"bias": RIGHT["bias"], "z": RIGHT["z"]},
        test_current_V=None,
        zero_V=None,
        overloaded=None,
        gain_step=None,
    )

    assert mismatches(bare, FACTS) == []
    missing = " ".join(not_proved(bare, replace(FACTS, answers=False), contact="contact 3 of a.h5"))
    for part in ("current input", "offset", "settings", "SR560 and thermocouple", "contact 3 of a.h5"):
        assert part in missing


REFERENCE = Reference(1.002, 3e-4, 6e-5, 2.42, 0.015)
SINCE = {
    "as before": (measured(), ""),
    "response": (measured(changed(test_current={"ai0": 1.08})), "changed from 1.002 to 1.080"),
    "zero": (measured(zero_V=8e-3), "+0.0003 V at the last proof"),
    "noise": (measured(rest={"ai0": Statistics(0.0, 3e-4)}), "0.06 mV at the last proof"),
    "mains": (measured(gain_step=step((GROUNDED, replace(COUPLED, mains_V=0.6), LOWERED))), "40 times"),
}


@pytest.mark.parametrize("change", SINCE)
def test_a_rig_is_compared_with_its_last_proof(change):
    found, said = SINCE[change]

    sentences = mismatches(found, replace(FACTS, reference=REFERENCE))

    assert [said in sentence.text for sentence in sentences] == ([True] if said else [])


def test_a_resistor_may_stand_in_for_the_junction_where_a_procedure_says_so():
    found = measured(changed(bias={"ai2": 1.0, "ai0": 9.96}))

    assert current_mismatches(found, replace(FACTS, resistor=True)) == []


def test_volts_that_stand_before_anything_is_driven_are_named():
    at_rest = {"ai2": 0.0, "ai3": 10.0}

    (found,) = rest_mismatches(at_rest, {"bias": 0.0, "z": 0.0}, FACTS.wiring)

    assert found == Mismatch(
        Part.LOOP_BACK,
        "The z loop-back (ai3) reads +10 V while the z output (ao1) is commanded to +0 V; nothing was moved. "
        "Check the wires of both, and daq.inputs and daq.outputs of the rig file.",
    )


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ({"bias": 1.001, "z": 0.999}, ["the bias output (ao0) and the z output (ao1) moved as commanded"]),
        ({"bias": 0.0, "z": 1.0}, ["Inside the card the bias output (ao0) moved by 0.000 of its command"]),
        ({}, []),
    ],
)
def test_the_card_itself_tells_a_dead_output_from_a_cable_that_is_off(shares, said):
    found = [one.text for one in own_output_remarks(shares, FACTS.wiring)]

    assert len(found) == len(said)
    assert [words for words, text in zip(said, found, strict=True) if words not in text] == []
