"""Demonstration: a small campaign on a simulated rig, compared with the true values of its world."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from math import sqrt
from pathlib import Path

import jinja2

from analysis.heating.points import HeatingPoint
from analysis.numbers import with_error
from analysis.shared_files import write_file
from app.acquisition.simulated_rig import SimulationSettings
from app.campaign.decisions import TooFewTraces, nearest_peak
from app.campaign.file import CampaignFile, load_campaign
from app.campaign.run import Campaign
from app.offline.measurement import Measurement
from simulators.world.expected_heating import expected_heating

SPECIES = "BDNC"
AMPLITUDE_V = 1.27
"""The highest of Lee et al., Nature 498, 209 (2013), where the asymmetry is largest."""

CURVES = 15

OVERRIDES = (f"sample.species={SPECIES}", f"molecule.{SPECIES}.binding_probability=0.95")
"""A dense monolayer, in which nearly all breaks are bridged: the errors then need the fewest traces."""


def settings(seed: int) -> SimulationSettings:
    """Return the settings of the simulated rig."""
    return SimulationSettings("fast", seed, overrides=OVERRIDES)


def campaign(folder: Path, traces: int, holds: int, seed: int) -> CampaignFile:
    """Write the campaign file into the folder and load it."""
    template = jinja2.Template(files("app").joinpath("templates/demo.toml.j2").read_text(encoding="utf-8"))
    path = folder / "demo.toml"
    text = template.render(
        species=SPECIES,
        conductance_G0=_conductance_G0(seed),
        seed=seed,
        traces=traces,
        curves=CURVES,
        amplitude_V=AMPLITUDE_V,
        holds=holds,
    )
    write_file(path, text)
    return load_campaign(path)


def with_enough_traces(
    measuring: Campaign, most: int, file_of: Callable[[int], CampaignFile]
) -> tuple[Campaign, list[Path]]:
    """Run a campaign, with twice as many traces as long as they do not show the level; return it and its recordings.

    Parameters
    ----------
    measuring : Campaign
    most : int
        Number of traces with which it ends undecided.
    file_of : callable
        Writes the same campaign for another number of traces.

    Raises
    ------
    CampaignStopped, Undecided
        As `Campaign.run`.
    """
    while True:
        try:
            return measuring, measuring.run()
        except TooFewTraces:
            taken = measuring.file.histogram.traces
            if taken >= most:
                raise
            more = min(2 * taken, most)
            measuring.log.say(
                "histogram", f"{taken} traces do not show the level yet; {more} are taken in all."
            )
            measuring = replace(measuring, file=file_of(more))


def _conductance_G0(seed: int) -> float:
    return float(settings(seed).load().values["molecule"][SPECIES]["conductance_G0"])


def comparison(measurement: Measurement, seed: int) -> Iterator[str]:
    """Yield sentences that compare each result with the true value."""
    gold_G0 = settings(seed).load().values["gold"]["level_G0"][0]
    peaks = measurement.histogram.analysis.peaks if measurement.histogram else ()
    for name, true_G0 in (("Au contact", gold_G0), (f"{SPECIES} junction", _conductance_G0(seed))):
        peak = nearest_peak(peaks, true_G0)
        if peak is None:
            yield f"{name}: true value {true_G0:g} G0; no trusted peak yet, take more traces"
        else:
            measured = with_error(peak.conductance_G0, peak.uncertainty_G0)
            off = 100 * (peak.conductance_G0 / true_G0 - 1)
            yield f"{name}: true value {true_G0:g} G0, measured {measured} G0 ({off:+.1f} %)"
    for point in measurement.heating.points if measurement.heating else ():
        yield from _heat(measurement, point, seed)


def _heat(measurement: Measurement, point: HeatingPoint, seed: int) -> Iterator[str]:
    assert measurement.heating is not None
    mine = [h for h in measurement.heating.holds if not h.control and not h.estimate.rejected]
    expected = expected_heating(
        settings(seed).load(), point.amplitude_V, mine[0].window_G0, [hold.before_G0 for hold in mine]
    )
    volts = f"{point.amplitude_V:g} V"
    for sign, dT_K, sigma_K, true_K in (
        ("+", point.dT_pos_K, point.sigma_pos_K, expected.rise_pos_K),
        ("-", point.dT_neg_K, point.sigma_neg_K, expected.rise_neg_K),
    ):
        measured = with_error(1e3 * dT_K, 1e3 * sigma_K)
        off = (dT_K - true_K) / sqrt(sigma_K**2 + (measurement.heating.scale_relative * true_K) ** 2)
        yield (
            f"Tip at {sign}{volts}: true temperature rise {1e3 * true_K:.1f} mK, "
            f"measured {measured} mK ({off:+.1f} sigma)"
        )
    yield f"Asymmetry of the heat at {volts}: {point.asymmetry.words()}, from {point.junctions} junctions"
