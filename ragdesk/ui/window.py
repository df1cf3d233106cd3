"""The window: its panes, menus and dialogs put together; what is chosen in one pane is shown in another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import shiboken6
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLineEdit,
    QMainWindow,
    QMessageBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ragdesk import paths
from ragdesk.domain import Citation, Conversation, Hit, Scope, Turn
from ragdesk.ingest.ignoring import Rules, rules_of
from ragdesk.library.branches import branch
from ragdesk.library.library import DEFAULT_COLLECTION
from ragdesk.models.catalogue import QUOTE
from ragdesk.settings import Settings, save_settings
from ragdesk.ui.actions import Actions
from ragdesk.ui.command_palette import CommandPalette
from ragdesk.ui.conversation_list import ConversationList
from ragdesk.ui.conversation_pane import ConversationPane
from ragdesk.ui.desk import Desk
from ragdesk.ui.drop_overlay import DropOverlay, dropped_paths
from ragdesk.ui.helping import connect_help
from ragdesk.ui.jobs_panel import JobsPanel
from ragdesk.ui.library_pane import LibraryPane
from ragdesk.ui.menus import ChosenActions, fill_menu_bar
from ragdesk.ui.models_page import is_model
from ragdesk.ui.notices import Notice
from ragdesk.ui.panes import CONVERSATION, LIBRARY, SOURCE, Panes
from ragdesk.ui.problem_dialog import ProblemDialog
from ragdesk.ui.remembering import remember, restore
from ragdesk.ui.source_pane import SourcePane
from ragdesk.ui.unlocking import LockedFile, Unlocking
from ragdesk.ui.watching import Watching

_SAMPLES = "Samples"


class Window(QMainWindow):
    """The whole of RagDesk's window over one desk."""

    def __init__(self, desk: Desk, state: QSettings) -> None:
        super().__init__()
        self._desk = desk
        self._state = state
        self._problem: ProblemDialog | None = None
        self._added = _what_is_added(desk.settings)
        self.move_to: Path | None = None
        self.start_again = False
        self.setWindowTitle("RagDesk")
        self.setMinimumSize(420, 420)
        self.setAcceptDrops(True)
        self.actions_by_name = Actions(self, desk.theme)
        self.library = LibraryPane(desk, self.actions_by_name)
        self.conversations = ConversationList(desk, self.actions_by_name)
        self.conversation = ConversationPane(desk, self.actions_by_name)
        self.source = SourcePane(desk, self.actions_by_name)
        self.jobs = JobsPanel(desk, self.actions_by_name)
        self.notice = Notice(self)
        self.overlay = DropOverlay(self)
        self.watching = Watching(desk)
        self.unlocking = Unlocking(desk, self)
        self._lay_out()
        fill_menu_bar(self.menuBar(), self.actions_by_name)
        self._connect()
        restore(self, state)
        for field in self.findChildren(QLineEdit):
            field.setAcceptDrops(False)  # files dropped there are documents, and go to the window
        self.conversation.composer.setFocus()
        desk.look_at_documents()
        desk.look_at_conversations()
        desk.sync(quiet=True)
        desk.call(desk.engine.warm_up)

    @property
    def desk(self) -> Desk:
        """What the panes share."""
        return self._desk

    # --- What one can do

    def add(self, named: Sequence[str | Path], collection: str = DEFAULT_COLLECTION) -> None:
        """Add files and folders; a GGUF file becomes the language model."""
        models = [path for path in named if is_model(Path(path))]
        documents = [path for path in named if path not in models]
        if documents:
            self._desk.add(documents, collection)
        if models:
            self._desk.models.add(models, lambda added: self._desk.models.use(str(added[-1].path)))

    def come_forward(self) -> None:
        """Stand before other windows: RagDesk was started again."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized | Qt.WindowState.WindowActive)
        self.show()
        self.raise_()
        self.activateWindow()

    def show_citation(self, citation: Citation, turn: Turn | None) -> None:
        """Show a citation's passage in the source pane."""
        self.panes.show_pane(SOURCE)
        self.source.show_citation(citation, turn.citations if turn else (citation,), turn)

    def show_hit(self, hit: Hit, turn: Turn | None) -> None:
        """Show a passage in the source pane."""
        self.panes.show_pane(SOURCE)
        self.source.show_hit(hit, turn)

    def show_document(self, document_id: int) -> None:
        """Show a document in the source pane."""
        self.panes.show_pane(SOURCE)
        self.source.show_document(document_id)

    def show_evidence(self, turn: Turn) -> None:
        """Show what an answer was made from."""
        self.panes.show_pane(SOURCE)
        self.source.show_evidence(turn)

    def show_prompt(self, turn: Turn) -> None:
        """Show exactly what a language model was given for an answer."""
        self.show_evidence(turn)
        self.source.evidence.go_to_prompt()

    def open_settings(self, page: str = "") -> None:
        """Show the settings."""
        from ragdesk.ui.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self._desk, self)
        dialog.settings_changed.connect(self._settings_changed)
        dialog.move_wanted.connect(self._move_library)
        dialog.restart_wanted.connect(self._restart)
        if page:
            dialog.show_page(page)
        dialog.open()

    # --- Layout

    def _lay_out(self) -> None:
        self.left = QTabWidget()
        self.left.setObjectName("pane")
        self.left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.left.setAccessibleName("Documents and conversations")
        self.left.setDocumentMode(True)
        self.left.tabBar().setDrawBase(False)
        self.left.addTab(self.library, "Documents")
        self.left.addTab(self.conversations, "Conversations")
        self.left.tabBar().setAccessibleName("Library pane")
        self.panes = Panes((self.left, self.conversation, self.source))
        self.panes.changed.connect(self._show_panes)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.panes, 1)
        column.addWidget(self.jobs)
        self.setCentralWidget(inside)

    def _show_panes(self) -> None:
        self.actions_by_name["show_library"].setChecked(self.panes.is_shown(LIBRARY))
        self.actions_by_name["show_source"].setChecked(self.panes.is_shown(SOURCE))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the panes room beside the work in progress."""
        super().resizeEvent(event)
        self.jobs.fit(self.height())

    # --- Connections

    def _connect(self) -> None:
        actions, desk = self.actions_by_name, self._desk
        for name, slot in {
            "add_files": self._choose_files,
            "add_folder": self._choose_folder,
            "add_samples": self._add_samples,
            "add_model": self._choose_model_file,
            "export": self._export,
            "settings": self.open_settings,
            "problems": self._open_problems,
            "quit": self.close,
            "undo": self.notice.undo,
            "palette": self._open_palette,
            "next_pane": lambda: self.panes.go_on(1),
            "previous_pane": lambda: self.panes.go_on(-1),
            "show_library": lambda: self.panes.toggle(LIBRARY),
            "show_conversation": lambda: self.panes.go_to(CONVERSATION),
            "show_source": lambda: self.panes.toggle(SOURCE),
            "larger": lambda: self._resize_text(1),
            "smaller": lambda: self._resize_text(-1),
            "sync": lambda: desk.sync(),
        }.items():
            actions[name].triggered.connect(lambda checked=False, slot=slot: slot())
        actions["filter"].triggered.connect(self._filter)
        actions["find_conversation"].triggered.connect(self._find_conversation)
        actions["rename_conversation"].triggered.connect(self._rename_conversation)
        connect_help(actions, desk, self)
        ChosenActions(actions, desk, self.library, self.conversations, self.conversation)
        self.library.opened.connect(self.show_document)
        self.library.scoped.connect(self._ask_only)
        self.library.add_wanted.connect(self._choose)
        self.library.doing.unlock_wanted.connect(self.unlocking.ask)
        self.source.unlock_wanted.connect(self._unlock_pages)
        self.conversations.chosen.connect(self._open_conversation)
        self.conversations.export_wanted.connect(lambda id: self._export_conversation(id))
        self.conversation.cited.connect(self.show_citation)
        self.conversation.hit_chosen.connect(self.show_hit)
        self.conversation.evidence_wanted.connect(self.show_evidence)
        self.conversation.prompt_wanted.connect(self.show_prompt)
        self.conversation.export_wanted.connect(self._export_answer)
        self.conversation.model_wanted.connect(lambda: self.open_settings("Models"))
        self.conversation.told.connect(self.notice.tell)
        self.conversation.shown.connect(self.conversations.select)
        self.source.asked_about.connect(self._ask_about)
        self.source.copied.connect(self.notice.tell)
        self.jobs.chosen.connect(self.library.open_path)
        desk.notice.connect(self.notice.tell)
        desk.settled.connect(self.notice.forget)
        desk.collection_renamed.connect(self._collection_renamed)
        self.notice.undoable.connect(self._show_undoable)
        self._show_undoable("")
        desk.model_changed.connect(self._model_changed)
        desk.problem.connect(self.show_problem)

    def _filter(self) -> None:
        self.left.setCurrentWidget(self.library)
        self.panes.show_pane(LIBRARY)
        self.library.focus_filter()

    def _find_conversation(self) -> None:
        self.left.setCurrentWidget(self.conversations)
        self.panes.show_pane(LIBRARY)
        self.conversations.search.setFocus()

    def _rename_conversation(self) -> None:
        if self.conversation.conversation is not None:
            self.left.setCurrentWidget(self.conversations)
            self.panes.show_pane(LIBRARY)
            self.conversations.rename(self.conversation.conversation.id)

    def _choose(self, collection: str, folder: bool) -> None:
        chooser = QFileDialog(self, "Add a folder" if folder else "Add files")
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.setFileMode(QFileDialog.FileMode.Directory if folder else QFileDialog.FileMode.ExistingFiles)
        chooser.setOption(QFileDialog.Option.ShowDirsOnly, folder)
        chooser.filesSelected.connect(lambda chosen: self.add(chosen, collection or DEFAULT_COLLECTION))
        chooser.open()

    def _choose_files(self) -> None:
        self._choose(DEFAULT_COLLECTION, False)

    def _choose_folder(self) -> None:
        self._choose(DEFAULT_COLLECTION, True)

    def _choose_model_file(self) -> None:
        chooser = QFileDialog(self, "Choose a language model", "", "Language models (*.gguf)")
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.filesSelected.connect(self.add)
        chooser.open()

    def _add_samples(self) -> None:
        names = [p for p in sorted(paths.samples_dir().iterdir()) if p.suffix not in (".py", ".json") and p.is_file()]
        self._desk.add(names, _SAMPLES)
        self.notice.tell("Adding the sample documents. They can be asked in a moment.")

    def _export(self) -> None:
        if self.conversation.conversation is not None:
            self._export_conversation(self.conversation.conversation.id)

    def _export_answer(self, turn: Turn) -> None:
        if self.conversation.conversation is not None:
            self._export_conversation(self.conversation.conversation.id, turn)

    def _export_conversation(self, conversation_id: int, turn: Turn | None = None) -> None:
        """Offer to write a conversation to a file, as it is shown where it is; with `turn`, first of all that answer."""
        from ragdesk.ui.export_dialog import ExportDialog

        def show(conversation: Conversation) -> None:
            pane = self.conversation
            is_shown = pane.conversation is not None and pane.conversation.id == conversation_id
            turns = pane.turns if is_shown else branch(conversation.turns)
            last = turns[-1] if turns else None
            dialog = ExportDialog(self._desk, conversation, turn or last, self, shown=[t.id for t in turns])
            dialog.one.setChecked(turn is not None)
            dialog.open()

        self._desk.call(lambda: self._desk.engine.conversations.one(conversation_id), show)

    def _open_palette(self) -> None:
        palette = CommandPalette(self.actions_by_name, self._desk, self)
        palette.document_chosen.connect(self.show_document)
        palette.conversation_chosen.connect(self._open_conversation)
        palette.open()

    def _open_problems(self) -> None:
        from ragdesk.ui.problems_dialog import ProblemsDialog

        dialog = ProblemsDialog(self._desk, self)
        dialog.unlock_wanted.connect(self.unlocking.ask)
        dialog.open()

    def _unlock_pages(self, path: str, name: str, again: bool) -> None:
        """Ask for the password of a file whose pages are to be shown."""
        file, show = LockedFile(path, name), self.source.document.open_again
        if again:
            self.unlocking.ask([file], show)
        else:
            self.unlocking.ask_once(file, show)

    def show_problem(self, error: BaseException) -> None:
        """Show an error, with what to do next; one that comes while another is shown is told of in the same dialog."""
        if self._problem is not None and shiboken6.isValid(self._problem) and self._problem.isVisible():
            self._problem.add(error)
            return
        self._problem = ProblemDialog(error, QApplication.activeModalWidget() or self)
        self._problem.open()

    def _open_conversation(self, conversation_id: int) -> None:
        self.conversation.open(conversation_id)
        self.panes.go_to(CONVERSATION)

    def _ask_only(self, scope: Scope) -> None:
        self.conversation.scope_bar.set_scope(scope)
        self.panes.go_to(CONVERSATION)

    def _ask_about(self, text: str) -> None:
        self.panes.go_to(CONVERSATION)
        self.conversation.ask_about(text)

    def _show_undoable(self, said: str) -> None:
        undo = self.actions_by_name["undo"]
        undo.setEnabled(bool(said))
        undo.setStatusTip(f"Take back: {said}" if said else "There is nothing to take back")

    def _collection_renamed(self, old: str, new: str) -> None:
        """A scope that names the collection goes on meaning it."""
        bar = self.conversation.scope_bar
        if old in bar.scope.collections:
            names = {new if name == old else name for name in bar.scope.collections}
            bar.set_scope(replace(bar.scope, collections=tuple(sorted(names))))

    def _model_changed(self, name: str) -> None:
        self.conversation.show_settings()
        by = "by quoting" if name == QUOTE else f"by {name}"
        self.notice.tell(f"Questions are answered {by} from now on.")

    def _move_library(self, folder: Path) -> None:
        """Close; whoever opened the window moves the library and opens it there."""
        self.move_to = folder
        if not self.close():
            self.move_to = None

    def _restart(self) -> None:
        """Close; whoever opened the window opens it again, with the settings as they are now."""
        self.start_again = True
        if not self.close():
            self.start_again = False

    def _settings_changed(self) -> None:
        what = _what_is_added(self._desk.settings)
        if what != self._added:
            self._added = what
            self._desk.sync(quiet=True)
        self._desk.theme.use(self._desk.settings.theme, self._desk.settings.font_points)
        self.conversation.show_settings()

    def _resize_text(self, step: int) -> None:
        size = self._desk.settings.font_points or round(self.font().pointSizeF())
        values = {"font_points": min(32, max(7, size + step))}
        self._desk.engine.settings = self._desk.settings.with_values(values)
        save_settings(self._desk.settings, paths.settings_file())
        self._settings_changed()

    # --- Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Say what dropping would do."""
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            self.overlay.show_for(event.mimeData(), DEFAULT_COLLECTION)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing is dropped after all."""
        self.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add what was dropped."""
        self.overlay.hide()
        named = dropped_paths(event.mimeData())
        if named:
            event.acceptProposedAction()
            self.add(named)

    # --- Remembering and closing

    def remember(self) -> None:
        """Keep where everything stands for the next start."""
        remember(self, self._state)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask once where work is going on; it goes on at the next start."""
        if any(running.is_seen for running in self._desk.jobs.at_work) and not self._may_close():
            event.ignore()
            return
        self.remember()
        self.hide()
        self.conversation.stop()
        self.watching.close()
        self._desk.close()
        event.accept()

    def _may_close(self) -> bool:
        box = QMessageBox(self)
        box.setWindowTitle("RagDesk")
        if self._desk.jobs.of("ingest") is not None:
            box.setText("RagDesk is still reading documents.")
            box.setInformativeText("What is done is kept, and the rest goes on at the next start.")
        else:
            box.setText("RagDesk is still at work on a language model.")
            box.setInformativeText("What is there of a download is kept, and it goes on when you start it again.")
        close = box.addButton("Close", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Keep working", QMessageBox.ButtonRole.RejectRole)
        box.exec()
        return box.clickedButton() is close


def _what_is_added(settings: Settings) -> tuple[Rules, int]:
    """What decides which files of added folders are read: where it changes, they are looked at again."""
    return rules_of(settings), settings.file_limit_mb
