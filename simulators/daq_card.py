"""The tasks on one card: their names, what they hold of the card, and what starts them."""

from simulators.bench import SimulatedBench
from simulators.daq_channels import known_device
from simulators.daq_errors import Code, DaqError
from simulators.daq_states import State, TaskStates
from simulators.daq_tasks import Task
from simulators.faults import DeviceLost


class Card:
    """All tasks that clients have created, whoever they are; a task outlives the client that forgot it.

    Parameters
    ----------
    bench : SimulatedBench
        What the card is wired to.
    """

    def __init__(self, bench: SimulatedBench) -> None:
        self.bench = bench
        self.tasks: dict[str, Task] = {}
        self._held: dict[str, TaskStates] = {}
        self._armed: list[tuple[str, TaskStates]] = []
        self._unnamed = 0

    def create(self, name: str) -> str:
        """Create a task; get the name of its session. "" lets NI-DAQmx choose a name.

        Raises
        ------
        DaqError
            -200089 if NI-DAQmx knows a task of that name.
        """
        session = name
        if not name:
            name = f"_unnamedTask<{self._unnamed:X}>"
            session = f"session of {name}"
            self._unnamed += 1
        if any(task.name == name for task in self.tasks.values()):
            raise DaqError(Code.DUPLICATE_TASK, f"Task Name: {name}")
        self.tasks[session] = Task(self, name)
        return session

    def task(self, session: str) -> Task:
        """Get the task of a session. Raises -200088 if there is none."""
        try:
            return self.tasks[session]
        except KeyError:
            raise DaqError(Code.INVALID_TASK, f"Session: {session or '(none)'}") from None

    def clear(self, session: str) -> None:
        """Abort a task and forget it."""
        task = self.task(session)
        task.abort()
        for subscription in task.subscriptions.values():
            subscription.close()
        del self.tasks[session]
        self.bench.wake()

    def reserve(self, task: TaskStates, resources: set[str]) -> None:
        """Give resources to a task. Raises -50103 and gives none if another task holds one."""
        for resource in sorted(resources):
            holder = self._held.get(resource)
            if holder is not None and holder is not task:
                details = f"Resource: {self.bench.card.device}/{resource}\nHeld By Task: {holder.name}"
                raise DaqError(Code.PAL_RESOURCE_RESERVED, f"{details}\nTask Name: {task.name}")
        self._held |= dict.fromkeys(resources, task)

    def release(self, task: TaskStates) -> None:
        """Take all resources from a task."""
        self._held = {resource: holder for resource, holder in self._held.items() if holder is not task}

    def arm(self, task: TaskStates, trigger: str) -> None:
        """Let a started task wait for a trigger ("ai/starttrigger")."""
        self._armed.append((trigger, task))

    def disarm(self, task: TaskStates) -> None:
        """Let a task wait no longer."""
        self._armed = [(trigger, waiting) for trigger, waiting in self._armed if waiting is not task]

    def fire(self, trigger: str, at_s: float) -> None:
        """Begin all tasks that wait for a trigger."""
        waiting = [task for awaited, task in self._armed if awaited == trigger]
        for task in waiting:
            self.disarm(task)
            task.begin(at_s)

    def reset(self, device: str) -> None:
        """Abort all tasks, whosever they are, and power the card up again. Raises -200220."""
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
    def running(self) -> list[Task]:
        """Get the tasks that run."""
        return [task for task in self.tasks.values() if task.state is State.RUNNING]
