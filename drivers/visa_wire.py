"""Ways to an instrument on a bus: back ends of VISA, and Prologix or AR488 controllers.

Sources: pyvisa, "Configuring the backend"; Prologix, "GPIB-USB Controller User Manual" (commands ``++``), which the
AR488 of J. W. Fraser follows; AR488, "README" (115200 baud); Arduino, "Disabling auto reset on serial connection".
"""

from importlib.metadata import version

from pymeasure.adapters import Adapter, PrologixAdapter
from pyvisa.ctwrapper import IVIVisaLibrary
from pyvisa.errors import VisaIOError

BAUD = 115_200
"""Rate of an AR488's serial line; a Prologix takes any."""

STARTS = 5
"""Questions to a controller, each as long as the time limit, before it counts as absent."""

MOST_LINES = 20
"""Most lines that a controller has in its buffer, or says when it starts, before it answers."""

PYTHON, VENDOR = "@py", "@ivi"
"""Back ends of pyvisa: pyvisa-py, and the library of a vendor (NI-VISA, Keysight IO Libraries)."""

NEEDS_VENDOR = "GPIB", "USB"
"""Beginnings of the addresses that a vendor's library serves better than pyvisa-py (pyvisa-py #461, #489)."""


def library_for(address: str, chosen: str = "") -> str:
    """Return the back end for an address: the chosen one, else a vendor's where it is needed and there is one."""
    if chosen:
        return chosen
    if address.upper().startswith(NEEDS_VENDOR) and vendor_libraries():
        return VENDOR
    return PYTHON


def vendor_libraries() -> tuple[str, ...]:
    """Return the paths of the VISA libraries of vendors on this computer."""
    return tuple(str(path) for path in IVIVisaLibrary.get_library_paths())


def library_text(library: str) -> str:
    """Return a back end as text, for the recording: "pyvisa-py 0.8.1", "NI-VISA's path"."""
    if library == PYTHON:
        return f"pyvisa-py {version('pyvisa-py')}"
    if library == VENDOR:
        return f"vendor's VISA {next(iter(vendor_libraries()), '(none found)')}"
    return f"VISA {library}"


def prologix(address: str, gpib_address: int, library: str, timeout_s: float) -> PrologixAdapter:
    """Open a Prologix or AR488 controller for the instrument at a GPIB address.

    It ends no command of its own accord (``++eos 3``): the instrument gets what it would get from GPIB.
    """
    serial = {"baud_rate": BAUD} if address.upper().startswith("ASRL") else {}
    adapter = PrologixAdapter(
        address,
        gpib_address,
        eos="",
        visa_library=library,
        timeout=round(1000 * timeout_s),
        write_termination="\n",
        read_termination="\n",
        **serial,
    )
    try:
        _await_controller(adapter)
    except BaseException:
        adapter.close()
        raise
    return adapter


def _await_controller(adapter: PrologixAdapter) -> None:
    """Wait until the controller answers, then send again how it is to talk.

    The Arduino of an AR488 starts anew when its port is opened; for some seconds it loses what it gets.
    """
    for left in reversed(range(STARTS)):
        adapter.write("++auto 0")
        adapter.write("++auto")
        try:
            if all(adapter.read(prologix=True).strip() != "0" for _ in range(MOST_LINES)):
                raise ValueError("what answers is no Prologix or AR488 controller")
            break
        except (VisaIOError, UnicodeDecodeError):
            if not left:
                raise
    adapter.eoi, adapter.eos = True, ""


def serial_poll(adapter: Adapter) -> int:
    """Return the status byte of the instrument at the other end of an adapter."""
    if isinstance(adapter, PrologixAdapter):
        adapter.write(f"++spoll {adapter.address}")
        return int(adapter.read(prologix=True))
    return int(adapter.connection.read_stb())


def device_clear(adapter: Adapter) -> None:
    """Send a selected device clear to the instrument at the other end of an adapter."""
    if isinstance(adapter, PrologixAdapter):
        adapter.write(f"++addr {adapter.address}")
        adapter.write("++clr")
    else:
        adapter.connection.clear()
