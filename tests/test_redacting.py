"""A log that is given to others names no file of the user and quotes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragdesk.redacting import short_home, without_names


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("FileNotFoundError: [Errno 2] No such file or directory: '/home/ada/Divorce 2024.pdf'", "Divorce"),
        ("WARNING C:\\Users\\Ada\\Payroll\\march.xlsx could not be read", "march"),
        ("WARNING ~/Payroll/march.xlsx could not be read", "march"),
        ("ValueError: “notice period” is not known", "notice"),
        ('KeyError: "the tenant\'s name"', "tenant"),
        ("cannot open my salary.docx now", "salary.docx"),
        ("The document Merger Plan went away", "Merger"),
    ],
)
def test_names_of_files_and_what_is_quoted_are_left_out(line: str, shown: str) -> None:
    assert shown in line
    redacted = without_names(line, ["Merger Plan"])
    assert shown not in redacted and "…" in redacted


def test_a_traceback_still_says_where_in_the_code() -> None:
    trace = (
        'Traceback (most recent call last):\n  File "/home/ada/ragdesk/ragdesk/library/words.py", line 12, in search'
    )
    assert without_names(trace, []).endswith('File "ragdesk/library/words.py", line 12, in search')
    assert "ada" not in without_names(trace, [])


def test_what_names_nothing_stays_as_it_is() -> None:
    line = "2026-11-26 03:50:01,200 ERROR ragdesk.ui.window: TypeError: 3 and/or 4 (12:30) don't fit"
    assert without_names(line, ["abc"]) == line


def test_the_home_is_a_tilde_and_its_neighbours_are_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "ada"
    home.mkdir()
    monkeypatch.setattr(Path, "home", lambda: home)
    assert short_home(f"{home}/models and {home}") == "~/models and ~"
    assert short_home(f"{home}-old/models") == f"{home}-old/models"
