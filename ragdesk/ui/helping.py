"""What the Help menu opens: the guide, the keys, the diagnosis, the folders of data and log, and About."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from ragdesk import paths
from ragdesk.errors import Unavailable
from ragdesk.ui.actions import Actions
from ragdesk.ui.desk import Desk


def connect_help(actions: Actions, desk: Desk, window: QWidget) -> None:
    """Connect the actions of the Help menu."""

    def guide() -> None:
        from ragdesk.ui.guide_dialog import GuideDialog

        open_now = window.findChild(GuideDialog)
        try:
            dialog = open_now or GuideDialog(desk, window)
        except FileNotFoundError as error:
            hint = "Install RagDesk again; the guide is also in the folder docs of its source"
            desk.problem.emit(Unavailable(f"The guide is not here: {error.filename}", hint))
            return
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def keys() -> None:
        from ragdesk.ui.shortcuts_dialog import ShortcutsDialog

        ShortcutsDialog(actions, window).open()

    def diagnostics() -> None:
        from ragdesk.ui.diagnostics_dialog import DiagnosticsDialog

        DiagnosticsDialog(desk, window).open()

    def about() -> None:
        from ragdesk.ui.about_dialog import AboutDialog

        AboutDialog(desk, window).open()

    slots: dict[str, Callable[[], None]] = {
        "guide": guide,
        "shortcuts": keys,
        "diagnostics": diagnostics,
        "data_folder": lambda: _open_folder(desk.engine.library.folder),
        "log_folder": lambda: _open_folder(paths.log_file().parent),
        "about": about,
    }
    for name, slot in slots.items():
        actions[name].triggered.connect(lambda checked=False, slot=slot: slot())


def _open_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
