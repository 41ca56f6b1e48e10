"""A pytest plug-in for NI's tests: the simulated card in place of NI's server, and of every device they look for."""

from typing import Any

import nidaqmx
import numpy as np
import pytest
from numpy.typing import NDArray

from simulators.daqmx.channels import VirtualChannel
from simulators.daqmx.inputs import InputEngine
from simulators.daqmx.server import DaqServer
from simulators.parameters import load_parameters
from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import WallClock
from simulators.rig.signal_chain import Converts

FloatArray = NDArray[np.float64]


class SineBetweenLimits:
    """Converter that reads a sine between the limits of each channel, as NI's own simulated devices do.

    NI's tests expect this signal. Internal channels keep theirs.
    """

    def __init__(self, real: Converts, channels: list[VirtualChannel]) -> None:
        self._real = real
        self._channels = channels
        self._scans = 0

    def convert(self, volts: FloatArray) -> FloatArray:
        """Convert voltages, shape (n_channels, n)."""
        readings = self._real.convert(volts)
        n = readings.shape[1]
        sine = np.sin(2.0 * np.pi * (self._scans + np.arange(n)) / 100.0)
        self._scans += n
        for row, channel in zip(readings, self._channels, strict=True):
            if not channel.terminal.startswith("_"):
                low_V, high_V = channel.limits
                row[:] = 0.5 * (low_V + high_V) + 0.5 * (high_V - low_V) * sine
        return readings


def _commit(engine: InputEngine, commit: Any = InputEngine.commit) -> None:
    commit(engine)
    if engine.converter is not None:
        engine.converter = SineBetweenLimits(engine.converter, engine.channels)


class SimulatedServer:
    """Serves the card as `GrpcServerProcess` of NI's tests does."""

    def __init__(self) -> None:
        self._server = DaqServer(
            SimulatedBench(load_parameters(overrides={"ni6281.is_simulated": True}), 1, WallClock())
        )
        self._server.start()
        self.server_port = self._server.port

    def __enter__(self) -> "SimulatedServer":
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.stop()


def _only_device(*wanted: object) -> nidaqmx.system.Device:
    (system,) = (one for one in wanted if isinstance(one, nidaqmx.system.System))
    return system.devices[0]


def pytest_plugin_registered(plugin: Any) -> None:
    """Hand the card to NI's conftest, whose fixtures ask these functions for devices."""
    if hasattr(plugin, "_x_series_device"):
        setattr(InputEngine, "commit", _commit)  # noqa: B010
        plugin.GrpcServerProcess = SimulatedServer
        plugin._x_series_device = lambda kind, system, *more, **named: _only_device(system)
        plugin._device_by_product_type = lambda product, kind, system: (
            _only_device(system) if product.endswith("6363") else pytest.skip(f"no {product}")
        )


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    """Leave out the tests of the library, which is not here."""
    kept = [item for item in items if "library_init_kwargs" not in item.nodeid]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept
