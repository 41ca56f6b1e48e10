"""The campaign: runs one stage after the other, resuming each from its recordings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from analysis.heating.runs import EvaluatedRun
from analysis.numbers import of_many
from analysis.traces.result import Analysis
from app.acquisition.bench import RunSummary
from app.campaign.decisions import Amplitudes, amplitudes, mean_curve, most_probable
from app.campaign.file import CampaignFile
from app.campaign.log import CampaignLog
from app.campaign.pace import Pace, duration_text
from app.campaign.programme import (
    control_stages,
    heating_stage,
    histogram_stage,
    iv_stage,
    outline,
    thermopower_stage,
)
from app.campaign.stages import Stage
from app.offline.analyse import analyse_measurement
from app.offline.measurement import Measurement
from procedures.procedure import RigProcedure


class CampaignStopped(Exception):
    """The campaign ended early; started again, it resumes there. The message gives the reason."""


class RunStage(Protocol):
    """Callable that runs the rest of a stage and shows its progress."""

    def __call__(self, stage: Stage, rest: RigProcedure, out: Path) -> RunSummary:
        """Run the rest of a stage. Raises as ``Bench.run``."""
        ...


@dataclass(frozen=True)
class Campaign:
    """A campaign on one rig.

    Parameters
    ----------
    file : CampaignFile
    log : CampaignLog
    run_stage : RunStage
    clock : callable
        Seconds, for the time left.
    """

    file: CampaignFile
    log: CampaignLog
    run_stage: RunStage
    clock: Callable[[], float] = monotonic
    pace: Pace = field(default_factory=Pace)
    analysed: dict[Path, Analysis] = field(default_factory=dict)
    """Analyses of traces by recording, kept because they take long."""
    evaluated: dict[Path, EvaluatedRun] = field(default_factory=dict)
    """Evaluated holds by recording."""

    def run(self) -> list[Path]:
        """Run the missing parts; return the recordings of all stages.

        Raises
        ------
        CampaignStopped
            After an abort or a fault; the rig is safe, and the recorded cycles count.
        Undecided
            If the measurements so far do not decide how to continue.
        """
        made: list[Path] = []
        histogram = self._complete(histogram_stage(self.file), made)
        window = self._window(histogram)
        iv = None
        if (stage := iv_stage(self.file, window)) is not None:
            iv = mean_curve(self._complete(stage, made))
            kept = f"{iv.curves} curves of {iv.junctions} junctions"
            left_out = ", ".join(f"{n} {reason}" for reason, n in iv.dropped.items())
            self.log.say("iv", f"mean of {kept}" + (f" (left out: {left_out})" if left_out else "") + ".")
        chosen = amplitudes(self.file, iv)
        self._say_amplitudes(chosen)
        self._complete(heating_stage(self.file, window, chosen), made)
        for stage in control_stages(self.file, window, chosen):
            self._complete(stage, made)
        if (stage := thermopower_stage(self.file, window)) is not None:
            self._complete(stage, made)
        self.log.say("campaign", f"complete, in {len(made)} recordings.")
        return made

    def _complete(self, stage: Stage, made: list[Path]) -> list[Path]:
        """Run the missing cycles of a stage; return its recordings."""
        folder = self.file.folder
        folder.mkdir(parents=True, exist_ok=True)
        rest = stage.rest(folder)
        before = sum(stage.done(folder).values())
        if rest is not None:
            out = stage.next_recording(folder)
            gone_on = f", {before} are there already" if before else ""
            left_s = self.pace.left_s({**outline(self.file, stage.number), stage.name: rest.total_cycles})
            left = f"; about {duration_text(left_s)} left for the campaign" if left_s else ""
            self.log.say(
                stage.name,
                f"{of_many(rest.total_cycles, rest.repeats)} to take{gone_on}, into {out.name}{left}.",
            )
            began = self.clock()
            summary = self.run_stage(stage, rest, out)
            self.pace.learn(stage.name, self.clock() - began, summary.cycles)
            self._keep(out, summary.measurement)
            self._finished(stage, summary)
        else:
            self.log.say(stage.name, f"complete: {before} {stage.whole().repeats} are there.")
        recordings = stage.recordings(folder)
        made.extend(recordings)
        return recordings

    def _keep(self, recording: Path, measurement: Measurement | None) -> None:
        """Keep the analysis of a recording for the report."""
        if measurement is not None and measurement.histogram is not None:
            self.analysed[recording] = measurement.histogram.analysis
        if measurement is not None and measurement.heating is not None:
            (self.evaluated[recording],) = measurement.heating.runs

    def measurement(self, recordings: Sequence[Path]) -> Measurement:
        """Analyse the recordings of all stages together. Raises as ``analyse_measurement``."""
        return analyse_measurement(recordings, known=self.analysed, evaluated=self.evaluated)

    def _finished(self, stage: Stage, summary: RunSummary) -> None:
        """Raise unless the run came to its end."""
        if summary.end.status == "finished":
            return
        what = summary.end.reason or summary.end.status
        self.log.say(stage.name, f"{summary.end.status} after {summary.cycles}: {what}")
        raise CampaignStopped(f"{stage.name}: {what.rstrip('.')}.")

    def _window(self, histogram: Iterable[Path]) -> Mapping[str, Any]:
        """Return the parameters of the held junctions, from the file or from the histogram's peak."""
        if "conductance" in self.file.held:
            given = self.file.held["conductance"]
            self.log.say("histogram", f"junctions are held at {given:g} G0, as the file says by hand.")
            return {}
        peak = most_probable(list(histogram), self.file, self.analysed)
        self.log.say(
            "histogram",
            f"junctions are held at the peak, {peak.conductance_G0:.4g} +- {peak.uncertainty_G0:.2g} G0 (statistical), "
            f"spread {peak.spread_G0:.2g} G0 over windows and backgrounds, from {peak.n_traces} traces.",
        )
        return {
            "conductance": peak.conductance_G0,
            "peak_sigma_decades": peak.sigma_decades or 0.0,
        }

    def _say_amplitudes(self, chosen: Amplitudes) -> None:
        volts = ", ".join(f"{amplitude:g}" for amplitude in chosen.amplitudes_V)
        how = (
            "equal steps of power on the measured I-V"
            if self.file.heating.equal_powers
            else "as the file says"
        )
        current = ", ".join(f"{1e9 * amps:.3g}" for amps in chosen.expected_A)
        self.log.say(
            "heating",
            f"amplitudes {volts} V ({how})" + (f"; expected {current} nA, from the I-V." if current else "."),
        )
