"""The program with its window: starts it once for each library, hands it files, and ends it."""

from __future__ import annotations

import faulthandler
import hashlib
import json
import logging
import logging.handlers
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSettings, Signal
from PySide6.QtGui import QFileOpenEvent, QIcon
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication, QMessageBox

from ragdesk import __version__, paths
from ragdesk.engine import Engine
from ragdesk.errors import RagDeskError, Unavailable, details_of
from ragdesk.settings import Settings, library_folder, load_settings
from ragdesk.ui.desk import Desk
from ragdesk.ui.focus_ring import FocusRing
from ragdesk.ui.garbage import Garbage
from ragdesk.ui.moving import move_library
from ragdesk.ui.problem_dialog import ProblemDialog
from ragdesk.ui.theme import Theme
from ragdesk.ui.window import Window

log = logging.getLogger("ragdesk")

_CONNECT_MS = 500
_ANSWER_MS = 20_000
"""The first may still be opening its library."""


def start(named: Sequence[str] = (), *, library: Path | None = None) -> int:
    """Open the window on a library and add the files named; where it is open already, hand them to it. Returns the exit code."""
    _check_qt()
    app = make_app(sys.argv)
    settings = load_or_mend_settings()
    if settings is None:
        return 2
    folder = library or library_folder(settings)
    _keep_log()
    unexpected = Unexpected()
    theme = Theme(app)
    wanted = [Path(name).absolute() for name in named]
    while True:
        try:
            settings = load_settings(paths.settings_file())
            theme.use(settings.theme, settings.font_points)
            door = Door(folder)
            engine = _open(folder, settings, door, wanted)
        except Exception as error:  # there is no window yet that would show it
            ProblemDialog(error, None).exec()
            return error.exit_code if isinstance(error, RagDeskError) else Unavailable.exit_code
        if engine is None:
            return 0
        desk = Desk(engine, theme)
        window = Window(desk, QSettings(str(paths.settings_file().with_name("window.ini")), QSettings.Format.IniFormat))
        unexpected.came.connect(window.show_problem)
        door.handed.connect(window.add)
        door.knocked.connect(window.come_forward)
        app.opened.connect(window.add)
        window.show()
        if wanted:
            window.add(wanted)
        wanted = []
        code = app.exec()
        door.close()
        unexpected.came.disconnect()
        app.opened.disconnect()
        if window.start_again:
            continue
        if window.move_to is None:
            return code
        try:
            move_library(folder, window.move_to)
            folder = window.move_to
        except RagDeskError as error:
            ProblemDialog(error, None).exec()


def load_or_mend_settings() -> Settings | None:
    """The settings; where their file is damaged, the user chooses to put it aside or (None) to quit and mend it."""
    file = paths.settings_file()
    while True:
        try:
            return load_settings(file)
        except RagDeskError as error:
            aside = file.with_name(f"{file.name}.damaged")
            box = QMessageBox(QMessageBox.Icon.Warning, "RagDesk", "The settings cannot be read.")
            box.setInformativeText(
                f"{error.message}.\n\nRagDesk can start with its usual settings; the file is kept as {aside.name}."
                " Documents and conversations are not touched."
            )
            box.setDetailedText(error.hint)
            usual = box.addButton("Use the usual settings", QMessageBox.ButtonRole.AcceptRole)
            box.addButton("Quit", QMessageBox.ButtonRole.RejectRole)
            box.exec()
            if box.clickedButton() is not usual:
                return None
            try:
                os.replace(file, aside)
            except OSError:  # it may be read but not moved: the usual settings hold until it is mended
                return Settings()


class App(QApplication):
    """The Qt application. Files that macOS hands to the running program come by `opened`, as paths."""

    opened = Signal(object)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self.opened.emit([Path(event.file())])
            return True
        return super().event(event)


def make_app(arguments: Sequence[str]) -> App:
    """The Qt application: Fusion, in our own colours."""
    app = App(list(arguments[:1]))
    app.setApplicationName("RagDesk")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("ragdesk")
    app.setStyle("Fusion")
    app.setWindowIcon(QIcon(str(paths.assets_dir() / "icons" / "ragdesk.svg")))
    Garbage(app)
    FocusRing(app)
    return app


class Unexpected(QObject):
    """Errors that nobody caught, in the window's thread or another: kept in the log, and told by `came`."""

    came = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        sys.excepthook = lambda kind, error, trace: self._take(error)
        threading.excepthook = lambda caught: self._take(caught.exc_value)

    def _take(self, error: BaseException | None) -> None:
        if error is not None:
            log.error("%s", details_of(error))
        if isinstance(error, Exception):
            self.came.emit(error)


class Door(QObject):
    """Where a second start of RagDesk on the same library hands its files to the first."""

    handed = Signal(object)
    """Paths to add."""
    knocked = Signal()
    """Started again: the window should come to the front."""

    def __init__(self, library: Path) -> None:
        super().__init__()
        user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
        digest = hashlib.sha256(f"{user}\0{library.expanduser().resolve()}".encode()).hexdigest()[:16]
        self._name = f"ragdesk-{digest}"
        self._sockets: list[QLocalSocket] = []
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._answer)

    def hand_over(self, named: Sequence[str | Path]) -> bool:
        """Give the files to the RagDesk that has this library open; False where there is none. Raises `Unavailable`."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_CONNECT_MS):
            return False
        socket.write(json.dumps([str(Path(name).absolute()) for name in named]).encode() + b"\n")
        socket.waitForBytesWritten(_CONNECT_MS)
        if not (socket.canReadLine() or socket.waitForReadyRead(_ANSWER_MS)):
            raise Unavailable(
                "RagDesk is open already, and does not answer",
                "Wait until it does, or end it, then start RagDesk again"
                + "; the files are not added yet" * bool(named),
            )
        socket.disconnectFromServer()
        return True

    def open(self) -> None:
        """Wait for later starts; what they hand over is taken once the event loop runs."""
        if not self._is_answered():  # listening would take the door over from whoever waits there
            QLocalServer.removeServer(self._name)  # left behind by one that was killed
            self._server.listen(self._name)

    def _is_answered(self) -> bool:
        """Whether another RagDesk waits at this door."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        answered = socket.waitForConnected(_CONNECT_MS)
        socket.abort()
        return answered

    def close(self) -> None:
        """No longer wait."""
        self._server.close()

    # Slots are methods of the door: functions that close over it would keep it until a socket goes, and take it along then.

    def _answer(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            self._sockets.append(socket)
            socket.readyRead.connect(self._read)
            socket.disconnected.connect(self._let_go)
            self._read()

    def _let_go(self) -> None:
        gone = [s for s in self._sockets if s.state() == QLocalSocket.LocalSocketState.UnconnectedState]
        for socket in gone:
            self._sockets.remove(socket)
            socket.deleteLater()

    def _read(self) -> None:
        for socket in [socket for socket in self._sockets if socket.canReadLine()]:
            try:
                named = [Path(name) for name in json.loads(bytes(socket.readLine().data()))]
            except ValueError:
                continue
            socket.write(b"ok\n")
            socket.flush()  # before what was handed over keeps the event loop
            self.knocked.emit()
            if named:
                self.handed.emit(named)


def _open(folder: Path, settings: Settings, door: Door, wanted: Sequence[Path]) -> Engine | None:
    """The library opened for writing, its door open.

    None where another RagDesk has it open and took the files, or where another program uses it and the user gives up.
    """
    while not door.hand_over(wanted):
        door.open()
        try:
            return Engine(folder, write=True, settings=settings)
        except Unavailable as error:
            door.close()
            if door.hand_over(wanted):  # it was started twice at once, and the other was quicker
                return None
            box = QMessageBox(QMessageBox.Icon.Information, "RagDesk", error.message)
            box.setInformativeText(error.hint)
            again = box.addButton("Try again", QMessageBox.ButtonRole.AcceptRole)
            box.addButton("Quit", QMessageBox.ButtonRole.RejectRole)
            box.exec()
            if box.clickedButton() is not again:
                return None
    return None


def _check_qt() -> None:
    """Refuse a PySide6 that aborts the process after some thousand calls."""
    import PySide6

    if sys.version_info < (3, 12) and tuple(int(part) for part in PySide6.__version__.split(".")[:2]) >= (6, 12):
        raise Unavailable(
            f"PySide6 {PySide6.__version__} is not safe with Python 3.11",
            'Install an earlier one: pip install "PySide6-Essentials<6.12"',
        )


def _keep_log() -> None:
    """Write warnings and errors to the log file. It never holds document text or questions."""
    file = paths.log_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = logging.handlers.RotatingFileHandler(file, maxBytes=1 << 20, backupCount=2, encoding="utf-8")
    except OSError:
        return  # a log that cannot be written must not keep the window from opening
    kept.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(kept)
    log.setLevel(logging.INFO)
    if sys.stderr is not None:
        faulthandler.enable()
