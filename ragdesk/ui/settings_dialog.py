"""All settings: groups at the left, a form at the right, made from the table in `ragdesk.settings`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ragdesk.errors import RagDeskError, WrongUse
from ragdesk.ingest.changing import told_cost
from ragdesk.models.embedder import Embedder, chosen_embedder
from ragdesk.paths import settings_file
from ragdesk.settings import Settings, describe_settings, save_settings
from ragdesk.ui.all_models_page import AllModelsPage
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import button, words
from ragdesk.ui.embedder_choice import FormerModel
from ragdesk.ui.server_page import ServerPage
from ragdesk.ui.settings_fields import SettingRow
from ragdesk.ui.settings_pages import DataPage, LookPage

_SEARCHED = {
    "Look": "look colours theme dark light contrast text font size window",
    "Models": "models what answers language model gguf quote llm download hub token verify embedder reranker checker",
    "Server": "server endpoint address openai ollama vllm lm studio llama-server key language model remote",
    "Data": "data library folder move log size",
}
"""What pages that are no forms are found by."""
_ON_PAGES = ("theme", "font_points", "model", "library", "endpoint", "endpoint_model", "endpoint_agreed")
_EMBEDDING = ("embedder", "embedding_dimensions", "embedding_layers")
_CODE = "embedder_remote_code"
ORDER = ("Look", "Models", "Server", "Answers", "Search", "Reading", "Chunks", "Embedding", "Data")


class SettingsDialog(QDialog):
    """Nothing is kept until it is applied; colours and text size are shown at once and taken back when it is not."""

    settings_changed = Signal()
    """The desk's settings are others now."""
    restart_wanted = Signal()
    """RagDesk is to close and open again, with what was changed."""
    move_wanted = Signal(object)
    """The library is to be moved to this folder."""

    def __init__(self, desk: Desk, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Settings")
        self._desk = desk
        self._wanted: dict[str, Any] = {}
        self._warned = False
        self._saving = False
        self.rows: dict[str, SettingRow] = {}
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search settings")
        self.search.setAccessibleName("Search settings")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.groups = QListWidget()
        self.groups.setObjectName("groups")
        self.groups.setAccessibleName("Groups of settings")
        self.groups.currentRowChanged.connect(self._show_group)
        self._pages = QStackedWidget()
        self._make_pages()
        self._lay_out()
        self.setMinimumSize(520, 400)
        self.resize(780, 600)
        self.groups.setCurrentRow(0)
        self._show_state()

    def show_page(self, name: str) -> None:
        """Go to a page: "Models", "Data", "Look" or a group of settings."""
        for place in range(self.groups.count()):
            if self.groups.item(place).text() == name:
                self.groups.setCurrentRow(place)

    @property
    def page(self) -> str:
        """The page shown."""
        item = self.groups.currentItem()
        return item.text() if item else ""

    @property
    def is_changed(self) -> bool:
        """Whether something is not applied yet."""
        return bool(self._wanted)

    def reject(self) -> None:
        """Close; where something is not applied yet, say so first, and discard it the second time."""
        if self._saving:
            return
        if self.is_changed and not self._warned:
            self._warned = True
            self._say("Some changes are not applied yet.", "warn")
            self.close_button.setText("Discard and close")
            self.close_button.setAccessibleName("Discard the changes and close")
            return
        if {"theme", "font_points"} & self._wanted.keys():
            self._desk.theme.use(self._desk.settings.theme, self._desk.settings.font_points)
        super().reject()

    # --- Parts

    def _make_pages(self) -> None:
        desk = self._desk
        self.look, self.all_models, self.data = LookPage(desk), AllModelsPage(desk), DataPage(desk)
        self.models = self.all_models.answers
        desk.folder_models.kept.connect(self._kept_elsewhere)
        self.look.edited.connect(self._edit)
        self.server = ServerPage(desk)
        self.server.edited.connect(self._edit)
        self.data.move_wanted.connect(self._move)
        own = {"Look": self.look, "Models": self.all_models, "Server": self.server, "Data": self.data}
        about = [row for row in describe_settings(desk.settings) if row["name"] not in _ON_PAGES]
        others = [row["group"] for row in about if row["group"] not in ORDER]
        for group in [*ORDER, *dict.fromkeys(others)]:
            page = own.get(group) or self._make_form([row for row in about if row["group"] == group])
            self.groups.addItem(QListWidgetItem(group))
            self._pages.addWidget(self._scrolled(group, page))

    def _make_form(self, about: list[dict[str, Any]]) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(20)
        for setting in about:
            row = SettingRow(setting, self._desk.theme)
            row.edited.connect(self._edit)
            self.rows[row.name] = row
            column.addWidget(row)
        if any(row["name"] == "embedder" for row in about):
            self.former = FormerModel(self._desk)
            self.former.went_back.connect(self._went_back)
            column.addWidget(self.former)
        column.addStretch(1)
        return page

    def _scrolled(self, title: str, page: QWidget) -> QScrollArea:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(24, 20, 24, 24)
        column.setSpacing(16)
        column.addWidget(words(title, "heading"))
        column.addWidget(page, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        return scroll

    def _lay_out(self) -> None:
        left = QWidget()
        left.setFixedWidth(176)
        column = QVBoxLayout(left)
        column.setContentsMargins(12, 20, 12, 12)
        column.setSpacing(12)
        column.addWidget(self.search)
        column.addWidget(self.groups, 1)
        self.nothing = words("Nothing found", "dim")
        self.nothing.hide()
        column.addWidget(self.nothing)
        self.groups.setStyleSheet("#groups { background: transparent; border: 0; }")
        right = QFrame()
        right.setObjectName("pane")
        inside = QVBoxLayout(right)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self._pages)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(left)
        middle.addWidget(right, 1)

        self.said = words("")
        self.read_again = button("Read again now", look="link")
        self.read_again.clicked.connect(self._read_again)
        self.read_again.hide()
        self.start_again = button("Start again now", look="link")
        self.start_again.clicked.connect(self._restart)
        self.start_again.hide()
        self.close_button = button("Close")
        self.close_button.clicked.connect(self.reject)
        self.apply_button = button("Apply", look="primary")
        self.apply_button.setDefault(True)
        self.apply_button.clicked.connect(self.apply)
        foot = QFrame()
        foot.setObjectName("footer")
        row = QHBoxLayout(foot)
        row.setContentsMargins(24, 12, 24, 12)
        row.setSpacing(8)
        row.addWidget(self.said, 1)
        row.addWidget(self.read_again)
        row.addWidget(self.start_again)
        row.addWidget(self.close_button)
        row.addWidget(self.apply_button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(middle, 1)
        outer.addWidget(foot)

    # --- Changing

    def _edit(self, name: str, value: Any) -> None:
        if value == getattr(self._desk.settings, name):
            self._wanted.pop(name, None)
        else:
            self._wanted[name] = value
        try:
            self._desk.settings.with_values({name: value})
        except WrongUse as error:
            if name in self.rows:
                self.rows[name].tell(f"{error.message}.")
        if name in ("theme", "font_points"):
            now = {**asdict(self._desk.settings), **self._wanted}
            self._desk.theme.use(now["theme"], now["font_points"])
        self._show_state()
        if name in _EMBEDDING and name in self._wanted:
            self._ask_cost()

    def _ask_cost(self) -> None:
        """Say what changing the embedding model takes, before it is applied: it is tried on a few passages."""
        engine, wanted = self._desk.engine, {n: v for n, v in self._wanted.items() if n in (*_EMBEDDING, _CODE)}
        try:
            new = self._desk.settings.with_values(wanted)
        except WrongUse:
            return  # told beside its field
        self._say("Trying the embedding model…", "dim")
        self._desk.call(
            lambda: engine.change_cost(new),
            lambda cost: self._told(wanted, told_cost(cost.chunks, cost.seconds, cost.disk_bytes)),
            lambda error: self._told(wanted, f"{error}."),
        )

    def _told(self, asked: dict[str, Any], text: str) -> None:
        """The answer of `_ask_cost`, unless something else is wanted by now."""
        if all(self._wanted.get(name) == value for name, value in asked.items()) and not self._saving:
            self._say(text, "warn")

    def apply(self) -> None:
        """Check what was changed and keep it."""
        for row in self.rows.values():
            row.tell("")
        new: Settings = self._desk.settings
        for name, value in self._wanted.items():
            try:
                new = new.with_values({name: value})
            except WrongUse as error:
                self._refuse((name, f"{error.message}."))
                return
        self._saving = True
        self.apply_button.setEnabled(False)
        self._desk.call(
            lambda: _check_and_save(new), lambda bad: self._applied(new, bad), self._not_saved, lane="change"
        )

    def _applied(self, new: Settings, bad: tuple[str, str] | None) -> None:
        self._saving = False
        if bad is not None:
            self._refuse(bad)
            return
        changed = [row for row in describe_settings(new) if row["value"] != getattr(self._desk.settings, row["name"])]
        self._desk.engine.settings = new
        self._wanted = {n: v for n, v in self._wanted.items() if v != getattr(new, n)}
        for name, row in self.rows.items():
            row.keep(getattr(new, name))
        self._show_state()
        self._tell_effects(changed)
        self.settings_changed.emit()

    def _tell_effects(self, changed: list[dict[str, Any]]) -> None:
        again = [row["label"] for row in changed if row["effect"] == "read again"]
        anew = [row["label"] for row in changed if row["effect"] == "embed again"]
        later = [row["label"] for row in changed if row["effect"] == "restart"]
        lines = ["Applied."]
        if again:
            lines.append(f"{_listed(again)}: documents already here must be read again.")
        if anew:
            lines.append(
                f"{_listed(anew)}: documents must be embedded again. Until they are, the present model answers."
            )
        if later:
            lines.append(f"{_listed(later)}: from when RagDesk starts again.")
        self._say(" ".join(lines), "dim" if len(lines) == 1 else "warn")
        self.read_again.setText("Read again now" if again else "Embed now")
        self.read_again.setVisible(bool(again or anew))
        self.start_again.setVisible(bool(later))

    def _refuse(self, bad: tuple[str, str]) -> None:
        name, message = bad
        self._show_state()
        if name in self.rows:
            self.search.clear()
            self.show_page(self.rows[name].group)
            self.rows[name].tell(message)
            self.rows[name].editor.setFocus()
        else:
            self._say(message, "bad")

    def _went_back(self, new: Settings, name: str) -> None:
        """The former embedding model answers again: keep it as the setting."""
        self._desk.call(
            lambda: save_settings(new, settings_file()), lambda nothing: None, self._not_saved, lane="change"
        )
        self._follow(new, _EMBEDDING)
        self._say(f"{name} answers again. What was added since then is still to be embedded by it.", "warn")
        self.read_again.setText("Embed now")
        self.read_again.show()
        self.settings_changed.emit()

    def _kept_elsewhere(self, new: Settings) -> None:
        """Another model was chosen on the page of models: the forms say so too."""
        self._follow(new, (*_EMBEDDING, "reranker", "checker"))

    def _follow(self, new: Settings, names: Sequence[str]) -> None:
        for changed in names:
            self._wanted.pop(changed, None)
            self.rows[changed].keep(getattr(new, changed))
            self.rows[changed].set_value(getattr(new, changed))
        self._show_state()

    def _not_saved(self, error: BaseException) -> None:
        self._saving = False
        self._show_state()
        self._say(f"The settings could not be saved: {error}", "bad")

    def _read_again(self) -> None:
        self.read_again.hide()
        self._desk.sync()
        self._say("The work has begun: see the jobs.", "dim")

    def _restart(self) -> None:
        self._wanted.clear()
        self.accept()
        self.restart_wanted.emit()

    def _move(self, folder: Path) -> None:
        self._wanted.clear()
        self.accept()
        self.move_wanted.emit(folder)

    # --- Showing

    def _show_state(self) -> None:
        self._warned = False
        self.apply_button.setEnabled(self.is_changed)
        self.close_button.setText("Close")
        self.close_button.setAccessibleName("Close")
        if self.is_changed:
            self._say("", "dim")
            self.read_again.hide()
            self.start_again.hide()

    def _say(self, text: str, look: str) -> None:
        self.said.setText(text)
        self.said.setObjectName(look)
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)

    def _show_group(self, place: int) -> None:
        if place >= 0:
            self._pages.setCurrentIndex(place)

    def _filter(self, text: str) -> None:
        """Show the groups and settings that hold this text."""
        shown: list[int] = []
        for row in self.rows.values():
            row.setVisible(row.matches(text))
        for place in range(self.groups.count()):
            name = self.groups.item(place).text()
            said = _SEARCHED.get(name)
            found = any(row.group == name and row.matches(text) for row in self.rows.values()) or (
                said is not None and all(word in said for word in text.lower().split())
            )
            self.groups.item(place).setHidden(not found)
            if found:
                shown.append(place)
        if shown and self.groups.currentRow() not in shown:
            self.groups.setCurrentRow(shown[0])
        self.nothing.setVisible(not shown)
        self._pages.setVisible(bool(shown))


def _check_and_save(settings: Settings) -> tuple[str, str] | None:
    """Save the settings, or tell the name of one that cannot be used and why."""
    try:
        Embedder(chosen_embedder(settings)).place  # noqa: B018  # looks where it lies, and raises
    except WrongUse as error:
        name = "embedding_layers" if "layers" in error.message else "embedding_dimensions"
        return name, f"{error.message}. {error.hint}."
    except RagDeskError as error:
        return "embedder", f"{error.message}. {error.hint}."
    save_settings(settings, settings_file())
    return None


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
