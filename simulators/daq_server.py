"""NI's gRPC device server, as the unmodified ``nidaqmx`` package talks to it, for the simulated card.

The service's definition is the one that ``nidaqmx`` ships (``nidaqmx._stubs``). Errors travel as NI's server
sends them: status UNKNOWN and the trailer ``ni-error``, with ``ni-samps-per-chan-read`` or ``-written`` where
samples were on their way; a read that ran out of time is a response with status -200284 and what there was.
Source: NI gRPC Device Server, "Error handling"; ``nidaqmx/_grpc_interpreter.py``.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
from nidaqmx._stubs import nidaqmx_pb2_grpc

from simulators.bench import SimulatedBench
from simulators.daq_card import Card
from simulators.daq_direct import DirectChannel
from simulators.daq_rpc import DaqService
from simulators.serving import Serving

WORKERS = 64  # each blocked read and each stream of events holds one


class DaqServer(Serving):
    """Serves one simulated card. Use it in a ``with`` block, or `start` and `stop` it.

    Parameters
    ----------
    bench : SimulatedBench
        What the card is wired to.
    host : str
        Address to bind to; loopback unless others shall reach it.
    port : int
        TCP port; 0 takes a free one.
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
        """Get "HOST:PORT" for a client."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def direct(self) -> DirectChannel:
        """Return a channel to the same card for a client in this process, which needs no wire."""
        return DirectChannel(self._service)

    def start(self) -> None:
        """Serve. Raises ``OSError`` when the port can't be had."""
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
        """End all calls and every thread. The tasks are forgotten, the outputs hold."""
        if self._server is not None:
            self._wake_until(self._server.stop(None).wait)
        if self._workers is not None:
            self._wake_until(self._workers.shutdown)
        self._server = self._workers = None

    def _wake_until(self, ended: Callable[[], object]) -> None:
        """Wait for an end; meanwhile calls that wait for samples look whether their client is still there."""
        waiting = threading.Thread(target=ended)
        waiting.start()
        while waiting.is_alive():
            self.bench.wake()
            waiting.join(0.02)
