"""Recordings that other groups have published: our numbers beside plain calculations and the data's descriptions.

The recordings are found through the environment variable HOTJUNCTION_RECORDINGS; without it there is no table. One
column has numbers from short scripts of numpy alone on the same files, the other one what their source states.
"""

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from analysis.held_statistics import iv_curves, single_level
from analysis.importers import ImportOptions, read_file
from analysis.importers.assemble import assemble
from analysis.importers.record import record
from analysis.iv.curves import Curve
from analysis.iv.junction_points import JunctionPoints, junction_points
from analysis.iv.transition_voltages import transition_voltages
from analysis.recording import Recording
from analysis.records import FloatArray, Trace
from analysis.statistics.registry import STATISTICS
from analysis.statistics.result import RecordSet
from analysis.traces.histogram import Scale
from analysis.traces.options import AnalysisOptions
from analysis.traces.pipeline import analyse
from analysis.traces.read import traces_of
from analysis.traces.result import Analysis
from tests.support.physics.opening_traces import FOLDER, gold_traces
from tests.validation.study import Table

HEADINGS = "quantity", "here", "numpy alone, same files", "the source states"
NONE = "none"
PICTURE = "validation-public.png"


def tables(rng: np.random.Generator, sets: int) -> Iterator[Table]:
    """Yield a table for each set of recordings; none without the recordings."""
    if FOLDER is None:
        print("HOTJUNCTION_RECORDINGS does not name the folder of the recordings: nothing to compare")
        return
    yield Table(
        "public-gold",
        "200 openings of gold in an STM (jlazar17/EKA_quantum_conductance).",
        HEADINGS,
        gold(rng),
    )
    yield Table(
        "public-tunnelling", "97 openings of gold with tunnelling (NanoBreakVis).", HEADINGS, tunnelling()
    )
    yield Table(
        "public-egain", "Ten EGaIn//decanethiol//Au junctions of large area (GaussFit).", HEADINGS, egain(rng)
    )


@cache
def _analysed(pattern: str, unit: str = "") -> Analysis:
    paths = sorted(Path(str(FOLDER)).glob(pattern))
    pieces = [piece for path in paths for piece in read_file(path)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "imported.h5"
        record(assemble(pieces, ImportOptions(units={"conductance": unit} if unit else {})), out)
        with Recording(out) as recording:
            contact_G0 = recording.header.settings.get("engage_threshold_G0")
            return analyse(
                traces_of(recording), AnalysisOptions(contact_G0=contact_G0), np.random.default_rng(0)
            )


def gold_analysis() -> Analysis:
    """Return the analysis of the openings of gold."""
    return _analysed("eka-au-stmbj/PullOutConductanceBlock*.ibw")


def tunnelling_analysis() -> Analysis:
    """Return the analysis of the openings with tunnelling."""
    return _analysed("au-tunnelling/*.csv", "G0")


def gold(rng: np.random.Generator) -> tuple[tuple[str, ...], ...]:
    """Return the rows of the openings of gold."""
    found, traces = gold_analysis(), gold_traces()
    peak, selection = found.peaks[0], found.selection
    raw = np.concatenate([trace.conductance_G0 for trace in traces])
    long = sum(np.count_nonzero((t.conductance_G0 >= 0.5) & (t.conductance_G0 < 1.5)) >= 40 for t in traces)
    return (
        (
            "first peak (G0)",
            f"{peak.conductance_G0:.4f} ± {peak.uncertainty_G0:.4f}",
            "0.925, a Gaussian on a sloping background",
            f"none; the rule of its script, the fullest bin, gives {_fullest_bin(raw):.3f} here",
        ),
        (
            "noise of the open junction, MAD (G0)",
            f"{found.noise.mad_G0:.2g}",
            "3.5e-5, last 500 samples",
            NONE,
        ),
        (
            "negative samples of kept traces, of all",
            f"{selection.negative_samples / selection.samples:.1%}",
            "24.3% (485,914)",
            NONE,
        ),
        ("samples beyond 50 G0, left out", f"{np.count_nonzero(np.isnan(raw))}", "393", NONE),
        (
            "median plateau, 0.5 to 1.5 G0 (nm)",
            _plateau(traces, rng),
            "0.0158 ± 0.0022, last fall through both",
            NONE,
        ),
        ("traces with 40 samples in 0.5 to 1.5 G0", f"{long} of {len(traces)}", "113 of 200", NONE),
    )


def _fullest_bin(conductance_G0: FloatArray) -> float:
    """Return the centre of the fullest of 1000 bins from 0.1 to 3 G0 above 0.7 G0, as the source's script finds it."""
    counts, edges = np.histogram(conductance_G0, np.linspace(0.1, 3.0, 1001))
    centres = (edges[1:] + edges[:-1]) / 2.0
    return float(centres[np.argmax(np.where(centres > 0.7, counts, 0))])


def _plateau(traces: tuple[Trace, ...], rng: np.random.Generator) -> str:
    plateau = STATISTICS["plateau"]
    options = plateau.with_options({"low_G0": 0.5, "high_G0": 1.5})
    numbers = plateau.compute(traces, rng, options=options).numbers
    number = next(n for n in numbers if "last" in n.name)
    return number.estimate.text(number.scale)


def tunnelling() -> tuple[tuple[str, ...], ...]:
    """Return the rows of the openings with tunnelling."""
    found = tunnelling_analysis()
    peaks = [p for p in found.peaks if p.scale is Scale.LINEAR]
    return (
        ("traces", f"{len(found.selection.kept) + len(found.selection.rejected)}", "97", NONE),
        ("peaks (G0)", ", ".join(f"{p.conductance_G0:.2f} ± {p.uncertainty_G0:.2f}" for p in peaks),
         "near multiples of G0", NONE),
        ("noise of the open junction, MAD (G0)", f"{found.noise.mad_G0:.1g}",
         "below 1e-8, the least conductance", NONE),
    )  # fmt: skip


def egain_points() -> JunctionPoints:
    """Return the current densities of the EGaIn junctions, a file a junction."""
    files = sorted((Path(str(FOLDER)) / "egain-decanethiol").glob("*.txt"))
    data = [np.loadtxt(path, skiprows=1) for path in files]
    return junction_points([Curve(p.name, d[:, 0], d[:, 2]) for p, d in zip(files, data, strict=True)])


def egain(rng: np.random.Generator) -> tuple[tuple[str, ...], ...]:
    """Return the rows of the EGaIn junctions."""
    points = egain_points()
    at_half, at_one = (iv_curves.current_at(points, bias_V, rng) for bias_V in (0.5, 1.0))
    curves = iv_curves.curves_of_points(points, iv_curves.CurvesOptions((1.0,)), RecordSet(), rng)
    ratio = next(n for n in curves.numbers if n.name.startswith("rectification")).estimate
    volts = transition_voltages(points.voltage_V, points.mean_A, points.mean_ln, -1).by_junction_V
    volts = volts[np.isfinite(volts)]
    level = single_level.level_of_points(points, single_level.LevelOptions(), RecordSet(), rng)
    return (
        ("log10 of J at +0.5 V (A/cm2)", f"{at_half.value:.3f} ± {at_half.se:.3f}", "-6.006 ± 0.065",
         "none for these; -0.4 on silver (Simeone et al. 2013: J0 = 10^3.6, 0.92 per carbon)"),
        ("log10 of J at +1 V (A/cm2)", f"{at_one.value:.3f} ± {at_one.se:.3f}", "-3.908 ± 0.194", NONE),
        ("rectification at 1 V (decades)", f"{ratio.value:.3f} ± {ratio.se:.3f}", "1.809 ± 0.178", NONE),
        ("transition voltage, negative (V)",
         f"{volts.mean():.3f} ± {volts.std(ddof=1) / np.sqrt(volts.size):.3f}, {volts.size} of 10 junctions",
         "0.439 ± 0.042, 9 of 10 junctions", NONE),
        ("a single level", level.data["verdict"], "rms of ln J of 1.1 to 2.3: it does not", NONE),
    )  # fmt: skip


def picture(folder: Path) -> None:
    """Draw the three sets into a file of the documentation; nothing without the recordings."""
    if FOLDER is None:
        return
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["font.size"] = 8
    figure = Figure(figsize=(8.0, 2.6), dpi=110, layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    linear = gold_analysis().linear
    left.stairs(linear.counts_per_trace, linear.axis.edges, fill=True)
    left.axvline(0.925, color="black", lw=0.8, ls="--")
    left.set(title="gold, EKA", xlabel="G (G0)", ylabel="counts per trace", xlim=(0.3, 3.2))
    inside = (linear.axis.centres > 0.3) & (linear.axis.centres < 3.2)
    left.set_ylim(0, 1.2 * linear.counts_per_trace[inside].max())
    log = tunnelling_analysis().log
    middle.stairs(log.counts_per_trace, log.axis.edges, fill=True)
    middle.set(title="gold with tunnelling", xlabel="G (G0)", xscale="log")
    points = egain_points()
    for row in np.abs(points.mean_A):
        right.semilogy(points.voltage_V, row, lw=0.7)
    right.set(title="EGaIn, decanethiol", xlabel="V (V)", ylabel="|J| (A/cm2)")
    figure.savefig(folder / PICTURE, metadata={"Software": None})
