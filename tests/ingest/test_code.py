"""Source code and settings: cut at what they define, each block with what encloses it, each line with its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragdesk.domain import Document
from ragdesk.geometry import place_in
from ragdesk.ingest.chunking import cut
from ragdesk.ingest.formats import read
from ragdesk.ingest.ingesting import cutting
from ragdesk.ingest.languages import language_of
from ragdesk.ingest.reading import Reader
from ragdesk.models.embedder_place import packaged_folder
from ragdesk.models.tokens import Tokens
from ragdesk.settings import Settings


def written(path: Path, source: str) -> Document:
    """Read as code, with nothing lost."""
    path.write_bytes(source.encode())
    document = read(path)
    assert (document.format, document.text) == ("code", source)
    end = 0
    for block in document.blocks:
        assert document.text[end : block.span[0]].strip() == ""
        assert block.span[0] < block.span[1]
        end = block.span[1]
    assert document.text[end:].strip() == ""
    return document


def parts(document: Document) -> list[tuple[str, str]]:
    """Each block's context and text."""
    return [(block.context, document.text[slice(*block.span)]) for block in document.blocks]


PYTHON = '''"""Lamps."""
import os

# Lit at dusk.
@cache
def lit(
    hour: int,  # of the day
    fog: bool = False,
) -> bool:  # never None
    return fog or hour > 18


class Lamp(Light):
    """One lamp."""

    height = 12

    async def light(self) -> None:
        pass

    wick = 3


print(lit(4))
'''


def test_python_is_cut_at_functions_and_methods_with_what_documents_them(tmp_path: Path) -> None:
    head = "def lit(hour: int, # of the day fog: bool = False) -> bool"
    assert parts(written(tmp_path / "a.py", PYTHON)) == [
        ("", '"""Lamps."""\nimport os'),
        (head, PYTHON[PYTHON.index("# Lit") : PYTHON.index("\n\n\nclass")]),
        ("class Lamp(Light)", 'class Lamp(Light):\n    """One lamp."""\n\n    height = 12'),
        ("class Lamp(Light) > async def light(self) -> None", "    async def light(self) -> None:\n        pass"),
        ("class Lamp(Light)", "    wick = 3"),
        ("", "print(lit(4))"),
    ]


LANGUAGES = [
    ("a.js", "const a = 1;\n\n/** Goes. */\nexport async function go(x) {\n  return x;\n}\n", "export async function go(x)"),
    ("a.js", "module.exports.go = function (x) {\n  return x;\n};\n", "module.exports.go = function (x)"),
    ("a.js", "define(['a'], function (a) {\n  function go(x) {\n    return x;\n  }\n});\n", "function go(x)"),
    ("a.js", "describe('lamps', function () {\n  it('light', async () => {\n    go();\n  });\n});\n",
     "describe('lamps', function () > it('light', async () =>"),
    ("a.mjs", "export default class A {\n  go = (x) => {\n    return x;\n  };\n}\n", "export default class A > go = (x) =>"),
    ("a.jsx", "const Go = ({ x }) => {\n  return <b>{x}</b>;\n};\n", "const Go = ({ x }) =>"),
    ("a.ts", "namespace N {\n  export abstract class A {\n    go(x: X): void {\n    }\n  }\n}\n",
     "namespace N > export abstract class A > go(x: X): void"),
    ("a.tsx", "export function Go({ x }: P) {\n  return <b>{x}</b>;\n}\n", "export function Go({ x }: P)"),
    ("a.java", "@Bean\npublic class A {\n    /** Goes. */\n    @Override\n    private int go(int x) throws E {\n    }\n}\n",
     "public class A > private int go(int x) throws E"),
    ("a.kt", "class A {\n    @Test\n    override fun go(x: Int): Int {\n        return x\n    }\n}\n",
     "class A > override fun go(x: Int): Int"),
    ("a.c", "int a;\n\n/* Goes. */\nstatic int\ngo(int x)\n{\n    return x;\n}\n", "static int go(int x)"),
    ("a.h", "struct lamp {\n  int height;\n};\n", "struct lamp"),
    ("a.hpp", "namespace n {\ntemplate <typename T>\nint A<T>::go(T x) {\n}\n}\n",
     "namespace n > template <typename T> int A<T>::go(T x)"),
    ("a.cc", "namespace a { namespace b {\nint go(int x) {\n}\n} }\n", "namespace a > int go(int x)"),
    ("a.d.ts", "interface A {\n  /** Goes. */\n  go(x: X): void;\n}\n", "interface A > go(x: X): void"),
    ("a.cs", "namespace N\n{\n  class A\n  {\n    [Test]\n    public uint Go(int x)\n    {\n    }\n  }\n}\n",
     "namespace N > class A > public uint Go(int x)"),
    ("a.go", "package x\n\n// Goes.\nfunc (a *A) Go(x int) error {\n\treturn nil\n}\n", "func (a *A) Go(x int) error"),
    ("a.rs", "struct A;\n\nimpl A {\n    /// Goes.\n    #[test]\n    pub fn go(&self) -> u8 {\n        1\n    }\n}\n",
     "impl A > pub fn go(&self) -> u8"),
    ("a.rb", "module M\n  class A < B\n    def go(x)\n      x\n    end\n  end\nend\n", "module M > class A < B > def go(x)"),
    ("a.php", "<p><?php\nclass A {\n    public function go(int $x): int {\n        return $x;\n    }\n}\n",
     "class A > public function go(int $x): int"),
    ("a.sh", "set -e\n\n# Goes.\ngo() {\n  echo\n}\n", "go()"),
    ("a.lua", "local M = {}\n\nfunction M:go(x)\n  return x\nend\n", "function M:go(x)"),
    ("a.vue", "<template>\n  <p>{{ a }}</p>\n</template>\n<script>\nfunction go(x) {\n  return x;\n}\n</script>\n",
     "function go(x)"),
    ("a.swift", "extension A {\n    public func go(_ x: Int) -> Int {\n        x\n    }\n}\n",
     "extension A > public func go(_ x: Int) -> Int"),
    ("a.scala", "object A extends B {\n  private def go(x: Int): Int = {\n    x\n  }\n}\n",
     "object A extends B > private def go(x: Int): Int"),
    ("a.r", "a <- 1\n\n# Goes.\ngo <- function(x) {\n  x\n}\n", "go <- function(x)"),
    ("a.pl", "package A;\n\nsub go {\n    return 1;\n}\n", "sub go"),
    ("a.ex", "defmodule A do\n  def go(x) do\n    x\n  end\nend\n", "defmodule A do > def go(x) do"),
    ("a.m", "@implementation A\n- (int)go:(int)x {\n  return x;\n}\n@end\n", "@implementation A > - (int)go:(int)x"),
    ("a.m", "function y = go(x)\ny = x;\nend\n", "function y = go(x)"),
    ("a.sql", "select 1;\n\ncreate table boats (\n  id int\n);\n", "create table boats ("),
    ("a.proto", "message Boat {\n  int32 id = 1;\n}\n", "message Boat"),
    ("a.tf", 'resource "boat" "a" {\n  id = 1\n}\n', 'resource "boat" "a"'),
    ("pyproject.toml", 'a = 1\n\n[tool.boat]\nname = "a"\n', "[tool.boat]"),
    ("Makefile", "CC = gcc\n\nboat: a.o b.o\n\t$(CC) a.o\n", "boat: a.o b.o"),
    ("Dockerfile.dev", "FROM debian AS build\nRUN make\n", "FROM debian AS build"),
    ("a.patch", "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@ def go\n-a\n+b\n", "diff --git a/x b/x > @@ -1 +1 @@ def go"),
    ("a.diff", "--- a/x\n+++ b/x\n@@ -1 +1 @@ def go\n-a\n+b\n", "--- a/x > @@ -1 +1 @@ def go"),
    ("a.bib", "@book{melville,\n  title = {Moby-Dick},\n}\n", "@book{melville,"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "source", "context"), LANGUAGES, ids=[f"{n}-{c[:12]}" for n, _, c in LANGUAGES])
def test_a_definition_is_a_block_that_knows_what_encloses_it(
    tmp_path: Path, name: str, source: str, context: str
) -> None:
    found = dict(parts(written(tmp_path / name, source)))
    assert context in found
    if "Goes." in source:
        assert "Goes." in found[context], "what documents it stands with it"


def test_a_long_function_is_cut_between_its_statements(tmp_path: Path) -> None:
    calls = [f"    call_{n}(\n        {n},\n        'lamp {n}',\n    )\n" for n in range(40)]
    document = written(tmp_path / "a.py", "def light(self):\n" + "".join(calls))
    chunks = cut(document, Tokens(packaged_folder()), max_tokens=96)
    assert len(chunks) > 5
    for chunk in chunks:
        assert chunk.context == "def light(self)"
        assert chunk.text.count("call_") == chunk.text.count("    )"), "no call is torn"
    assert min(chunk.tokens for chunk in chunks[:-1]) > 48, "statements are packed"


def test_closures_in_a_short_function_stay_with_it(tmp_path: Path) -> None:
    short = "def outer():\n    def inner():\n        pass\n    return inner\n"
    assert len(parts(written(tmp_path / "a.py", short))) == 1
    long = short + "    # " + "so it goes on " * 100 + "\n"
    assert "def outer() > def inner()" in dict(parts(written(tmp_path / "b.py", long)))


@pytest.mark.parametrize(
    "source",
    [
        "def go(x):\n    return x\n\n\nclass A(:\n    def m(self):\n        print 'two'\n\ndef broken(\n",
        "{% if a %}\ndef go(x):\n    return {{ x }}\n{% endif %}\n",
        "def go(x):\r\n    return x\r\n",
        "\ufeffdef go(x):\n    return 'žluťoučký 😀'\n",
    ],
    ids=["broken", "template", "windows", "mark"],
)
def test_code_that_no_compiler_takes_is_read_all_the_same(tmp_path: Path, source: str) -> None:
    (tmp_path / "a.py").write_bytes(source.encode())
    document = read(tmp_path / "a.py")
    assert dict(parts(document))["def go(x)"].startswith("def go(x):\n    return")


def test_code_on_one_line_deep_or_without_end_is_kept_whole(tmp_path: Path) -> None:
    for source in (
        "function a(b){return b}" * 20_000,
        "x = (" + "\n(" * 5_000 + ")" * 10,
        "x = [\n" + "  1 +\n" * 5_000,
        "s = '''\n" + "text\n" * 5_000,
    ):
        assert written(tmp_path / "a.js", source).blocks
        assert written(tmp_path / "a.py", source).blocks


def test_what_ends_the_grammar_of_its_language_is_read_by_its_lines(tmp_path: Path) -> None:
    """The grammar of Python takes gigabytes for this."""
    source = "def go(x):\n    return x\n\n" + "\n".join("/*" * 60 for _ in range(60))
    (tmp_path / "a.py").write_text(source, "utf-8")
    settings = Settings(reader_memory_mb=512)
    reader = Reader(settings, cutting(settings))
    try:
        contents = reader.read(tmp_path / "a.py")
    finally:
        reader.close()
    assert contents.document.text == source
    assert "def go(x)" in contents.chunks[0].context


def test_a_place_in_code_is_its_lines(tmp_path: Path) -> None:
    document = written(tmp_path / "a.py", PYTHON)

    def place(said: str) -> str:
        start = document.text.index(said)
        return place_in(document.page_kind, document.pages, document.geometry, (start, start + len(said)))

    assert place("import os") == "line 2"
    assert place("@cache\ndef lit(") == "lines 5–6"
    assert place("print(lit(4))\n") == "line 24"
    assert place('"') == "line 1"


@pytest.mark.parametrize(
    ("name", "head", "language"),
    [
        ("Makefile", b"all:", "make"),
        ("Makefile.am", b"all:", "make"),
        ("CMakeLists.txt", b"project(a)", "cmake"),
        ("Jenkinsfile", b"", "groovy"),
        (".env.local", b"A=1", "ini"),
        ("run", b"#!/usr/bin/env python3\n", "python"),
        ("run", b"#!/usr/bin/env -S node --test\n", "javascript"),
        ("run", b"#! /bin/bash -e\n", "shell"),
        ("A.PY", b"", "python"),
        ("a.h", b"int a;", "c"),
        ("a.h", b"#include <a>\nnamespace a {", "c++"),
        ("notes", b"Dear all", ""),
        ("a.txt", b"#!/bin/sh\n", ""),
        ("README", b"", ""),
    ],
)
def test_a_language_is_known_by_suffix_name_or_first_line(name: str, head: bytes, language: str) -> None:
    assert language_of(name, head) == language


def test_a_text_of_a_suffix_that_nobody_knows_is_plain_text(tmp_path: Path) -> None:
    (tmp_path / "a.xyzzy").write_text("A ferry.\n\nIt goes at six.\n", "utf-8")
    document = read(tmp_path / "a.xyzzy")
    assert (document.format, len(document.blocks)) == ("text", 2)


def test_a_log_is_cut_at_its_lines(tmp_path: Path) -> None:
    lines = [f"2026-01-01 10:{n:02}:00 INFO lamp {n} lit. It is well." for n in range(60)]
    document = written(tmp_path / "a.log", "\n".join(lines) + "\n")
    for chunk in cut(document, Tokens(packaged_folder()), max_tokens=96):
        assert chunk.text.startswith("2026") and chunk.text.endswith("well."), "no line is torn"
