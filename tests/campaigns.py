"""Whole campaigns on the simulated rig, held against what their worlds were told.

``python -m tests.campaigns --out DIR [BDNC BDA Au] [--nuisances]`` takes up to 20 minutes for each kind of junction
and prints a verdict on each claim; it exits with 1 if one of them fails. With ``--nuisances`` the world drifts by
10 mK/s, picks up 1 uV of 60 Hz, has capacitive spikes and breaks 30 % of the held junctions.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.heating.heating import HeatingAnalysis
from analysis.heating.points import HeatingPoint
from app.acquisition.simulated_rig import SimulationSettings, simulated_rig
from app.campaign.command import run_campaign
from app.campaign.file import load_campaign
from app.campaign.programme import checked
from app.offline.analyse import analyse_measurement
from simulators.world.expected_heating import expected_heating

EXAMPLES = Path(__file__).parents[1] / "docs" / "campaigns"
FAST = "[held]\ntrip_reaction = 0.05         # the fast clock: nothing breaks while nobody looks"
DENSE = {s: (f"molecule.{s}.binding_probability=0.8",) for s in ("BDNC", "BDA")}
NUISANCES = (
    "thermal.tip_ramp_K_per_s=0.01",
    "mains.frequency_Hz=60.0",
    "mains.thermocouple_V=1e-6",
    "thermal.coupling_F=1e-13",
    "fates.rupture_share=0.3",
)
HOTTER = {"BDNC": +1, "BDA": -1}
"""Sign of dT(-V) - dT(+V): BDNC dissipates more in the probe at -V, BDA at +V."""

LONGEST_S = 20 * 60.0


@dataclass(frozen=True)
class Claim:
    """Something that a campaign must show."""

    what: str
    found: str
    holds: bool


def measure(species: str, folder: Path, seed: int, nuisances: bool) -> float:
    """Run the campaign of a species through the wires; returns the seconds it took."""
    folder.mkdir(parents=True)
    overrides = (f"sample.species={species}", *DENSE.get(species, ()), *(NUISANCES if nuisances else ()))
    file = folder / f"{species.lower()}.toml"
    text = (EXAMPLES / file.name).read_text("utf-8").replace("[held]", FAST, 1)
    file.write_text(text, "utf-8")
    began = time.monotonic()
    with simulated_rig(SimulationSettings("fast", seed, overrides=overrides)) as rig_text:
        (folder / "rig.toml").write_text(rig_text, "utf-8")
        campaign = load_campaign(file)
        checked(campaign)
        run_campaign(campaign)
    return time.monotonic() - began


def judged(species: str, folder: Path, nuisances: bool = False) -> list[Claim]:
    """Every claim on the heating of a campaign."""
    heating = analyse_measurement([folder / species.lower()]).heating
    assert heating is not None
    overrides = (f"sample.species={species}", *DENSE.get(species, ()), *(NUISANCES if nuisances else ()))
    highest = heating.points[-1]
    claims = [
        _asymmetry(species, highest),
        _closure(heating),
        *_told(heating, overrides),
        _resolution(heating),
    ]
    claims += [
        Claim(f"control {v.name}", v.sentence, v.passed is not False) for v in heating.controls if v.date
    ]
    return claims


def _asymmetry(species: str, point: HeatingPoint) -> Claim:
    found = (
        f"{1e3 * point.asymmetry_K:+.3f} +- {1e3 * point.asymmetry_sigma_K:.3f} mK at {point.amplitude_V:g} V"
    )
    if species == "Au":
        return Claim("symmetric within 0.1 mK", found, abs(point.asymmetry_K) < 1e-4)
    sign = HOTTER[species]
    sigmas = sign * point.asymmetry_K / point.asymmetry_sigma_K
    where = "-V" if sign > 0 else "+V"
    return Claim(f"hotter at {where}, > 5 sigma", f"{found}: {sigmas:.1f} sigma", sigmas > 5)


def _closure(heating: HeatingAnalysis) -> Claim:
    errors = [float(np.hypot(p.closure_sigma, heating.scale_relative)) for p in heating.points]
    off = [(p.closure - 1) / error for p, error in zip(heating.points, errors, strict=True)]
    values = ", ".join(f"{p.closure:.4f}" for p in heating.points)
    return Claim("closure within 2 errors", f"{values} (error {max(errors):.4f})", max(map(abs, off)) < 2)


def _told(heating: HeatingAnalysis, overrides: tuple[str, ...]) -> list[Claim]:
    """Each dT against what the world was told, for junctions of the conductances that were held."""
    parameters = SimulationSettings("fast", 0, overrides=overrides).load()
    pulls, lines = [], []
    for point in heating.points:
        mine = [h for h in heating.holds if not h.control and h.estimate.amplitude_V == point.amplitude_V]
        held = [h.before_G0 for h in mine if not h.estimate.rejected]
        expected = expected_heating(parameters, point.amplitude_V, mine[0].window_G0, held)
        for name, dT, sigma, rise in (
            ("+", point.dT_pos_K, point.sigma_pos_K, expected.rise_pos_K),
            ("-", point.dT_neg_K, point.sigma_neg_K, expected.rise_neg_K),
        ):
            pulls.append((dT - rise) / sigma)
            lines.append(
                f"{point.amplitude_V:g}{name}: {1e3 * dT:.2f}+-{1e3 * sigma:.2f} told {1e3 * rise:.2f}"
            )
    near = float(np.mean(np.abs(pulls) < 2))
    return [Claim("dT within 2 sigma of told, >= 90 %", f"{near:.0%}: " + "; ".join(lines), near >= 0.9)]


def _resolution(heating: HeatingAnalysis) -> Claim:
    ratios = [entry.noise_K / entry.expected_K for entry in heating.budget]
    at_500 = [1e3 * entry.noise_K * np.sqrt(entry.duration_s / 500.0) for entry in heating.budget]
    found = ", ".join(f"{mK:.4f} mK" for mK in at_500)
    return Claim(
        "resolution at 500 s within 20 % of the budget",
        f"{found}; ratios {min(ratios):.2f} to {max(ratios):.2f}",
        bool(ratios) and min(ratios) > 0.8 and max(ratios) < 1.2,
    )


def main() -> int:
    """Measure, judge and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("species", nargs="*", default=["BDNC", "BDA", "Au"])
    parser.add_argument(
        "--out", type=Path, required=True, help="folder to fill; one that is there is judged only"
    )
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--nuisances", action="store_true")
    asked = parser.parse_args()
    failed = 0
    for species in asked.species:
        folder = asked.out / species.lower()
        claims = []
        if not folder.exists():
            took_s = measure(species, folder, asked.seed, asked.nuisances)
            claims.append(Claim("under 20 minutes", f"{took_s / 60:.1f} min", took_s < LONGEST_S))
        claims += judged(species, folder, asked.nuisances)
        for claim in claims:
            sys.stdout.write(f"{species:5} {'yes' if claim.holds else 'NO ':4} {claim.what}: {claim.found}\n")
        failed += sum(not claim.holds for claim in claims)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
