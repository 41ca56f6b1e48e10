"""Tasks on one card: their names, reserved resources and triggers."""

from simulators.daqmx.channels import known_device
from simulators.daqmx.errors import Code, DaqError
from simulators.daqmx.resources import Holder
from simulators.daqmx.task import DaqTask
from simulators.daqmx.task_state import TaskState
from simulators.rig.bench import SimulatedBench
from simulators.rig.faults import DeviceLost


class Card:
    """All tasks of all clients; a task outlives its client.

    Parameters
    ----------
    bench : SimulatedBench
        Bench to which the card is wired.
    """

    def __init__(self, bench: SimulatedBench) -> None:
        self.bench = bench
        self.tasks: dict[str, DaqTask] = {}
        self._held: dict[str, Holder] = {}
        self._armed: list[tuple[str, Holder]] = []
        self._unnamed = 0

    def create(self, name: str) -> str:
        """Create a task; return the name of its session. With "" NI-DAQmx chooses a name.

        Raises
        ------
        DaqError
            -200089 if a task of that name exists.
        """
        session = name
        if not name:
            name = f"_unnamedTask<{self._unnamed:X}>"
            session = f"session of {name}"
            self._unnamed += 1
        if any(task.name == name for task in self.tasks.values()):
            raise DaqError(Code.DUPLICATE_TASK, f"Task Name: {name}")
        self.tasks[session] = DaqTask(self, name)
        return session

    def task(self, session: str) -> DaqTask:
        """Return the task of a session. Raises -200088 if there is none."""
        try:
            return self.tasks[session]
        except KeyError:
            raise DaqError(Code.INVALID_TASK, f"Session: {session or '(none)'}") from None

    def clear(self, session: str) -> None:
        """Abort and delete a task."""
        task = self.task(session)
        task.abort()
        for subscription in task.subscriptions.values():
            subscription.close()
        del self.tasks[session]
        self.bench.wake()

    def reserve(self, task: Holder, resources: set[str]) -> None:
        """Reserve resources for a task. Raises -50103 and reserves none if another task holds one."""
        for resource in sorted(resources):
            holder = self._held.get(resource)
            if holder is not None and holder is not task:
                details = f"Resource: {self.bench.card.device}/{resource}\nHeld By Task: {holder.name}"
                raise DaqError(Code.PAL_RESOURCE_RESERVED, f"{details}\nTask Name: {task.name}")
        self._held |= dict.fromkeys(resources, task)

    def release(self, task: Holder) -> None:
        """Release all resources of a task."""
        self._held = {resource: holder for resource, holder in self._held.items() if holder is not task}

    def arm(self, task: Holder, trigger: str) -> None:
        """Make a started task wait for a trigger ("ai/starttrigger")."""
        self._armed.append((trigger, task))

    def disarm(self, task: Holder) -> None:
        """Stop a task from waiting for its trigger."""
        self._armed = [(trigger, waiting) for trigger, waiting in self._armed if waiting is not task]

    def fire(self, trigger: str, at_s: float) -> None:
        """Start all tasks that wait for a trigger."""
        waiting = [task for awaited, task in self._armed if awaited == trigger]
        for task in waiting:
            self.disarm(task)
            task.begin(at_s)

    def reset(self, device: str) -> None:
        """Abort all tasks of all clients and restore the power-up state of the card. Raises -200220."""
        known_device(self.bench.card, device)
        self.require_device()
        for task in self.tasks.values():
            task.abort()
        self.bench.power_up()

    def require_device(self) -> None:
        """Raise -201003 if the card is gone."""
        if self.bench.faults.active(DeviceLost, self.bench.acquired) is not None:
            raise DaqError(Code.DEV_CANNOT_BE_ACCESSED, f"Device: {self.bench.card.device}")

    @property
    def running(self) -> list[DaqTask]:
        """Running tasks."""
        return [task for task in self.tasks.values() if task.state is TaskState.RUNNING]
