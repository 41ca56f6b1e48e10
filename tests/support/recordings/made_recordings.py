"""Recordings of held junctions made by hand, for tests of what the program says of them."""

from dataclasses import replace

import numpy as np

from analysis.constants import G0_S
from analysis.heating.programme import three_level
from analysis.recording import Calibration, RecordedChannel, RecordingWriter, RunHeader
from analysis.records import Block, Event, EventKind
from analysis.transport.landauer import currents
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission
from tests.support.physics.made_holds import made_hold

RATE_Hz = 2000.0
R_P, SEEBECK_V_per_K = 72_800.0, 16.3e-6
GAIN_V_per_A, THERMOCOUPLE_GAIN = 1e5, 1e4
CHANNELS = ("current", "thermocouple", "bias", "z")
SCAN = ("bias", "z", "thermocouple", "current")
GAP = 400  # samples between two holds
CALIBRATIONS = {
    "thermal_resistance": Calibration(R_P, "K/W", 500.0, "2026-10-01", "heater"),
    "thermocouple_seebeck": Calibration(SEEBECK_V_per_K, "V/K", 0.2e-6, "2026-10-01", "oil bath"),
    "current_gain": Calibration(GAIN_V_per_A, "V/A", 300.0),
}
SETTINGS = {
    "current_gain_V_per_A": GAIN_V_per_A,
    "current_full_scale_V": 10.0,
    "thermocouple_gain": THERMOCOUPLE_GAIN,
    "voltage_preamplifier": {"filter_mode": 1, "lowpass_Hz": 1000.0, "coupling": 1},
    "current_amplifier": {"rise_time_s": 100e-6},
}
LEVEL = LevelTransmission([BreitWignerLevel(0.9, 0.04, 0.04)])


def header(procedure, **changed):
    content = {
        "rate_Hz": RATE_Hz,
        "started": "2026-11-21T08:00:00.000+00:00",
        "sample": "Au-BDNC-Au",
        "settings": SETTINGS,
        "calibrations": CALIBRATIONS,
    }
    return RunHeader(procedure, tuple(RecordedChannel(name) for name in CHANNELS), **{**content, **changed})


def made_heating(
    path,
    rng,
    amplitudes_V=(0.9, 1.2),
    holds=12,
    procedure="heating",
    control=None,
    transmission=LEVEL,
    status="finished",
    ruptured=0,
    bias_late=False,
    **changed,
):
    """Holds of junctions with this transmission, whose conductances scatter by a tenth; the first break.

    With ``bias_late`` the bias is the first channel, and shows what the output put out a sample before.
    """
    head = header(procedure, **changed)
    if bias_late:
        head = replace(head, channels=tuple(RecordedChannel(name) for name in SCAN))
    writer = RecordingWriter(path, head, save_every_s=float("inf"))
    first, number = 0, 0
    for amplitude_V in amplitudes_V:
        here = currents(transmission, [amplitude_V, -amplitude_V]) if transmission else None
        for i in range(holds):
            scale = 1.0 + 0.1 * rng.standard_normal()
            hold = made_hold(
                n=8000,
                programme=three_level(amplitude_V),
                rise_K=dict(zip("+-", scale * R_P * here.heat_probe_W, strict=True))
                if here
                else {"+": 0.0, "-": 0.0},
                current_A=scale * here.current_A[0] if here else 0.0,
                rng=rng,
                noise_V=13e-9 * 1000.0**0.5,
                current_noise_A=1e-10,
                before_samples=GAP,
            )
            current_A = hold.current_A.copy()
            if i < ruptured:
                current_A[GAP + 4000 :] = 0.0
            if bias_late:
                hold = replace(hold, bias_V=np.concatenate([hold.bias_V[:1], hold.bias_V[:-1]]))
            _write_hold(writer, hold, current_A, first, number, control, ruptured=i < ruptured)
            first += len(hold)
            number += 1
    writer.close(status)
    return path


def _write_hold(writer, hold, current_A, first, number, control, ruptured):
    data = np.stack(
        [
            current_A * GAIN_V_per_A,
            hold.thermocouple_V * THERMOCOUPLE_GAIN,
            hold.bias_V,
            np.full(len(hold), 4.0),
        ]
    )
    begin, stop = first + GAP, first + len(hold)
    step = {"programme": hold.programme.to_json(), "start": begin, "amplitude_V": hold.amplitude_V}
    about = {"hold": number, "expected_A": float(np.abs(hold.current_A).max()) or None, "order": "+0-"}
    mark = {
        "number": number,
        "before_G0": 0.002,
        "after_G0": 0.0 if ruptured else 0.002,
        "window_G0": [0.0018, 0.0022] if control != "out of contact" else [None, None],
        "kind": "ruptured" if ruptured else "whole",
        "control": control,
    }
    for event in (
        Event(first, EventKind.STEP, "withdraw", {"phase": "begin"}),
        Event(begin - 1, EventKind.STEP, "withdraw", {"phase": "end", "ended": "plateau"}),
        Event(begin, EventKind.STEP, "modulate", {"phase": "begin", **step, **about, "control": control}),
        Event(stop, EventKind.STEP, "modulate", {"phase": "end", "ended": "finished"}),
        Event(stop, EventKind.MARK, "hold", mark),
    ):
        writer.add_event(event)
    names = writer.header.channel_names
    rows = [CHANNELS.index(name) for name in names]
    writer.append(Block(first, RATE_Hz, names, data[rows]))


def made_checks(path, holds_G0, rate_Hz, bias_V=0.1, noise_A=1e-12, rng=None, checks_a_junction=1):
    """Recording of junctions held at low bias: a baseline with the junction open, then a check of each hold."""
    rng = rng or np.random.default_rng(0)
    writer = RecordingWriter(path, header("iv", rate_Hz=rate_Hz), save_every_s=float("inf"))
    n = round(0.5 * rate_Hz)
    first = _write_rest(writer, 0, np.zeros(n), 0.0, noise_A, rng)
    writer.add_event(Event(first, EventKind.SETTING, "current_offset_V", {"value": 0.0, "samples": n}))
    writer.add_event(Event(first, EventKind.SETTING, "bias_V", {"value": bias_V}))
    for i, hold_G0 in enumerate(holds_G0):
        if i % checks_a_junction == 0:
            writer.add_event(Event(first, EventKind.STEP, "withdraw", {"phase": "begin"}))
            writer.add_event(Event(first, EventKind.STEP, "withdraw", {"phase": "end", "ended": "plateau"}))
        writer.add_event(Event(first, EventKind.STEP, "check", {"phase": "begin"}))
        first = _write_rest(writer, first, hold_G0, bias_V, noise_A, rng)
        writer.add_event(Event(first, EventKind.STEP, "check", {"phase": "end", "ended": "finished"}))
    writer.close("finished")
    return path


def _write_rest(writer, first, conductance_G0, bias_V, noise_A, rng):
    n = conductance_G0.size
    current_A = conductance_G0 * G0_S * bias_V + noise_A * rng.standard_normal(n)
    data = np.stack([current_A * GAIN_V_per_A, np.zeros(n), np.full(n, bias_V), np.full(n, 4.0)])
    writer.append(Block(first, writer.header.rate_Hz, CHANNELS, data))
    return first + n


def made_iv(path, rng, curves=20, peak_V=1.3, transmission=LEVEL, **changed):
    """Sweeps 0, +V, -V, 0 of junctions whose conductances scatter by a tenth."""
    writer = RecordingWriter(path, header("iv", **changed), save_every_s=float("inf"))
    bias_V = np.interp(np.arange(401) / 400, [0, 0.25, 0.75, 1], [0, peak_V, -peak_V, 0])
    ideal_A = currents(transmission, bias_V).current_A
    for i in range(curves):
        current_A = (1.0 + 0.1 * rng.standard_normal()) * ideal_A + 1e-10 * rng.standard_normal(bias_V.size)
        first, stop = i * bias_V.size, (i + 1) * bias_V.size
        data = np.stack([current_A * GAIN_V_per_A, 0 * bias_V, bias_V, 0 * bias_V + 4.0])
        begin = {"phase": "begin", "peak_V": peak_V, "curve": i, "junction": i}
        writer.add_event(Event(first, EventKind.STEP, "sweep", begin))
        writer.add_event(Event(stop, EventKind.STEP, "sweep", {"phase": "end", "ended": "finished"}))
        mark = {"number": i, "before_G0": 0.002, "after_G0": 0.002, "kind": "whole", "junction": i}
        writer.add_event(Event(stop, EventKind.MARK, "curve", mark))
        writer.append(Block(first, RATE_Hz, CHANNELS, data))
    writer.close("finished")
    return path
