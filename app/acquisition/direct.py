"""Direct connections to the instruments of a simulated rig in this process, without sockets."""

from typing import TYPE_CHECKING

from app.acquisition.open_rig import Wires
from drivers.direct_adapter import DirectAdapter

if TYPE_CHECKING:
    from simulators.simulated_rig import SimulatedRig


def direct_wires(rig: "SimulatedRig") -> Wires:
    """Return direct connections to the card and, if it is on GPIB, the current amplifier; the others stay open."""
    if not rig.amplifier_on_gpib:
        return Wires(lambda address: rig.direct_daq())
    return Wires(lambda address: rig.direct_daq(), lambda address: DirectAdapter(rig.direct_amplifier()))
