"""A pytest plug-in for NI's tests: the simulated card in place of NI's server, and of every device they look for."""

from typing import Any

import nidaqmx
import pytest

from simulators.daqmx.server import DaqServer
from simulators.parameters import load_parameters
from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import WallClock


class SimulatedServer:
    """Serves the card as `GrpcServerProcess` of NI's tests does."""

    def __init__(self) -> None:
        self._server = DaqServer(SimulatedBench(load_parameters(), 1, WallClock()))
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
