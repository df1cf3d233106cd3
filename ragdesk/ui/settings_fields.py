"""One setting as a row of a form: its label, an editor within its bounds, its help, and the way back to the default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ragdesk.ui.dialog_parts import Choice, IconLabel, words
from ragdesk.ui.embedder_choice import EmbedderChoiceBox
from ragdesk.ui.theme import Theme

_LARGEST = 2**31 - 1
_EFFECTS = {
    "read again": ("refresh-cw", "When it is changed, documents are read again."),
    "embed again": (
        "refresh-cw",
        "When it is changed, documents are embedded again; the present model answers meanwhile.",
    ),
    "restart": ("rotate-ccw", "Takes effect when RagDesk starts again."),
}
_EDITOR_WIDTH = 150
_NO_BUTTONS = """
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {
    width: 0; border: 0; }
QSpinBox::up-arrow, QSpinBox::down-arrow, QDoubleSpinBox::up-arrow, QDoubleSpinBox::down-arrow {
    image: none; width: 0; height: 0; }"""
"""Arrow keys count up and down. (With Qt's own NoButtons and a style sheet the text has no room.)"""


class SettingRow(QWidget):
    """A setting to be changed; `about` is its row of `describe_settings`."""

    edited = Signal(str, object)
    """The setting's name and its new value."""

    def __init__(self, about: Mapping[str, Any], theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = str(about["name"])
        self.group = str(about["group"])
        self._about = about
        self._saved = about["value"]
        self.editor = self._make_editor(theme)
        self.editor.setAccessibleName(about["label"])
        self.editor.setAccessibleDescription(about["help"])
        self.mark = words("", "dim", wraps=False)
        self.reset = QToolButton()
        self.reset.setIcon(theme.icon("rotate-ccw"))
        self._theme = theme
        theme.changed.connect(self._tint)
        self.reset.setToolTip(f"Back to the default: {_in_words(about['default'])}")
        self.reset.setAccessibleName(f"Reset {about['label']}")
        self.reset.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.reset.clicked.connect(lambda: self.set_value(about["default"]))
        kept = self.reset.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(kept)
        self.error = words("", "bad")
        self.error.hide()

        named = QHBoxLayout()
        named.setSpacing(8)
        named.addWidget(words(about["label"], "title", wraps=False))
        named.addWidget(self.mark)
        named.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        beside = QHBoxLayout()
        beside.setSpacing(4)
        if isinstance(self.editor, (QLineEdit, EmbedderChoiceBox)):
            column.addLayout(named)
            beside.addWidget(self.editor, 1)
            if isinstance(self.editor, EmbedderChoiceBox):
                for browse in self.editor.browse_buttons():
                    beside.addWidget(browse)
            beside.addWidget(self.reset)
            column.addLayout(beside)
        else:
            self.editor.setFixedWidth(_EDITOR_WIDTH)
            beside.addLayout(named, 1)
            beside.addWidget(self.editor)
            beside.addWidget(self.reset)
            column.addLayout(beside)
        column.addWidget(words(" ".join(filter(None, (f"{str(about['help']).rstrip('.')}.", _bounds(about)))), "dim"))
        if effect := _EFFECTS.get(about["effect"]):
            column.addLayout(_with_icon(theme, effect))
        column.addWidget(self.error)
        self._show_state()

    @property
    def value(self) -> Any:
        """What the editor says."""
        if isinstance(self.editor, EmbedderChoiceBox):
            return self.editor.chosen
        if isinstance(self.editor, QCheckBox):
            return self.editor.isChecked()
        if isinstance(self.editor, QComboBox):
            return self.editor.currentText()
        if isinstance(self.editor, QLineEdit):
            return self.editor.text().strip()
        return self.editor.value()

    def set_value(self, value: Any) -> None:
        """Put a value into the editor."""
        if isinstance(self.editor, EmbedderChoiceBox):
            self.editor.choose(value)
        elif isinstance(self.editor, QCheckBox):
            self.editor.setChecked(value)
        elif isinstance(self.editor, QComboBox):
            self.editor.setCurrentText(value)
        elif isinstance(self.editor, QLineEdit):
            self.editor.setText(value)
        else:
            self.editor.setValue(value)

    def keep(self, value: Any) -> None:
        """This value is the saved one from now on."""
        self._saved = value
        self._show_state()

    def tell(self, error: str) -> None:
        """Say what is wrong with the value; nothing where it is empty."""
        self.error.setText(error)
        self.error.setVisible(bool(error))

    def matches(self, text: str) -> bool:
        """Whether the label, the help or the name holds this text."""
        said = f"{self._about['label']} {self._about['help']} {self.name} {self.group}".lower()
        return all(word in said for word in text.lower().split())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Scrolling the form over an editor does not change it."""
        if event.type() == QEvent.Type.Wheel and not self.editor.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _make_editor(self, theme: Theme) -> QCheckBox | QComboBox | QSpinBox | QDoubleSpinBox | QLineEdit:
        about = self._about
        editor: QCheckBox | QComboBox | QSpinBox | QDoubleSpinBox | QLineEdit
        if self.name == "embedder":
            editor = EmbedderChoiceBox(theme, about["value"])
            editor.currentIndexChanged.connect(self._changed)
        elif isinstance(about["default"], bool):
            editor = QCheckBox("On")
            editor.setChecked(about["value"])
            editor.toggled.connect(self._changed)
        elif about["one_of"]:
            editor = Choice(theme)
            editor.addItems(list(about["one_of"]))
            editor.setCurrentText(about["value"])
            editor.currentTextChanged.connect(self._changed)
        elif isinstance(about["default"], str):
            editor = QLineEdit(about["value"])
            editor.setCursorPosition(0)  # a long value is read from its beginning
            editor.textChanged.connect(self._changed)
        else:
            whole = isinstance(about["default"], int)
            editor = QSpinBox() if whole else QDoubleSpinBox()
            least = -_LARGEST if about["least"] is None else about["least"]
            most = _LARGEST if about["most"] is None else about["most"]
            editor.setRange(least, most)
            if isinstance(editor, QDoubleSpinBox):
                editor.setSingleStep(0.1 if most <= 10 else 1)
                editor.setDecimals(2 if most <= 10 else 0)
            else:
                editor.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
            editor.setGroupSeparatorShown(True)
            editor.setStyleSheet(_NO_BUTTONS)
            editor.lineEdit().setTextMargins(7, 0, 7, 0)
            editor.setValue(about["value"])
            editor.valueChanged.connect(self._changed)
        editor.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        editor.installEventFilter(self)
        return editor

    def _changed(self, *given: object) -> None:
        self.tell("")
        self._show_state()
        self.edited.emit(self.name, self.value)

    def _show_state(self) -> None:
        at_default = self.value == self._about["default"]
        self.reset.setVisible(not at_default)
        self.mark.setText("Not applied yet" if self.value != self._saved else "" if at_default else "Changed")

    def _tint(self) -> None:
        self.reset.setIcon(self._theme.icon("rotate-ccw"))


def _bounds(about: Mapping[str, Any]) -> str:
    """The bounds of a number in words; nothing where there are none."""
    least, most = about["least"], about["most"]
    if isinstance(about["default"], str) or about["one_of"]:
        return ""
    if most is not None:
        return f"From {least:,} to {most:,}." if least is not None else f"At most {most:,}."
    return f"{least:,} or more." if least is not None else ""


def _with_icon(theme: Theme, said: tuple[str, str]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    row.addWidget(IconLabel(theme, said[0], "dim", 14))
    row.addWidget(words(said[1], "dim"), 1)
    return row


def _in_words(value: Any) -> str:
    return str(value) if value != "" else "empty"
