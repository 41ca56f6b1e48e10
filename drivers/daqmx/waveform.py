"""Waveform of all analogue outputs of a card, sample by sample."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from nidaqmx.constants import AcquisitionType
from numpy.typing import ArrayLike, NDArray

from drivers.daqmx.channels import AnalogOutput
from drivers.errors import NotNow, OutOfRange

_SMALLEST_BUFFER = 2  # NI-DAQmx generates no single sample on a clock


@dataclass(frozen=True, eq=False)
class OutputWaveform:
    """Values of all outputs, checked against their limits.

    Parameters
    ----------
    mode : AcquisitionType
        FINITE for a ramp, which holds its last value; CONTINUOUS for a modulation, which starts again.
    values_V : ndarray, shape (n_outputs, n)
        One row per output.
    repeats : int
        Number of clock ticks per value.
    """

    mode: AcquisitionType
    values_V: NDArray[np.float64]
    repeats: int

    @classmethod
    def build(
        cls,
        mode: AcquisitionType,
        given_V: Mapping[str, ArrayLike],
        outputs: Mapping[str, AnalogOutput],
        held_V: Mapping[str, float],
        repeats: int,
    ) -> Self:
        """Return the waveform of the outputs that move; the others keep their values.

        Raises ``OutOfRange`` for a value outside its output's limits, an unknown name or unequal lengths;
        ``NotNow`` if the value of an output that should keep it is unknown.
        """
        for name in given_V:
            if name not in outputs:
                raise OutOfRange("name of an output", repr(name), ", ".join(outputs))
        moving = {name: outputs[name].checked(values) for name, values in given_V.items()}
        shapes = {values.shape for values in moving.values()}
        if len(shapes) != 1 or len(shape := shapes.pop()) != 1 or shape[0] < 1:
            described = ", ".join(f"{name}: {values.shape}" for name, values in moving.items())
            raise OutOfRange(
                "shape of the waveforms", described or "none", "(n,), alike for all, n at least 1"
            )
        unknown = [name for name in outputs if name not in moving and np.isnan(held_V[name])]
        if unknown:
            raise NotNow(f"The present value of output {', '.join(unknown)} is unknown; write to it first")
        rows = [moving[name] if name in moving else np.full(shape, held_V[name]) for name in outputs]
        return cls(mode, np.stack(rows), repeats)

    def check_changes(
        self, outputs: Mapping[str, AnalogOutput], held_V: Mapping[str, float], rate_Hz: float
    ) -> None:
        """Refuse changes beyond the limits of the outputs. Raises ``OutOfRange``."""
        again = [0] if self.mode is AcquisitionType.CONTINUOUS else []
        for (name, output), values in zip(outputs.items(), self.values_V, strict=True):
            whole = np.concatenate([values, values[again]])
            output.changes.check_waveform(name, held_V[name], whole, rate_Hz, output.safe)

    def __len__(self) -> int:
        return int(self.values_V.shape[1])

    @property
    def buffer(self) -> NDArray[np.float64]:
        """Samples for the card's buffer, shape (n_outputs, ticks), at least two ticks."""
        ticks = np.repeat(self.values_V, self.repeats, axis=1)
        return ticks if ticks.shape[1] >= _SMALLEST_BUFFER else np.repeat(ticks, _SMALLEST_BUFFER, axis=1)

    def put_out(self, ticks: int) -> int:
        """Return the number of samples generated, at least in part, after a number of ticks."""
        begun = -(-ticks // self.repeats)
        return min(begun, len(self)) if self.mode is AcquisitionType.FINITE else begun

    def after(self, put_out: int) -> NDArray[np.float64] | None:
        """Return the outputs in V after a number of samples, shape (n_outputs,); None before the first."""
        return self.values_V[:, (put_out - 1) % len(self)] if put_out > 0 else None

    def from_sample(self, put_out: int, held_V: Iterable[float]) -> NDArray[np.float64]:
        """Return the possible outputs in V after at least a number of samples, shape (n_outputs, n), n at least 1."""
        if self.mode is not AcquisitionType.FINITE:
            return self.values_V
        if put_out > 0:
            return self.values_V[:, min(put_out, len(self)) - 1 :]
        return np.column_stack([list(held_V), self.values_V])

    def left_alone(self, held_V: Mapping[str, float]) -> dict[str, float]:
        """Return the values of the outputs that the waveform does not change; NaN for the others."""
        return {
            name: held if np.all(row == held) else np.nan
            for (name, held), row in zip(held_V.items(), self.values_V, strict=True)
        }
