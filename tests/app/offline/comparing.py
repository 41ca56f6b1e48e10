"""Workers that differ in order, and results in a form to compare."""

import json
from dataclasses import replace

from app.offline.statistics import chosen_statistics
from app.offline.tasks import attempt
from app.offline.workers import ThisProcess

STATISTICS_OF_ALL_KINDS = replace(
    chosen_statistics("plateau,directions,iv-curves,flicker,telegraph"), lenient=True
)


class LastFirst(ThisProcess):
    """Worker that takes the last task first, as a fast process would."""

    def run(self, tasks, done):
        for index in reversed(range(len(tasks))):
            done(index, attempt(tasks[index]))


class Counting(ThisProcess):
    """Worker that remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def run(self, tasks, done):
        self.asked += [(task.function.__name__, task.path.name) for task in tasks]
        super().run(tasks, done)


def text_of(measurement):
    return json.dumps(measurement.to_json())
