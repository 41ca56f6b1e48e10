"""Log of the bench in the log of a window."""

import logging

from app.gui.panels.log import LogPanel
from app.gui.widgets.message_line import MessageLine
from app.server.messages import LogEntries, LogEntry
from app.viewmodels.wording import all_labels, labelled_sentence


class BenchLog:
    """Entries of the bench's log, each shown once.

    Parameters
    ----------
    log : LogPanel
    messages : MessageLine
        Shows a new error, too.
    """

    def __init__(self, log: LogPanel, messages: MessageLine) -> None:
        self._log, self._messages = log, messages
        self._shown: set[int | None] = set()

    def forget(self) -> None:
        """Forget the numbers of a bench that is gone."""
        self._shown = set()

    def show_earlier(self, content: LogEntries) -> None:
        """Show what the bench has logged before the window came."""
        for entry in content["entries"]:
            self._show(entry)

    def add(self, entry: LogEntry) -> None:
        """Show a new entry; an error at the bottom of the window, too."""
        text = self._show(entry)
        if text and entry["level"] in ("error", "critical"):
            self._messages.tell(logging.ERROR, text)

    def _show(self, entry: LogEntry) -> str:
        """Show an entry and return its text; "" if it is shown already."""
        if entry["number"] in self._shown:
            return ""
        self._shown.add(entry["number"])
        text = labelled_sentence(entry["text"], all_labels())
        self._log.add(entry["level"], entry["time_s"], text)
        return text
