"""Outputs and their loop-backs: each output must be seen on its own loop-back, with sign and size, and on no other."""

from collections.abc import Mapping

from analysis.preflight.responses import Mismatch, Part, Responses
from analysis.preflight.wiring import Wiring

OUTPUTS = ("bias", "z")
SLOPE_TOLERANCE = 0.02
"""Largest deviation of a loop-back's slope from 1."""

REST_TOLERANCE_V = 5e-3


def rest_mismatches(
    at_rest_V: Mapping[str, float], commanded_V: Mapping[str, float], wiring: Wiring
) -> list[Mismatch]:
    """Return what is wrong with the loop-backs before anything is driven.

    Parameters
    ----------
    at_rest_V : mapping of str to float
        Volts by terminal.
    commanded_V : mapping of str to float
        Volts by output.
    """
    return [
        Mismatch(
            Part.LOOP_BACK,
            f"The {wiring.input(name)} reads {shown:+.4g} V while the {wiring.output(name)} is commanded to "
            f"{volts:+.4g} V; nothing was moved. Check the wires of both, and daq.inputs and daq.outputs of the rig "
            "file.",
        )
        for name, volts in commanded_V.items()
        if abs((shown := at_rest_V[wiring.terminals[name]]) - volts)
        > REST_TOLERANCE_V + SLOPE_TOLERANCE * abs(volts)
    ]


def output_mismatches(responses: Responses, steps_V: Mapping[str, float], wiring: Wiring) -> list[Mismatch]:
    """Return what is wrong with outputs and loop-backs, from the responses to steps of ``steps_V`` of each output.

    Inputs of amplifiers are judged with these; further named inputs may follow anything.
    """
    driven = [name for name in OUTPUTS if name in responses.slopes]
    own = {name: wiring.terminals[name] for name in OUTPUTS}
    others = [terminal for role, terminal in wiring.terminals.items() if role not in OUTPUTS]
    seen = {name: responses.followers(name) for name in OUTPUTS}
    if _swapped(seen, own):
        return [Mismatch(Part.LOOP_BACK, _swap(own, wiring))]
    found = []
    for name in driven:
        slope = responses.slope(name, own[name])
        free = {terminal: other for terminal, other in seen[name].items() if terminal not in others}
        if own[name] not in free:
            found.append(_missing(name, free, responses, steps_V[name], wiring))
        elif abs(slope - 1) > SLOPE_TOLERANCE:
            found.append(f"The {wiring.input(name)} is {slope:.3f} of the command: {_why(slope)}")
        else:
            found += [
                _also(name, terminal, other, wiring)
                for terminal, other in free.items()
                if terminal != own[name]
            ]
    return [Mismatch(Part.LOOP_BACK, f"{text} The run was not started.") for text in found]


def own_output_remarks(shares: Mapping[str, float], wiring: Wiring) -> list[Mismatch]:
    """Return what the card's own read-backs say of outputs that the loop-backs do not show as they should.

    Parameters
    ----------
    shares : mapping of str to float
        Steps that the card sees inside itself, relative to the commanded ones, by output.
    """
    dead = [
        f"Inside the card the {wiring.output(name)} moved by {share:.3f} of its command: it is overloaded or dead. "
        "Take its cable off and try again."
        for name, share in shares.items()
        if abs(share - 1) > SLOPE_TOLERANCE
    ]
    names = " and ".join(f"the {wiring.output(name)}" for name in shares)
    sound = [f"Inside the card {names} moved as commanded: look for the fault in the cables."]
    return [Mismatch(Part.LOOP_BACK, text) for text in dead or (sound if shares else [])]


def _swapped(seen: Mapping[str, Mapping[str, float]], own: Mapping[str, str]) -> bool:
    bias, z = OUTPUTS
    crossed = abs(seen[bias].get(own[z], 0.0)) > 0.5 and abs(seen[z].get(own[bias], 0.0)) > 0.5
    return crossed and own[bias] not in seen[bias] and own[z] not in seen[z]


def _swap(own: Mapping[str, str], wiring: Wiring) -> str:
    return (
        f"Bias shows on {own['z']} and z on {own['bias']}: loop-backs or outputs are swapped, that is the cables of "
        f"{wiring.input('bias')} and {wiring.input('z')}, or those of {wiring.output('bias')} and "
        f"{wiring.output('z')}. The run was not started. Check the wires, and daq.inputs and daq.outputs of the rig "
        "file; a resistor in place of the junction shows which pair is swapped."
    )


def _missing(
    name: str, seen: Mapping[str, float], responses: Responses, step_V: float, wiring: Wiring
) -> str:
    """Return the sentence for a loop-back that does not follow its output."""
    loop_back, output = wiring.input(name), wiring.output(name)
    elsewhere = [terminal for terminal, slope in seen.items() if 0.05 < abs(slope) < 20]
    if elsewhere:
        terminal = elsewhere[0]
        return (
            f"The {output} shows on {wiring.at(terminal)} ({seen[terminal]:+.3f} of the command), but the rig file "
            f"says {loop_back}. Move the cable of the loop-back, or correct daq.inputs.{name}.channel."
        )
    terminal = wiring.terminals[name]
    shown_V = responses.slope(name, terminal) * step_V
    nothing = ", only repeats the input that is scanned before it," if responses.echoes(terminal) else ""
    return (
        f"The {loop_back}{nothing} does not follow its output: it moved by {shown_V:+.3f} V at a step of "
        f"{step_V:+.3f} V on the {output}, and no other input follows. The cable of the loop-back is off, the rig file "
        f"names another input, or the {output} is dead."
    )


def _why(slope: float) -> str:
    if abs(slope + 1) <= SLOPE_TOLERANCE:
        return "its leads are reversed. Exchange them."
    if 0 < slope < 1:
        return (
            f"a divider of 1:{1 / slope:.3g} that the rig file does not have. Remove it from the loop-back."
        )
    if -1 < slope < 0:
        return f"reversed leads and a divider of 1:{-1 / slope:.3g}. Connect the loop-back to its output directly."
    return (
        "a divider of the rig file (daq.outputs.bias.divider) that is not there, or an amplifier that is not in it. "
        "Compare rig file and wires."
    )


def _also(name: str, terminal: str, slope: float, wiring: Wiring) -> str:
    return (
        f"The {wiring.output(name)} also shows on {wiring.at(terminal)}: {slope:+.3f} V per V. Look for a short "
        "between the wires."
    )
