"""Every action of the window, declared once: its text, shortcut, icon, menu and what it is for.

Menus, tool buttons, the command palette and the sheet of shortcuts are made from this table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from ragdesk.ui.theme import Theme

MENUS = ("&File", "&Edit", "&View", "&Library", "&Conversation", "&Source", "&Help")


@dataclass(frozen=True, slots=True)
class ActionText:
    """What an action says of itself. `checkable` ones are on or off."""

    name: str
    menu: str
    text: str
    tip: str
    shortcut: str = ""
    icon: str = ""
    checkable: bool = False


_A = ActionText
ACTIONS: tuple[ActionText, ...] = (
    _A("add_files", "&File", "Add &files…", "Choose files to add to the library", "Ctrl+O", "file"),
    _A(
        "add_folder",
        "&File",
        "Add a fol&der…",
        "Choose a folder to add, with all below it",
        "Ctrl+Shift+O",
        "folder-plus",
    ),
    _A("add_samples", "&File", "Add the &samples", "Add the sample documents, to try things out", "", "library-big"),
    _A(
        "add_model",
        "&File",
        "Use a language &model…",
        "Choose a GGUF file to answer questions; it stays where it is",
        "",
        "bot",
    ),
    _A("export", "&File", "&Export…", "Write the conversation with its sources to a file", "Ctrl+E", "download"),
    _A(
        "settings", "&File", "&Settings…", "Change how RagDesk reads, searches, answers and looks", "Ctrl+,", "settings"
    ),
    _A("quit", "&File", "&Quit", "Close RagDesk; what is not finished goes on next time", "Ctrl+Q"),
    _A("undo", "&Edit", "&Undo", "Take back the last removal", "Ctrl+Z", "undo-2"),
    _A("copy_answer", "&Edit", "&Copy the answer", "Copy the last answer as text", "Ctrl+Shift+C", "copy"),
    _A(
        "copy_cited",
        "&Edit",
        "Copy the answer with &sources",
        "Copy the last answer as Markdown",
        "Ctrl+Alt+C",
    ),
    _A("find", "&Edit", "&Find in the source", "Find text in the document shown", "Ctrl+F", "search"),
    _A("palette", "&View", "&Commands…", "Find a command or document by typing", "Ctrl+K", "command"),
    _A("next_pane", "&View", "&Next pane", "Go to the next pane", "F6"),
    _A("previous_pane", "&View", "&Previous pane", "Go to the previous pane", "Shift+F6"),
    _A("show_library", "&View", "&Library", "Show or hide the library pane", "Ctrl+1", "panel-left", True),
    _A("show_conversation", "&View", "&Conversation", "Go to the conversation", "Ctrl+2", "message-square"),
    _A("show_source", "&View", "&Source", "Show or hide the source pane", "Ctrl+3", "panel-right", True),
    _A("show_jobs", "&View", "&Work in progress", "Show what RagDesk is working on", "Ctrl+J", "list-filter", True),
    _A("larger", "&View", "Larger &text", "Make the window's text larger", "Ctrl+Shift++"),
    _A("smaller", "&View", "S&maller text", "Make the window's text smaller", "Ctrl+Shift+-"),
    _A(
        "sync",
        "&Library",
        "&Look for changes",
        "Pick up new, changed and vanished files in what was added",
        "F5",
        "refresh-cw",
    ),
    _A(
        "filter",
        "&Library",
        "&Filter documents",
        "Show only documents whose name holds some text",
        "Ctrl+L",
        "list-filter",
    ),
    _A(
        "only_failures",
        "&Library",
        "Problems &first",
        "Show files that were not wholly read first",
        "",
        "triangle-alert",
        True,
    ),
    _A(
        "problems",
        "&Library",
        "&Problems by reason…",
        "Show what was not wholly read, why, and what to do about it",
        "Ctrl+Shift+P",
        "circle-question-mark",
    ),
    _A("open_document", "&Library", "&Open", "Show the chosen document", "", "book-open"),
    _A("reveal_document", "&Library", "Show in its &folder", "Show the chosen file in its folder", "", "folder-open"),
    _A(
        "ask_chosen",
        "&Library",
        "&Ask only what is chosen",
        "Ask only the chosen documents, folders or collections",
        "Ctrl+Shift+D",
        "message-square",
    ),
    _A(
        "why",
        "&Library",
        "&Why was it not read?",
        "Say why the chosen document was not wholly read",
        "",
        "circle-question-mark",
    ),
    _A("read_again", "&Library", "&Read again", "Read the chosen documents anew", "Shift+F5", "refresh-cw"),
    _A("move_documents", "&Library", "Move to a &collection…", "Put the chosen documents into a collection"),
    _A(
        "remove_documents",
        "&Library",
        "Re&move from the library",
        "Take the chosen documents out of the library; the files stay",
        "",
        "trash-2",
    ),
    _A(
        "pause_work",
        "&Library",
        "&Pause the work",
        "Let the work in progress rest, or go on with it",
        "Ctrl+Shift+J",
        "pause",
        True,
    ),
    _A("stop_work", "&Library", "&Stop the work", "Stop the work in progress; what is done is kept", "", "square"),
    _A("retry_failed", "&Library", "&Try failed files again", "Read the files anew that failed", "", "rotate-ccw"),
    _A("new_conversation", "&Conversation", "&New conversation", "Begin a new conversation", "Ctrl+N", "plus"),
    _A(
        "find_conversation",
        "&Conversation",
        "&Find a conversation",
        "Search in all conversations",
        "Ctrl+Shift+F",
        "search",
    ),
    _A("ask", "&Conversation", "&Ask", "Go to the question field", "Ctrl+D", "send"),
    _A("stop", "&Conversation", "&Stop", "Stop the answer that is being made", "Esc", "square"),
    _A("regenerate", "&Conversation", "Answer a&gain", "Answer the last question again", "Ctrl+R", "rotate-ccw"),
    _A(
        "edit_question",
        "&Conversation",
        "&Edit the last question",
        "Change the last question and ask again",
        "Ctrl+Shift+E",
        "pencil",
    ),
    _A(
        "delete_answer",
        "&Conversation",
        "&Delete the last answer",
        "Delete the last question and its answer",
        "",
        "trash-2",
    ),
    _A(
        "branch",
        "&Conversation",
        "Go on in a new con&versation",
        "Copy the conversation up to the last answer into a new one, to go on there",
        "",
        "messages-square",
    ),
    _A(
        "read_everything",
        "&Conversation",
        "&Read everything",
        "Read all passages asked for the next question, not the best ones: for summaries, lists, counts, comparisons",
        "Ctrl+Shift+R",
        "library-big",
        True,
    ),
    _A("ask_all", "&Conversation", "Ask a&ll documents", "Limit the question no longer", "Ctrl+Shift+A", "layers"),
    _A(
        "choose_model",
        "&Conversation",
        "Choose what ans&wers…",
        "Choose what answers: quotes, or a language model",
        "",
        "bot",
    ),
    _A("rename_conversation", "&Conversation", "Rena&me", "Give the conversation another title", "F2"),
    _A("pin_conversation", "&Conversation", "&Pin", "Keep the conversation at the head of the list", "", "pin", True),
    _A("delete_conversation", "&Conversation", "Delete the conversati&on", "Delete the conversation shown"),
    _A(
        "show_prompt",
        "&Source",
        "Show the p&rompt",
        "Show exactly what the language model was given for the last answer",
    ),
    _A("evidence", "&Source", "E&vidence", "Show what the last answer was made from", "Ctrl+4", "layers"),
    _A(
        "previous_citation",
        "&Source",
        "&Previous citation",
        "Show the citation before this one",
        "Alt+Left",
        "chevron-left",
    ),
    _A("next_citation", "&Source", "&Next citation", "Show the citation after this one", "Alt+Right", "chevron-right"),
    _A("previous_page", "&Source", "Previous pa&ge", "Show the page before this one", "Ctrl+PgUp"),
    _A("next_page", "&Source", "Next p&age", "Show the page after this one", "Ctrl+PgDown"),
    _A("zoom_in", "&Source", "Zoom &in", "Show the page larger", "Ctrl++", "zoom-in"),
    _A("zoom_out", "&Source", "Zoom &out", "Show the page smaller", "Ctrl+-", "zoom-out"),
    _A("fit_width", "&Source", "Fit &width", "Show the page as wide as the pane", "Ctrl+0", "maximize"),
    _A("fit_page", "&Source", "Fit &whole page", "Show the whole page", "Ctrl+9"),
    _A("copy_passage", "&Source", "&Copy the passage", "Copy what is selected, else what is marked", "", "copy"),
    _A(
        "copy_passage_cited",
        "&Source",
        "Copy with c&itation",
        "Copy what is selected or marked, with its source",
        "Ctrl+Shift+X",
        "text-quote",
    ),
    _A(
        "ask_about",
        "&Source",
        "As&k about this",
        "Put what is selected or marked into the question field",
        "Ctrl+Shift+K",
        "message-square",
    ),
    _A(
        "open_original",
        "&Source",
        "&Open the original",
        "Open the file in its own program",
        "Ctrl+Return",
        "external-link",
    ),
    _A("reveal_original", "&Source", "Show in its &folder", "Show the file in its folder", "", "folder-open"),
    _A("guide", "&Help", "&Guide", "Read how to do things with RagDesk; needs no network", "Ctrl+F1", "book-open"),
    _A("shortcuts", "&Help", "&Keyboard shortcuts", "Show all keyboard shortcuts", "F1", "keyboard"),
    _A(
        "diagnostics",
        "&Help",
        "&Diagnostics…",
        "Show what RagDesk runs on and what needs attention, to save or copy it",
        "",
        "circle-check",
    ),
    _A("data_folder", "&Help", "Open the da&ta folder", "Open the folder that holds the library", "", "hard-drive"),
    _A("log_folder", "&Help", "Open the l&og folder", "Open the folder that holds the log", "", "file-text"),
    _A("about", "&Help", "&About RagDesk", "Versions and licences", "", "info"),
)


_ROLES = {
    "settings": QAction.MenuRole.PreferencesRole,
    "quit": QAction.MenuRole.QuitRole,
    "about": QAction.MenuRole.AboutRole,
}
"""What macOS puts into the menu of the program; without a role it would guess from the text."""


class Actions(QObject):
    """The actions themselves, by name. The window connects them; panes put them on their buttons."""

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._theme = theme
        self._all: dict[str, QAction] = {}
        for text in ACTIONS:
            action = QAction(text.text, window)
            action.setObjectName(text.name)
            action.setShortcut(QKeySequence(text.shortcut))
            action.setCheckable(text.checkable)
            action.setMenuRole(_ROLES.get(text.name, QAction.MenuRole.NoRole))
            shown = QKeySequence(text.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{text.tip} ({shown})" if shown else text.tip)
            action.setStatusTip(text.tip)
            window.addAction(action)
            self._all[text.name] = action
        theme.changed.connect(self._tint)
        self._tint()

    def __getitem__(self, name: str) -> QAction:
        return self._all[name]

    def __iter__(self) -> Iterator[tuple[ActionText, QAction]]:
        return ((text, self._all[text.name]) for text in ACTIONS)

    def _tint(self) -> None:
        for text in ACTIONS:
            if text.icon:
                self._all[text.name].setIcon(self._theme.icon(text.icon))
