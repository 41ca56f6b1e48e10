"""NI's gRPC device server for the simulated card, compatible with the unmodified ``nidaqmx`` package.

The service's definition is the one in ``nidaqmx`` (``nidaqmx._stubs``). Errors are sent as by NI's server: status
UNKNOWN and the trailer ``ni-error``, with ``ni-samps-per-chan-read`` or ``-written`` for reads and writes. A read
that timed out is a response with status -200284 and the samples so far.
Source: NI gRPC Device Server, "Error handling"; ``nidaqmx/_grpc_interpreter.py``.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
from nidaqmx._stubs import nidaqmx_pb2_grpc

from simulators.daqmx.card import Card
from simulators.daqmx.direct import DirectChannel
from simulators.daqmx.service import DaqService
from simulators.rig.bench import SimulatedBench
from simulators.wire.lifecycle import Serving

WORKERS = 64  # each blocked read and each stream of events holds one


class DaqServer(Serving):
    """Server of one simulated card. Use it in a ``with`` block, or call `start` and `stop`.

    Parameters
    ----------
    bench : SimulatedBench
        Bench to which the card is wired.
    host : str
        Address to bind to; by default only this computer can connect.
    port : int
        TCP port; 0 for any free port.
    """

    def __init__(self, bench: SimulatedBench, host: str = "127.0.0.1", port: int = 0) -> None:
        self.bench = bench
        self.card = Card(bench)
        self._service = DaqService(self.card)
        self.host = host
        self.port = port
        self._workers: ThreadPoolExecutor | None = None
        self._server: grpc.Server | None = None

    @property
    def address(self) -> str:
        """Address for a client, "HOST:PORT"."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def direct(self) -> DirectChannel:
        """Return a channel to the same card for a client in this process, without a wire."""
        return DirectChannel(self._service)

    def start(self) -> None:
        """Start to serve. Raises ``OSError`` if the port can't be opened."""
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="nidaqmx")
        self._server = grpc.server(
            self._workers,
            options=(
                ("grpc.max_receive_message_length", -1),  # a long waveform comes in one message
                ("grpc.max_send_message_length", -1),
                ("grpc.so_reuseport", 0),  # two servers on one port would share the calls
            ),
        )
        nidaqmx_pb2_grpc.add_NiDAQmxServicer_to_server(self._service, self._server)
        try:
            self.port = self._server.add_insecure_port(self.address)
        except RuntimeError as error:
            self.stop()
            raise OSError(f"can't serve NI-DAQmx at {self.address}: {error}") from None
        self._server.start()

    def stop(self) -> None:
        """End all calls and threads. Tasks are discarded, outputs hold."""
        if self._server is not None:
            self._wake_until(self._server.stop(None).wait)
        if self._workers is not None:
            self._wake_until(self._workers.shutdown)
        self._server = self._workers = None

    def _wake_until(self, ended: Callable[[], object]) -> None:
        """Wait for the end of a function, and wake the calls that wait for samples so that they notice lost clients."""
        waiting = threading.Thread(target=ended)
        waiting.start()
        while waiting.is_alive():
            self.bench.wake()
            waiting.join(0.02)
