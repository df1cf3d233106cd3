"""The text of an answer: laid out piece by piece while it comes, then whole with chips and signs of doubt."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QPoint

from ragdesk.domain import Doubt
from ragdesk.ui.rich_text import FittedBrowser, answer_html, finished
from ragdesk.ui.theme import Theme


class AnswerText(FittedBrowser):
    """An answer to be read; its links are those of `answer_html`."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._laid_out = (0, 0)
        """How much of a growing text is laid out for good, and where in the document the rest begins."""
        self.setAccessibleName("Answer")

    def show_whole(self, text: str, marks: Collection[int], doubts: Sequence[Doubt]) -> None:
        """Show a text with its marks as chips, and a sign after each sentence in doubt."""
        self._laid_out = (0, 0)
        self.setHtml(answer_html(text, marks, self._theme.colours, doubts=doubts))
        self.setVisible(True)

    def show_growing(self, text: str) -> None:
        """Lay out what follows the last finished paragraph; laying out all of a long answer takes a second."""
        done, place = self._laid_out
        if not place:
            self.clear()
        end = finished(text)
        for begin, stop in ((done, end), (end, len(text))):
            if begin < stop:
                codes = text.count("```", 0, begin) // 2
                html = answer_html(text[begin:stop], (), self._theme.colours, first_code=codes)
                self.put_after(place, html)
            if begin < stop == end:
                place = self.new_paragraph()
        self._laid_out = (end, place)
        self.setVisible(True)

    def mark_position(self) -> QPoint:
        """Where the first chip stands, for tests and for the keyboard; (-1, -1) where there is none."""
        document = self.document()
        block = document.begin()
        while block.isValid():
            iterator = block.begin()
            while not iterator.atEnd():
                fragment = iterator.fragment()
                if fragment.charFormat().anchorHref().startswith("cite:"):
                    cursor = self.textCursor()
                    cursor.setPosition(fragment.position() + 1)
                    return self.cursorRect(cursor).center()
                iterator += 1
            block = block.next()
        return QPoint(-1, -1)
