"""Code in a language whose grammar is at hand in, its outline out: by tree-sitter, which reads broken code too.

The names of what may stand in a tree differ by language, but not what they mean: one list serves all.
"""

from __future__ import annotations

import functools
import re
import time
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from ragdesk.ingest.outline import Definition, Outline, signature

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Range

GRAMMARS = {
    "python": "python.language",
    "javascript": "javascript.language",
    "typescript": "typescript.language_typescript",
    "tsx": "typescript.language_tsx",
    "vue": "typescript.language_typescript",
    "java": "java.language",
    "c": "c.language",
    "c++": "cpp.language",
    "c#": "c_sharp.language",
    "go": "go.language",
    "rust": "rust.language",
    "ruby": "ruby.language",
    "php": "php.language_php",
    "shell": "bash.language",
    "lua": "lua.language",
}
"""Languages, each with the package `tree_sitter_…` of its grammar and the function in it."""

_HOLDERS = frozenset(
    (
        *("class", "class_declaration", "class_definition", "class_specifier", "singleton_class"),
        *("abstract_class_declaration", "struct_declaration", "struct_specifier", "union_specifier", "struct_item"),
        *("enum_declaration", "enum_item", "enum_specifier", "union_item"),
        *("interface_declaration", "annotation_type_declaration", "trait_declaration"),
        *(
            "record_declaration",
            "trait_item",
            "impl_item",
            "mod_item",
            "module",
            "internal_module",
            "namespace_declaration",
        ),
        *("namespace_definition", "type_declaration", "type_alias_declaration"),
    )
)
_FUNCTIONS = frozenset(
    (
        *("function_declaration", "function_definition", "function_item", "method"),
        *("generator_function_declaration", "singleton_method", "method_declaration", "method_definition"),
        *("constructor_declaration", "compact_constructor_declaration", "destructor_declaration"),
        *("operator_declaration", "conversion_operator_declaration"),
        *("class_method_definition", "macro_definition", "function_signature", "function_signature_item"),
        *("method_signature", "abstract_method_signature", "delegate_declaration"),
    )
)
_IF_LONG = frozenset(("property_declaration", "indexer_declaration", "event_declaration"))
"""What may be a function or a mere field; those over several lines are taken for functions."""

_NAMING = frozenset(
    (
        *("variable_declarator", "assignment_expression", "assignment_statement", "pair"),
        *("field_definition", "public_field_definition", "field"),
    )
)
"""What may give a name to a function without one."""

_CALLS = frozenset(("call_expression", "function_call"))
_NAMELESS = frozenset(("arrow_function", "function_expression", "function_definition", "generator_function", "class"))
_LEADING = re.compile(
    r"\w*comment|attribute(?:_item|_list|_declaration|_specifier)?|(?:marker_)?annotation|decorator|template_parameter_list"
)
"""What stands before a definition and belongs to it."""

_BODY = re.compile("block|_body$|^body|declaration_list|compound_statement|accessor_list")
_STRING = re.compile("string|heredoc")
_LONG_FUNCTION = 1000
"""Characters of a function from which on those within it count for themselves."""

_WHOLE = 300
_DEEPEST = 150
_LONGEST_S = 10.0
_PIECE_BYTES = 64 << 10
_MOST_BYTES = 4 << 20
_LONGEST_LINES = 300
"""Characters in a line on average, from which on no one wrote it by hand."""

_SCRIPT = re.compile(rb"<script\b[^>]*>(.*?)</script>", re.S | re.I)


def outline_by_grammar(text: str, language: str) -> Outline | None:
    """The outline of code; None where there is no grammar for it, it is no text that people write, or takes too long."""
    from tree_sitter import Parser

    source = text.encode()
    rows = source.split(b"\n")
    grammar = GRAMMARS.get(language)
    if grammar is None or len(source) > min(_MOST_BYTES, _LONGEST_LINES * len(rows)):
        return None
    parser = Parser(_language(grammar))
    if language == "vue":
        parser.included_ranges = _scripts(source)
    until_s = time.monotonic() + _LONGEST_S
    try:  # only where it asks for the text piece by piece can it be stopped
        tree = parser.parse(
            lambda offset, point: source[offset : offset + _PIECE_BYTES],
            progress_callback=lambda offset, has_error: time.monotonic() > until_s,
        )
    except ValueError:  # stopped
        return None
    walk = _Walk(rows, source)
    definitions: list[Definition] = []
    walk.visit(tree.root_node, definitions, None, 0)
    return Outline(definitions, walk.borders)


@functools.cache
def _language(grammar: str) -> Language:
    from tree_sitter import Language

    module, _, function = grammar.partition(".")
    return Language(getattr(import_module(f"tree_sitter_{module}"), function)())


def _scripts(source: bytes) -> list[Range]:
    """Where the scripts of a page stand."""
    from tree_sitter import Point, Range

    def point(offset: int) -> Point:
        return Point(source.count(b"\n", 0, offset), offset - source.rfind(b"\n", 0, offset) - 1)

    return [Range(point(m.start(1)), point(m.end(1)), *m.span(1)) for m in _SCRIPT.finditer(source)]


@dataclass(slots=True)
class _Walk:
    """Goes through the parts of a tree that are longer than a line, and collects definitions and borders."""

    rows: list[bytes]
    source: bytes
    borders: set[int] = field(default_factory=set)

    def visit(self, node: Node, found: list[Definition], begun: tuple[int, int] | None, depth: int) -> None:
        """Add what is defined within this node. `begun` is where what it stands for began: the line, and the byte of its head."""
        lead, lead_last, is_first = -1, -2, True
        cuts = node.end_byte - node.start_byte > _WHOLE
        for child in node.children:
            if not child.is_named:
                continue
            row, last = child.start_point.row, child.end_point.row
            own_line = not self.rows[row][: child.start_point.column].strip()
            if _LEADING.fullmatch(child.type):
                if own_line:  # else it is about what stands before it
                    if row > lead_last + 1:
                        lead = row
                        self._border(row, cuts and not is_first)
                        is_first = False
                    lead_last = last - (child.end_point.column == 0 and last > row)
                continue
            adjacent = lead_last + 1 >= row
            start, head = lead if adjacent else row, child.start_byte
            is_template = node.type == "template_declaration"
            if begun is not None and (start == node.start_point.row or is_template):
                start = min(start, begun[0])
                head = begun[1] if row == node.start_point.row or is_template else head
            if own_line and not adjacent:
                self._border(row, cuts and not is_first and not _is_body(child))
                is_first = False
            lead_last = -2
            is_new = not found or start >= found[-1].end
            kind = _kind(child) if is_new and (own_line or start < row or head < child.start_byte) else ""
            if kind:
                inner: list[Definition] = []
                if depth < _DEEPEST:
                    long = child.end_byte - child.start_byte > _LONG_FUNCTION
                    self.visit(child, inner if kind == "holder" or long else [], None, depth + 1)
                end = last + (child.end_point.column > 0 or last == row)
                found.append(Definition(start, end, self._signature(child, head), _within(inner, start, end)))
            elif last > row and depth < _DEEPEST and not _STRING.search(child.type):
                self.visit(child, found, (start, head), depth + 1)

    def _border(self, row: int, is_one: bool) -> None:
        if is_one:
            self.borders.add(row)

    def _signature(self, node: Node, head: int) -> str:
        """The head of a definition, which begins at this byte, up to its body and the remarks before that."""
        if head == node.start_byte:
            head = _after_marks(node)
        end = node.end_byte
        value = _value(node) if node.type in _NAMING or node.type in _CALLS else None
        if value is not None and value.type == "object":
            end = value.start_byte
        else:
            parts = (value or node).children
            body = (value or node).child_by_field_name("body")
            at = next(
                (i for i, part in enumerate(parts) if part == body or (body is None and _is_body(part))), len(parts)
            )
            while at < len(parts):
                end = parts[at].start_byte
                at = at - 1 if at and _LEADING.fullmatch(parts[at - 1].type) else len(parts)
        said = self.source[head:end] if end < node.end_byte else self.source[head:end].split(b"\n")[0]
        return signature(said.decode("utf-8", "replace"))


def _is_body(node: Node) -> bool:
    return node.is_named and _BODY.search(node.type) is not None


def _kind(node: Node) -> str:
    """Whether it is a definition that holds others, a function, or neither."""
    kind = node.type
    if kind in _FUNCTIONS:
        named = node.child_by_field_name("name") or node.child_by_field_name("declarator")
        return "function" if kind != "function_definition" or named is not None else ""
    if kind in _HOLDERS:
        is_mere_name = kind.endswith("_specifier") and node.child_by_field_name("body") is None
        return "" if is_mere_name else "holder"
    if kind in _IF_LONG:
        return "function" if node.end_point.row > node.start_point.row else ""
    if kind in _CALLS:
        return "holder" if _told(node) is not None else ""
    if kind in _NAMING and (value := _value(node)) is not None:
        return "holder" if value.type in ("class", "object") else "function"
    return ""


def _told(node: Node) -> Node | None:
    """The function in a call that also says in words what it is: a test, a route."""
    given = node.child_by_field_name("arguments")
    parts = given.named_children if given is not None else []
    is_told = len(parts) > 1 and "string" in parts[0].type and parts[-1].type in _NAMELESS
    return parts[-1] if is_told else None


def _value(node: Node) -> Node | None:
    """The function, class or long object that gets a name here."""
    if node.type in _CALLS:
        return _told(node)
    value = node.child_by_field_name("value") or node.child_by_field_name("right")
    if value is None and node.named_children:
        value = node.named_children[-1]
    if value is not None and value.type == "expression_list" and value.named_children:
        value = value.named_children[0]
    if value is None or value.type in _NAMELESS:
        return value
    return value if value.type == "object" and value.end_byte - value.start_byte > _WHOLE else None


def _after_marks(node: Node) -> int:
    """Where the head begins after annotations and attributes."""
    for child in node.children:
        if _LEADING.fullmatch(child.type):
            continue
        if child.type == "modifiers" and child.children:
            if all(_LEADING.fullmatch(mark.type) for mark in child.children):
                continue
            return _after_marks(child)
        return child.start_byte
    return node.start_byte


def _within(definitions: list[Definition], first: int, end: int) -> list[Definition]:
    """Those that lie in these lines and do not begin with them; of one that does, what is in it."""
    inner: list[Definition] = []
    for definition in definitions:
        if definition.end <= end:
            inner += [definition] if definition.first > first else definition.inner
    return inner
