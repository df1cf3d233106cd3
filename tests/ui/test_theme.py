"""The looks: what is written can be read in each of them."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from ragdesk.ui.theme import Theme


@pytest.mark.parametrize("look", ["light", "dark", "contrast"])
@pytest.mark.parametrize("enabled", [True, False])
def test_the_text_of_the_main_button_can_be_read(theme: Theme, qtbot: QtBot, look: str, enabled: bool) -> None:
    theme.use(look, 0)
    button = QPushButton("Ask")
    button.setObjectName("primary")
    qtbot.addWidget(button)
    button.setEnabled(enabled)
    button.resize(120, 40)
    button.show()
    image = button.grab().toImage()
    inside = [
        QColor(image.pixel(x, y)).lightness()
        for x in range(12, image.width() - 12)
        for y in range(8, image.height() - 8)
    ]
    ground = Counter(inside).most_common(1)[0][0]
    assert max(abs(light - ground) for light in inside) > 60
    theme.use("light", 0)
