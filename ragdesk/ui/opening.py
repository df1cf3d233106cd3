"""A path in; its own program, or the file manager with the file chosen, opened. Says when it could not be."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices

from ragdesk.errors import RagDeskError, Unavailable
from ragdesk.inside import file_on_disk

if TYPE_CHECKING:
    from ragdesk.ui.desk import Desk


def open_path(path: Path) -> RagDeskError | None:
    """Open a file or folder in the program the system has for it. Returns what to tell the user where that failed."""
    if not path.exists():
        return _missing(path)
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
        return Unavailable(f"No program opens {path.name}", "Choose one for files of its kind in the system's settings")
    return None


def open_original(desk: Desk, path: str) -> None:
    """Open a document in the program the system has for it; of what lies in an archive or a message a copy."""

    def opened(file: Path) -> None:
        if (error := open_path(file)) is not None:
            desk.problem.emit(error)

    if file_on_disk(path) == path:
        opened(Path(path))
    else:
        desk.call(lambda: desk.engine.originals.file(path), opened)


def reveal(path: Path) -> RagDeskError | None:
    """Show a file in the file manager, chosen where the file manager can do that; else its folder."""
    if not path.exists():
        return _missing(path)
    if sys.platform == "win32":
        shown = QProcess.startDetached("explorer", ["/select,", str(path)])[0]
    elif sys.platform == "darwin":
        shown = QProcess.startDetached("open", ["-R", str(path)])[0]
    else:
        shown = _reveal_by_bus(path)
    return None if shown else open_path(path.parent)


def _reveal_by_bus(path: Path) -> bool:
    """Ask the file manager of a Linux desktop (org.freedesktop.FileManager1); False where there is none."""
    try:
        from PySide6.QtDBus import QDBusConnection, QDBusMessage
    except ImportError:  # a build of Qt without D-Bus
        return False
    bus = QDBusConnection.sessionBus()
    names = bus.interface() if bus.isConnected() else None
    if names is None or "org.freedesktop.FileManager1" not in names.registeredServiceNames().value():
        return False
    place = "/org/freedesktop/FileManager1"
    call = QDBusMessage.createMethodCall(
        "org.freedesktop.FileManager1", place, "org.freedesktop.FileManager1", "ShowItems"
    )
    call.setArguments([[QUrl.fromLocalFile(str(path)).toString()], ""])
    return bus.send(call)


def _missing(path: Path) -> RagDeskError:
    return Unavailable(f"{path.name} is no longer where it was", f"It was in {path.parent}")
