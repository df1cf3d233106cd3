"""The guide: the pages of docs/, shown without a browser and without a network; links lead from page to page."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, QTimer, QUrl
from PySide6.QtGui import QImage, QKeySequence, QPainter, QResizeEvent, QShortcut
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QLineEdit,
    QSplitter,
    QTextBrowser,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ragdesk import paths
from ragdesk.ui.desk import Desk
from ragdesk.ui.dialog_parts import button
from ragdesk.ui.guide_text import PAGES, page_html, title_of
from ragdesk.ui.theme import Theme

_PAGE = Qt.ItemDataRole.UserRole
_LAY_OUT_MS = 120
_LEAST_WIDTH = 200


class GuideBrowser(QTextBrowser):
    """A page. It shows pictures of RagDesk's own and loads nothing else; links are left to the guide."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._page = ""
        self._markdown = ""
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Page of the guide")
        self.document().setDocumentMargin(20)
        self._later = QTimer(self, singleShot=True, interval=_LAY_OUT_MS)
        self._later.timeout.connect(self._lay_out)
        theme.changed.connect(self._lay_out)

    def show_page(self, page: str, markdown: str) -> None:
        """Show a page, from its top."""
        self._page, self._markdown = page, markdown
        self._lay_out()
        self.verticalScrollBar().setValue(0)

    def picture(self, source: str) -> QImage:
        """A picture that the page names; an empty one where it is none of RagDesk's."""
        file = (paths.docs_dir() / self._page).parent.joinpath(source).resolve()
        allowed = (paths.docs_dir().resolve(), (paths.assets_dir() / "pictures").resolve())
        if not file.is_file() or not any(folder in file.parents for folder in allowed):
            return QImage()
        return _picture(file)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Pictures only, scaled well: the browser itself would leave out lines."""
        source, _, width = (name.toString() if isinstance(name, QUrl) else name).partition("?")
        image, ratio = self.picture(source), self.devicePixelRatioF()
        if image.isNull() or not width.isdecimal():
            return QImage()
        scaled = image.scaledToWidth(round(int(width) * ratio), Qt.TransformationMode.SmoothTransformation)
        scaled.setDevicePixelRatio(ratio)
        return scaled

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw the pictures as wide as there is room, once the width has settled."""
        super().resizeEvent(event)
        self._later.start()

    def _lay_out(self) -> None:
        at = self.verticalScrollBar().value()
        self.setHtml(page_html(self._markdown, self._theme.colours, self._width_of))
        self.verticalScrollBar().setValue(at)

    def _width_of(self, source: str) -> int:
        room = self.viewport().width() - 2 * round(self.document().documentMargin())
        return max(_LEAST_WIDTH, min(self.picture(source).width(), room))


class GuideDialog(QDialog):
    """Pages at the left, one of them at the right. Show it with `show`: one reads it beside the window."""

    def __init__(self, desk: Desk, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Guide")
        self._texts = {
            name: (paths.docs_dir() / f"{name}.md").read_text("utf-8") for _, names in PAGES for name in names
        }
        self._before: list[str] = []
        self.page = ""
        self.browser = GuideBrowser(desk.theme)
        self.browser.anchorClicked.connect(self._follow)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find in the guide")
        self.field.setAccessibleName("Find in the guide")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._filter)
        self.list = QTreeWidget()
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setItemsExpandable(False)
        self.list.setIndentation(12)
        self.list.setAccessibleName("Pages of the guide")
        self._rows: dict[str, QTreeWidgetItem] = {}
        for section, names in PAGES:
            above = QTreeWidgetItem([section])
            above.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for name in names:
                row = self._rows[name] = QTreeWidgetItem([title_of(self._texts[name])])
                row.setData(0, _PAGE, name)
                if section:
                    above.addChild(row)
                else:
                    self.list.addTopLevelItem(row)
            if section:
                self.list.addTopLevelItem(above)
        self.list.expandAll()
        self.list.currentItemChanged.connect(self._chosen)
        self.back = button("Back", "The page before", "link")
        self.back.setEnabled(False)
        self.back.clicked.connect(self.go_back)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Back), self).activated.connect(self.go_back)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self).activated.connect(self.field.setFocus)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(12, 12, 0, 12)
        column.setSpacing(8)
        for made in (self.field, self.list, self.back):
            column.addWidget(made)
        split = QSplitter()
        split.addWidget(left)
        split.addWidget(self.browser)
        split.setSizes([230, 730])
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(split)
        self.setMinimumSize(480, 360)
        self.resize(980, 720)
        self.go_to("index")
        self._before.clear()
        self.back.setEnabled(False)

    def go_to(self, page: str, anchor: str = "") -> None:
        """Show a page, by its name without `.md`, at an anchor of it."""
        if page not in self._texts:
            return
        if page != self.page:
            if self.page:
                self._before.append(self.page)
                self.back.setEnabled(True)
            self._show(page)
        if anchor:
            self.browser.scrollToAnchor(anchor)

    def go_back(self) -> None:
        """Show the page before."""
        if self._before:
            self._show(self._before.pop())
            self.back.setEnabled(bool(self._before))

    def _show(self, page: str) -> None:
        self.page = page
        self.browser.show_page(f"{page}.md", self._texts[page])
        self.setWindowTitle(f"{title_of(self._texts[page])} – Guide")
        self.list.blockSignals(True)
        self.list.setCurrentItem(self._rows[page])
        self.list.blockSignals(False)
        if self.field.text():
            self.browser.find(self.field.text())

    def _chosen(self, row: QTreeWidgetItem | None, before: QTreeWidgetItem | None) -> None:
        if row is not None and row.data(0, _PAGE):
            self.go_to(row.data(0, _PAGE))

    def _follow(self, link: QUrl) -> None:
        """Go where a link of the guide leads; it has none to elsewhere."""
        if not link.path():
            self.browser.scrollToAnchor(link.fragment())
            return
        file = Path(self.page).parent.joinpath(link.path())
        parts: list[str] = []
        for part in file.with_suffix("").parts:
            if part != "..":
                parts.append(part)
            elif parts:
                parts.pop()
        self.go_to("/".join(parts), link.fragment())

    def _filter(self, wanted: str) -> None:
        """Leave the pages that hold the text."""
        wanted = wanted.strip().lower()
        for name, row in self._rows.items():
            row.setHidden(wanted not in self._texts[name].lower())
        for place in range(self.list.topLevelItemCount()):
            section = self.list.topLevelItem(place)
            if section is not None and section.childCount():
                inside = [section.child(n) for n in range(section.childCount())]
                section.setHidden(all(row is None or row.isHidden() for row in inside))


@lru_cache(maxsize=4)  # a page is laid out anew at each width
def _picture(file: Path) -> QImage:
    """A picture; a drawing at twice its size, so that it is sharp on any screen."""
    if file.suffix != ".svg":
        return QImage(str(file))
    renderer = QSvgRenderer(str(file))
    image = QImage(renderer.defaultSize() * 2, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, image.width(), image.height()))
    painter.end()
    return image
