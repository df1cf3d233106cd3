"""Every command that the pages and the README show is run, page by page, in a home of its own with a small library.

Those that need a network, a display or a keyring are parsed instead; they and commands of other programs are named here.
"""

from __future__ import annotations

import importlib.util
import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from ragdesk.cli import run
from ragdesk.commands.arguments import parser
from ragdesk.models.chat_models import known_chat_model
from tests.docs.pages import PAGES, ROOT, TOP, in_text, lines, named
from tests.models.light_embedder import write_light_model
from tests.models.tiny_gguf import write_tiny_gguf

NOT_RUN = {
    "": "opens the window",
    "open": "opens the window",
    "--selftest": "opens the window; tests/ui runs it",
    "models download": "needs a network",
    "models token": "needs a keyring",
    "models key": "needs a keyring",
}
"""Commands that are only parsed, by how they begin."""
OTHERS = (
    *("sudo apt-get ", "python3 -m pip wheel ", "python3 -m venv ", "ragdesk-env/bin/pip install ", "strace "),
    *("sqlite3 ", "./check", "python docs/making/reference.py", "python -m tests.ui."),
)
"""Commands of other programs, and of development; the test of the set-up and those of what they make try them."""
NOT_COMMANDS = {
    "docs/reference/commands.md": "synopses, made from the parser",
    "docs/developers/architecture.md": "folders",
}
NEEDS_MODEL = ("some-model",)
MAY_END_WITH_1 = {"models verify": "no SHA-256 is published for a file of one's own"}
_PLACES = {"FOLDER": "~/models/my-embedder"}
"""What stands for something of the reader's."""

_LEASE = (
    ("Lease of the harbour office", "This lease is made between the harbour and the tenant, in May 2021."),
    ("1 Notice", "The notice period is three months. The tenant gives notice in writing by the third of a month."),
    (
        "2 Rent",
        "The rent is 900 crowns a month. It is due on the first day of each month. Deadlines are counted in days.",
    ),
    (
        "3 Force majeure",
        "In a case of force majeure neither side is liable. The insurance of the building is separate.",
    ),
)
_NOTES = """---
date: 2024-03-05
---
# Notes of the meeting

It was decided to paint the office blue. The deadline for offers is 30 June 2024.
The notice period for tenants of the boat shed is two months. In a case of force majeure the boat shed is closed.
"""


def _arguments(line: str) -> list[str] | None:
    """What a line gives to `ragdesk`; None where it is no command of RagDesk."""
    words = shlex.split(line)
    while words and "=" in words[0] and words[0].split("=")[0].isupper():
        words.pop(0)
    return words[1:] if words and words[0] in ("./run", "ragdesk") else None


def _begins(arguments: list[str], known: dict[str, str]) -> bool:
    named = [word for word in arguments if word != "--json"]
    return any(named[: len(begin.split())] == begin.split() if begin else not named for begin in known)


def shown(page: Path) -> list[list[str]]:
    """The commands of RagDesk in the blocks of a page. Every other line must be known."""
    if named(page) in NOT_COMMANDS:
        return []
    found = []
    for line in lines(page):
        arguments = _arguments(line)
        if arguments is not None:
            found.append(arguments)
        else:
            assert line.startswith(OTHERS), f"{named(page)}: what is this? {line}"
    return found


WITH_COMMANDS = [page for page in (*PAGES, *TOP) if shown(page)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Path]]:
    """Puts the reader's home back to how it was: contracts, notes, papers, models, a library, a conversation, a set."""
    place = tmp_path_factory.mktemp("reader") / "home"
    (place / "Contracts").mkdir(parents=True)
    canvas = Canvas(str(place / "Contracts" / "lease.pdf"), pagesize=A4)
    for n, (heading, text) in enumerate(_LEASE):
        canvas.setFont("Helvetica-Bold", 14)
        canvas.drawString(72, 760 - 100 * n, heading)
        canvas.setFont("Helvetica", 11)
        for m, sentence in enumerate(text.split(". ")):
            canvas.drawString(72, 738 - 100 * n - 15 * m, sentence.rstrip(".") + ".")
    canvas.save()
    (place / "notes.md").write_text(_NOTES, "utf-8")
    (place / "Papers").mkdir()
    (place / "Papers" / "tides.md").write_text("# Tides\n\nSpring tides come twice a month.\n", "utf-8")
    (place / "models").mkdir()
    write_tiny_gguf(place / "models" / "some-model.gguf", says="The notice period is three months[1].")
    write_light_model(place / "models" / "my-embedder")
    _write_set(place / "MySet")
    with pytest.MonkeyPatch.context() as patch:
        _move_in(patch, place)
        assert run(["--quiet", "add", str(place / "Contracts"), str(place / "notes.md")]) == 0
        assert run(["ask", "How long is the notice period?"]) == 0
    shutil.copytree(place, place.with_name("kept"))

    def put_back() -> Path:
        shutil.rmtree(place)
        shutil.copytree(place.with_name("kept"), place)
        return place

    yield put_back


def _move_in(patch: pytest.MonkeyPatch, place: Path) -> None:
    """Make this the home, and what RagDesk takes for its folders."""
    for name in ("RAGDESK_LIBRARY", "RAGDESK_SETTINGS", "HF_HUB_CACHE", "HF_HOME", "HF_TOKEN"):
        patch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE"):
        patch.setenv(name, str(place))
    for name in ("DATA", "CONFIG", "STATE", "CACHE"):
        patch.setenv(f"XDG_{name}_HOME", str(place / f".{name.lower()}"))
    patch.setenv("LOCALAPPDATA", str(place / ".local"))
    patch.chdir(place)


def _write_set(folder: Path) -> None:
    folder.mkdir()
    texts = {"ferry": "The ferry stops at gusts above 17 metres a second.", "bakery": "The bakery opens at six."}
    (folder / "corpus.jsonl").write_text(
        "".join(json.dumps({"_id": id, "title": id, "text": text}) + "\n" for id, text in texts.items()), "utf-8"
    )
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "1", "text": "When does the ferry stop?"}) + "\n", "utf-8")
    (folder / "qrels.tsv").write_text("query\tdocument\tgrade\n1\tferry\t1\n", "utf-8")


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=named)
def test_every_command_on_a_page_does_what_it_is_shown_for(
    page: Path, home: Callable[[], Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _move_in(monkeypatch, home())
    has_llama = importlib.util.find_spec("llama_cpp") is not None
    tried = 0
    for arguments in shown(page):
        given = [str(Path(word).expanduser()) if word.startswith("~") else word for word in arguments]
        given = [str(Path(_PLACES[word]).expanduser()) if word in _PLACES else word for word in given]
        uses_model = "ask" in given and any(name in word for word in given for name in NEEDS_MODEL)
        if _begins(arguments, NOT_RUN) or (uses_model and not has_llama):
            parser().parse_args(given)
            continue
        code = run(given)
        told = capsys.readouterr()
        assert code == 0 or (code == 1 and _begins(arguments, MAY_END_WITH_1)), f"{arguments}: {code}\n{told.err}"
        tried += 1
    assert tried or all(_begins(arguments, NOT_RUN) for arguments in shown(page))


@pytest.mark.parametrize("page", [*PAGES, *TOP], ids=named)
def test_commands_within_the_text_are_understood(page: Path) -> None:
    for code in in_text(page):
        if code.startswith(("ragdesk ", "./run ")) and "…" not in code:
            arguments = [word for word in _arguments(code) or [] if word not in ("--install-system", "--setup")]
            if len(arguments) == 1:  # its name alone, which may lack what it needs
                arguments.append("--help")
            try:
                parser().parse_args(arguments)
            except SystemExit as ended:
                assert ended.code == 0, code


def test_a_model_that_is_shown_being_downloaded_is_known() -> None:
    asked = [a[2] for page in WITH_COMMANDS for a in shown(page) if a[:2] == ["models", "download"]]
    assert asked and all(known_chat_model(name) for name in asked)


def test_what_is_only_parsed_is_little_and_shown_somewhere() -> None:
    everything = [arguments for page in WITH_COMMANDS for arguments in shown(page)]
    assert len(everything) > 50
    assert sum(_begins(arguments, NOT_RUN) for arguments in everything) < len(everything) / 5
    for begin in NOT_RUN:
        assert any(_begins(arguments, {begin: ""}) for arguments in everything), f"{begin} is shown nowhere"
    assert (ROOT / "README.md") in WITH_COMMANDS
