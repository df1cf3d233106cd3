"""How the window looks: colours for light, dark and high contrast, the style sheet made from them, and tinted icons."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, fields
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from ragdesk import paths


@dataclass(frozen=True, slots=True)
class Colours:
    """Colours by what they are for, as `#rrggbb`."""

    window: str
    """Behind everything."""
    pane: str
    """Panes and cards."""
    raised: str
    """Fields, chips and what stands out of a pane."""
    line: str
    """Hairlines between things."""
    text: str
    dim: str
    """Text of second rank; still 4.5:1 on `pane`."""
    accent: str
    """Links, chips, the chosen and the focused."""
    on_accent: str
    accent_soft: str
    """Behind the chosen and behind citation chips."""
    mark: str
    """Behind a marked passage on a page (drawn by multiplying)."""
    good: str
    warn: str
    bad: str
    paper: str
    """Around drawn pages."""


LIGHT = Colours(
    window="#f3f4f6",
    pane="#ffffff",
    raised="#f6f7f9",
    line="#e1e4e9",
    text="#1b2027",
    dim="#5a6472",
    accent="#2456d6",
    on_accent="#ffffff",
    accent_soft="#e6edfd",
    mark="#ffe27a",
    good="#1a7f45",
    warn="#9a5b00",
    bad="#b3261e",
    paper="#e7e9ed",
)
DARK = Colours(
    window="#15181d",
    pane="#1c2026",
    raised="#262b33",
    line="#323943",
    text="#e7eaef",
    dim="#a0a9b6",
    accent="#86aaff",
    on_accent="#0d1630",
    accent_soft="#27365a",
    mark="#f5cf4d",
    good="#6fcf97",
    warn="#f0b35a",
    bad="#ff8a80",
    paper="#111419",
)
CONTRAST = Colours(
    window="#000000",
    pane="#000000",
    raised="#000000",
    line="#ffffff",
    text="#ffffff",
    dim="#ffffff",
    accent="#ffff00",
    on_accent="#000000",
    accent_soft="#1a1a66",
    mark="#ffff00",
    good="#00ff7f",
    warn="#ffc400",
    bad="#ff8080",
    paper="#000000",
)


class Theme(QObject):
    """The colours in use. Whoever draws with them listens to `changed`."""

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.colours = LIGHT
        self._app = app
        self._named = "system"
        self._points = 0
        self._own_points = app.font().pointSizeF()
        self._shown: tuple[Colours, float] | None = None
        self._icons: dict[tuple[str, str], QIcon] = {}
        self._signs = tempfile.TemporaryDirectory(prefix="ragdesk-signs-", ignore_cleanup_errors=True)
        app.styleHints().colorSchemeChanged.connect(self._system_changed)

    @property
    def is_dark(self) -> bool:
        """Whether the window is darker than its text."""
        return QColor(self.colours.window).lightness() < 128

    def use(self, named: str, points: int) -> None:
        """Take `system`, `light`, `dark` or `contrast`, and a font size in points (0: the system's).

        Nothing happens where that looks as it did: polishing every widget anew takes up to a second.
        """
        self._named, self._points = named, points
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        by_name = {"light": LIGHT, "dark": DARK, "contrast": CONTRAST, "system": DARK if dark else LIGHT}
        wanted = (by_name[named], points or self._own_points)
        if wanted == self._shown:
            return
        self.colours = wanted[0]
        font = QFont(self._app.font())
        font.setPointSizeF(wanted[1])
        if self._shown is None or self._shown[1] != wanted[1]:
            self._app.setFont(font)
        self._shown = wanted
        self._app.setPalette(_palette(self.colours))
        self._app.setStyleSheet(_style_sheet(self.colours, font.pointSizeF(), self._drawn_signs()))
        self.changed.emit()

    def icon(self, name: str, colour: str = "") -> QIcon:
        """An icon of assets/icons in the colour of text of second rank, or the one given (a name of `Colours`, or #rrggbb)."""
        shown = getattr(self.colours, colour, colour) or self.colours.dim
        key = (name, shown)
        if key not in self._icons:
            icon = QIcon(tinted(name, shown, 20))
            icon.addPixmap(tinted(name, shown, 40))
            icon.addPixmap(tinted(name, _blend(shown, self.colours.pane), 20), QIcon.Mode.Disabled)
            self._icons[key] = icon
        return self._icons[key]

    def _drawn_signs(self) -> str:
        """The folder with the small signs that the style sheet names: it takes files only, not icons."""
        for name, colour in (
            ("check", self.colours.on_accent),
            ("chevron-down", self.colours.dim),
            ("chevron-up", self.colours.dim),
            ("chevron-right", self.colours.dim),
        ):
            Path(self._signs.name, f"{name}.svg").write_text(_svg(name, colour), "utf-8")
        dot = f'<circle cx="12" cy="12" r="6" fill="{self.colours.on_accent}"/>'
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{dot}</svg>'
        Path(self._signs.name, "dot.svg").write_text(svg, "utf-8")
        return Path(self._signs.name).as_posix()

    def _system_changed(self) -> None:
        if self._named == "system":
            self.use(self._named, self._points)


def tinted(name: str, colour: str, size: int) -> QPixmap:
    """An icon of assets/icons as a square of `size` pixels in one colour."""
    svg = _svg(name, colour)
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


def _svg(name: str, colour: str) -> str:
    return (paths.assets_dir() / "icons" / f"{name}.svg").read_text("utf-8").replace("currentColor", colour)


def _blend(one: str, other: str) -> str:
    a, b = QColor(one), QColor(other)
    return QColor((a.red() + b.red()) // 2, (a.green() + b.green()) // 2, (a.blue() + b.blue()) // 2).name()


def _palette(c: Colours) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: c.window,
        QPalette.ColorRole.WindowText: c.text,
        QPalette.ColorRole.Base: c.pane,
        QPalette.ColorRole.AlternateBase: c.raised,
        QPalette.ColorRole.Text: c.text,
        QPalette.ColorRole.Button: c.raised,
        QPalette.ColorRole.ButtonText: c.text,
        QPalette.ColorRole.ToolTipBase: c.raised,
        QPalette.ColorRole.ToolTipText: c.text,
        QPalette.ColorRole.Highlight: c.accent,
        QPalette.ColorRole.HighlightedText: c.on_accent,
        QPalette.ColorRole.Link: c.accent,
        QPalette.ColorRole.LinkVisited: c.accent,
        QPalette.ColorRole.PlaceholderText: c.dim,
        QPalette.ColorRole.Mid: c.line,
        QPalette.ColorRole.BrightText: c.bad,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(_blend(c.text, c.pane)))
    return palette


_STYLE = """
* { outline: 0; }
QWidget { color: @text; }
QMainWindow, QDialog { background: @window; }
QMainWindow::separator, QSplitter::handle { background: @line; }
QSplitter::handle:hover, QSplitter::handle:pressed { background: @accent; }
QToolTip { background: @raised; color: @text; border: 1px solid @line; padding: 6px 8px; }
QMenuBar { background: @window; border-bottom: 1px solid @line; }
QMenuBar::item { padding: 5px 10px; background: transparent; }
QMenuBar::item:selected { background: @accent_soft; }
QMenu { background: @pane; border: 1px solid @line; padding: 5px; }
QMenu::item { padding: 6px 26px 6px 10px; border-radius: 5px; }
QMenu::item:selected { background: @accent_soft; }
QMenu::item:disabled { color: @faint; }
QMenu::separator { height: 1px; background: @line; margin: 5px 8px; }
QMenu::icon { padding-left: 8px; }

#pane { background: @pane; }
#bar { background: @pane; border-bottom: 1px solid @line; }
#footer { background: @pane; border-top: 1px solid @line; }
#title { font-weight: 600; }
#heading { font-size: @large; font-weight: 600; }
#display { font-size: @huge; font-weight: 700; }
#dim { color: @dim; }
#accent { color: @accent; }
#bad { color: @bad; } #warn { color: @warn; } #good { color: @good; }
#card { background: @raised; border: 1px solid @line; border-radius: 10px; }
#warncard { background: @raised; border: 1px solid @warn; border-radius: 10px; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: 7px; padding: 5px; }
QToolButton:hover { background: @raised; border-color: @line; }
QToolButton:pressed, QToolButton:checked { background: @accent_soft; }
QToolButton:focus { border: 1px solid @accent; }
QToolButton::menu-indicator { image: none; }
QPushButton { background: @raised; border: 1px solid @line; border-radius: 7px; padding: 6px 14px; min-height: 1.3em; }
QPushButton:hover { border-color: @accent; }
QPushButton:pressed { background: @accent_soft; }
QPushButton:focus { border: 2px solid @accent; padding: 5px 13px; }
QPushButton:disabled { color: @faint; }
QPushButton#primary { background: @accent; color: @on_accent; border-color: @accent; font-weight: 600; }
QPushButton#primary:focus { border: 2px solid @text; }
QPushButton#primary:disabled { background: @raised; color: @dim; border-color: @line; }
QPushButton#chip { border-radius: 12px; padding: 2px 10px; background: @raised; min-height: 1.2em; }
QPushButton#chip:checked { background: @accent_soft; border: 2px solid @accent; padding: 1px 9px; color: @text; }
QPushButton#chip:focus { border: 2px solid @text; padding: 1px 9px; }
QPushButton#link { background: transparent; border: 1px solid transparent; color: @accent; padding: 2px 0; text-align: left; }
QPushButton#link:hover { text-decoration: underline; }
QPushButton#link:focus { border: 1px solid @accent; }
QPushButton#quiet { background: transparent; border: 1px solid transparent; color: @dim; padding: 2px 0; text-align: left; }
QPushButton#quiet:hover { color: @text; }
QPushButton#quiet:focus { border: 1px solid @accent; }

QLineEdit, QPlainTextEdit, QTextEdit#field, QSpinBox, QDoubleSpinBox, QComboBox, QDateEdit {
    background: @raised; border: 1px solid @line; border-radius: 7px; padding: 5px 8px;
    selection-background-color: @accent; selection-color: @on_accent; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit#field:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus,
QDateEdit:focus { border: 1px solid @accent; }
QComboBox::drop-down { border: 0; width: 22px; }
QComboBox QAbstractItemView { background: @pane; border: 1px solid @line; selection-background-color: @accent_soft;
    selection-color: @text; }
QComboBox::down-arrow { image: url(@folder/chevron-down.svg); width: 14px; height: 14px; margin-right: 8px; }
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {
    border: 0; width: 20px; background: transparent; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url(@folder/chevron-up.svg); width: 12px; height: 12px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url(@folder/chevron-down.svg); width: 12px; height: 12px; }
QCheckBox, QRadioButton { spacing: 8px; }
QCheckBox::indicator, QRadioButton::indicator { width: 15px; height: 15px; border: 1px solid @dim; background: @raised; }
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:checked { background: @accent; border-color: @accent; image: url(@folder/check.svg); }
QRadioButton::indicator:checked { background: @accent; border-color: @accent; image: url(@folder/dot.svg); }
QCheckBox:focus, QRadioButton:focus { color: @accent; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: @accent; }
QTextBrowser { background: transparent; border: 0; selection-background-color: @accent; selection-color: @on_accent; }
QTextBrowser#asked { background: @raised; border-radius: 10px; }
QTextBrowser#thoughts { color: @dim; border: 0; border-left: 2px solid @line; padding-left: 10px; }

QTreeView, QListView, QTableView { background: @pane; border: 0; outline: 0;
    show-decoration-selected: 0; }
QTreeView::item, QListView::item { padding: 4px 2px; border-radius: 5px; border: 1px solid transparent; }
QTreeView::item:hover, QListView::item:hover { background: @raised; }
QTreeView::item:selected, QListView::item:selected { background: @accent_soft; color: @text; }
QTreeView::item:selected:focus, QListView::item:selected:focus { border: 1px solid @accent; }
QTreeView::branch { background: transparent; }
QTreeView::branch:has-children:closed { image: url(@folder/chevron-right.svg); }
QTreeView::branch:has-children:open { image: url(@folder/chevron-down.svg); }
QHeaderView::section { background: @pane; color: @dim; border: 0; border-bottom: 1px solid @line; padding: 5px 8px; }
QTabBar { background: transparent; }
QTabBar::tab { background: transparent; color: @dim; padding: 7px 12px; border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: @text; border-bottom: 2px solid @accent; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:focus { color: @accent; }
QTabWidget::pane { border: 0; border-top: 1px solid @line; }
QScrollArea { background: transparent; border: 0; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: @line; border-radius: 4px; margin: 2px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: @dim; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QProgressBar { background: @line; border: 0; border-radius: 3px; max-height: 6px; min-height: 6px; text-align: center; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }
QStatusBar { background: @window; border-top: 1px solid @line; }
QStatusBar::item { border: 0; }
QGroupBox { border: 0; margin-top: 1.6em; font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; left: 0; }
"""


def _style_sheet(c: Colours, points: float, folder: str) -> str:
    values = {f.name: getattr(c, f.name) for f in fields(c)}
    values |= {"folder": folder}
    values |= {"faint": _blend(c.dim, c.pane), "large": f"{points * 1.2:.1f}pt", "huge": f"{points * 1.7:.1f}pt"}
    sheet = _STYLE
    for name in sorted(values, key=len, reverse=True):
        sheet = sheet.replace(f"@{name}", values[name])
    return sheet
