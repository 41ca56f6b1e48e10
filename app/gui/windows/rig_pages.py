"""Centre of a rig's window: the views, or the page that leads through the commissioning of the rig."""

from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QWidget

from app.gui.panels.commissioning import CommissioningPage
from app.gui.windows.run_commands import Ask
from app.server.latest_snapshots import Newest
from app.server.messages import CommissionState


class RigPages(QStackedWidget):
    """Views, and the commissioning in their place while it is wanted.

    Parameters
    ----------
    views : QWidget
    commissioning : CommissioningPage
        Its commands are connected here, except for its start.
    ask : callable
    """

    def __init__(self, views: QWidget, commissioning: CommissioningPage, ask: Ask) -> None:
        super().__init__()
        self._commissioning, self._newest = commissioning, Newest()
        self._beside_views = QScrollArea()  # a small screen scrolls
        self._beside_views.setWidgetResizable(True)
        self._beside_views.setFrameShape(QFrame.Shape.NoFrame)
        self._beside_views.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._beside_views.setWidget(commissioning)
        for page in (views, self._beside_views):
            self.addWidget(page)
        commissioning.look_asked.connect(lambda wanted: ask("commissioning", self.tell, **wanted))
        commissioning.stop_asked.connect(lambda: ask("abort"))
        commissioning.answered.connect(
            lambda number, yes: ask("commission_answer", None, question=number, yes=yes)
        )
        commissioning.closed.connect(lambda: self.setCurrentWidget(views))

    def commission(self) -> None:
        """Show the page of the commissioning."""
        self.setCurrentWidget(self._beside_views)
        self._commissioning.look()

    def tell(self, content: CommissionState) -> None:
        """Show a state of the commissioning, unless a newer one is shown."""
        if self._newest.accepts("commission", content):
            self._commissioning.on_message(content)

    def forget(self) -> None:
        """Forget a lost bench: its numbers of messages mean nothing to the next one."""
        self._newest = Newest()

    def refuse(self, error: Any) -> None:
        """Show why the commissioning did not start."""
        self._commissioning.refuse(str(error))
