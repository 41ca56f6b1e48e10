"""Ways to the instruments of a simulated rig that is served from this process: straight, by no wire."""

from typing import TYPE_CHECKING

from app.acquisition.open_rig import Wires
from drivers.direct_adapter import DirectAdapter

if TYPE_CHECKING:
    from simulators.simulated_rig import SimulatedRig


def direct_wires(rig: "SimulatedRig") -> Wires:
    """Return the ways to the card and to the current amplifier. Those by address stay open beside them."""
    return Wires(lambda address: rig.direct_daq(), lambda address: DirectAdapter(rig.direct_amplifier()))
