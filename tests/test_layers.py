"""The order of DESIGN.md: who may import whom. Arrows point right only."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ragdesk

HOUSE = Path(ragdesk.__file__).parent

LAYERS: tuple[frozenset[str], ...] = (
    frozenset(("__main__", "ui", "cli", "mcp", "commands")),
    frozenset(("diagnosing", "diagnosing_models", "mending", "measuring")),
    frozenset(("engine",)),
    frozenset(("intake", "reading_all", "search_at_hand", "originals", "conversing", "removing")),
    frozenset(("ingest", "answer", "evaluate", "export")),
    frozenset(("library", "models", "pages")),
    frozenset(("pictures",)),
    frozenset(("child",)),
    frozenset(
        (
            "domain",
            "job",
            "errors",
            "settings",
            "paths",
            "secrets",
            "sentences",
            "sizes",
            "writing",
            "passwords",
            "ledger",
            "inside",
            "geometry",
        )
    )
    | {"diagnosis", "parts", "redacting"},
)
STRANGERS = ({"ingest", "answer"}, {"ingest", "export"}, {"answer", "evaluate"})
"""Pairs of the same layer that never meet, either way."""

ONLY_IN = {
    "PySide6": ("ui/",),
    "chromadb": ("library/vectors.py",),
    "llama_cpp": ("models/",),
    "torch": ("models/embedding.py", "models/cross_encoder.py", "models/reranker.py", "models/checker.py"),
    "sentence_transformers": ("models/embedding.py", "models/cross_encoder.py"),
    "transformers": ("models/embedding.py", "models/cross_encoder.py", "models/reranker.py"),
    "httpx": ("models/arriving.py", "models/endpoint.py"),
    "keyring": ("secrets.py",),
    "pymupdf": ("ingest/", "pages.py"),
    "sqlite3": ("library/",),
    "rapidocr": ("ingest/ocr.py", "ingest/rapid_lines.py"),
    "cv2": ("ingest/",),
    "tree_sitter": ("ingest/grammars.py",),
    "PIL": ("pictures.py",),
}


def imports(source: str) -> Iterator[tuple[str, bool]]:
    """Every imported module, and whether it is imported when the file is."""
    tree = ast.parse(source)
    inner = {
        node for f in ast.walk(tree) if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)) for node in ast.walk(f)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node not in inner) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "ragdesk":
                yield from ((f"ragdesk.{alias.name}", node not in inner) for alias in node.names)
            else:
                yield node.module, node not in inner


def layer_of(module: str) -> int:
    return next(i for i, layer in enumerate(LAYERS) if module in layer)


def breaches(relative: str, source: str) -> list[str]:
    """What is wrong with the imports of a file of the house."""
    found = []
    here = Path(relative).parts[0].removesuffix(".py")
    for name, at_import in imports(source):
        top, *rest = name.split(".")
        if top == "ragdesk" and rest and here not in ("__init__",) and rest[0] != here and not rest[0].startswith("__"):
            if layer_of(rest[0]) < layer_of(here):
                found.append(f"{relative} imports {name}, which stands left of it")
            if {here, rest[0]} in STRANGERS:
                found.append(f"{relative} imports {name}; these two never meet")
        if top in ONLY_IN and not relative.startswith(ONLY_IN[top]):
            found.append(f"{relative} imports {top}, which belongs in {ONLY_IN[top]}")
        if at_import and top in ("torch", "sentence_transformers", "transformers", "chromadb", "llama_cpp"):
            found.append(f"{relative} imports {top} before it is used")
    return found


def test_no_import_breaks_the_order() -> None:
    files = sorted(HOUSE.rglob("*.py"))
    assert len(files) > 20
    assert [b for f in files for b in breaches(f.relative_to(HOUSE).as_posix(), f.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("library/words.py", "from ragdesk.engine import Engine"),
        ("intake.py", "from ragdesk.engine import Engine"),
        ("models/chat_at_hand.py", "from ragdesk.search_at_hand import SearchAtHand"),
        ("ingest/pdf.py", "from ragdesk.answer import retrieval"),
        ("answer/citing.py", "def f():\n    import ragdesk.ingest.formats"),
        ("models/chat.py", "from ragdesk.ingest.chunking import cut"),
        ("domain.py", "from ragdesk import library"),
        ("cli.py", "def f():\n    import sqlite3"),
        ("engine.py", "from PySide6 import QtCore"),
        ("models/embedding.py", "import torch"),
        ("models/embedder.py", "def f():\n    import torch"),
        ("library/scan.py", "import chromadb"),
    ],
)
def test_an_import_against_the_order_is_found(file: str, source: str) -> None:
    assert breaches(file, source)


def test_the_owning_process_never_loads_what_belongs_in_a_child(towns: Path, library_folder: Path) -> None:
    """The whole job in one process: adding, searching, asking. None of these libraries may be in it afterwards."""
    script = f"""
import sys
from pathlib import Path
from ragdesk.engine import Engine
with Engine(Path({str(library_folder)!r}), write=True) as engine:
    engine.add([{str(towns)!r}])
    assert engine.search("berths")
    engine.ask("How long is the longest berth?")
strangers = ("torch", "llama_cpp", "pymupdf", "chromadb", "sentence_transformers", "PySide6", "tree_sitter")
print([m for m in strangers if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200)
    assert done.stdout.strip() == "[]", done.stderr
