"""A language model on a server, in the window: chosen in the settings with consent, and a sign for where text goes."""

from __future__ import annotations

import keyring
import keyring.backends.fail
import pytest
from pytestqt.qtbot import QtBot

from ragdesk.ui.settings_dialog import SettingsDialog
from ragdesk.ui.window import Window
from tests.models.test_endpoint import failing, served
from tests.ui.windows import PATIENCE_MS


@pytest.fixture
def dialog(window: Window, qtbot: QtBot) -> SettingsDialog:
    made = SettingsDialog(window._desk, window)
    made.settings_changed.connect(window._settings_changed)
    made.show_page("Server")
    made.show()
    return made


def apply(dialog: SettingsDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.settings_changed, timeout=PATIENCE_MS):
        dialog.apply()


def test_a_server_elsewhere_answers_only_with_consent_and_is_signed(
    window: Window, dialog: SettingsDialog, qtbot: QtBot
) -> None:
    page, sign = dialog.server, window.conversation.foot.where_text_goes
    assert not sign.isVisible()
    page.address.setText("http://192.0.2.1:8000")
    assert "leaves this machine" in page.said.text() and page.consent.isVisible() and not page.use.isEnabled()
    page.consent.setChecked(True)
    page.use.setChecked(True)
    apply(dialog, qtbot)
    settings = window._desk.settings
    assert (settings.model, settings.endpoint_agreed) == ("endpoint", "http://192.0.2.1:8000/v1")
    assert sign.isVisible() and "192.0.2.1:8000, unencrypted" in sign.said.text()
    assert "the model at 192.0.2.1:8000" in window.conversation.foot.model.text()
    page.address.setText("http://192.0.2.2:8000")
    assert not page.consent.isChecked() and not page.use.isEnabled()
    apply(dialog, qtbot)
    assert window._desk.settings.model == "quote" and not sign.isVisible()
    dialog.close()


def test_a_server_here_needs_no_consent_and_lists_its_models(
    window: Window, dialog: SettingsDialog, qtbot: QtBot
) -> None:
    page = dialog.server
    with served(failing(500, {}), models=("small", "large")) as address:
        page.address.setText(address)
        assert "stays on this machine" in page.said.text() and not page.consent.isVisible()
        page.ask.click()
        qtbot.waitUntil(lambda: "2 models" in page.told.text(), timeout=PATIENCE_MS)
    page.model.setCurrentIndex(page.model.findData("large"))
    page.use.setChecked(True)
    apply(dialog, qtbot)
    assert window._desk.settings.endpoint_model == "large"
    assert "stays on this machine" in window.conversation.foot.where_text_goes.said.text()
    dialog.close()


def test_without_a_keyring_the_key_is_used_until_the_window_is_closed(
    window: Window, dialog: SettingsDialog, qtbot: QtBot
) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    try:
        dialog.server.address.setText("https://llm.example.org")
        dialog.server.key.setText("open sesame")
        dialog.server.keep.click()
        qtbot.waitUntil(lambda: "no keyring" in dialog.server.told.text(), timeout=PATIENCE_MS)
        assert window._desk.engine._chat.secrets.get("key for llm.example.org") == "open sesame"
        assert dialog.server.key.text() == ""
    finally:
        keyring.set_keyring(before)
    dialog._wanted.clear()
    dialog.close()
