"""Web pages and XML in, documents out: headings, paragraphs, lists and tables; nothing is fetched."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ragdesk.domain import Document
from ragdesk.ingest.building import DocumentBuilder
from ragdesk.ingest.embedded import Pictures, from_data_uri, pictures_in_text
from ragdesk.ingest.office import iso_day, table_blocks
from ragdesk.ingest.plain import decode
from ragdesk.ingest.tables import REACHED

_HIDDEN = frozenset(
    ("script", "style", "noscript", "template", "head", "svg", "iframe", "object", "select", "button", "nav")
)
_UNSEEN = frozenset(("script", "style", "template"))
_BLOCKS = frozenset(
    (
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "caption",
            "center",
            "dd",
            "details",
            "dialog",
            "div",
            "dl",
            "dt",
        ),
        *(
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "html",
        ),
        *(
            "li",
            "main",
            "ol",
            "p",
            "pre",
            "section",
            "summary",
            "table",
            "tbody",
            "td",
            "tfoot",
            "th",
            "thead",
            "tr",
            "ul",
        ),
    )
)
_LEAST_KEPT = 0.25
_DATES = ("article:published_time", "date", "dc.date", "dcterms.date", "dcterms.created", "citation_date", "pubdate")


def read_html(path: Path) -> Document:
    """A web page without its navigation; with it where little else is left."""
    data = path.read_bytes()
    return html_document(data, "html", pictures=_written_pictures(data))


def html_pictures(path: Path) -> Pictures:
    """The pictures that are written into a web page, by their addresses."""
    return _written_pictures(path.read_bytes())


def _written_pictures(data: bytes) -> Pictures:
    root = parse_html(data) if b"data:image/" in data else None
    sources = [] if root is None else [e.get("src") or "" for e in root.iter("img")]
    return pictures_in_text({source: text for source in sources if (text := from_data_uri(source))})


# --- HTML ---------------------------------------------------------------------------------------------------------


def html_document(data: bytes, format: str, *, pictures: Pictures | None = None) -> Document:
    """A page from its bytes; `pictures` are those that its addresses lead to within the file."""
    root = parse_html(data)
    builder = DocumentBuilder()
    if root is None:
        return builder.document(format)
    builder.pictures = pictures
    add_html(root, builder, keep_all=False)
    whole = DocumentBuilder()
    whole.pictures = pictures.again() if pictures else None
    add_html(root, whole, keep_all=True)
    if builder.length < _LEAST_KEPT * whole.length:
        builder = whole
    if builder.pictures:
        builder.pictures.put_others(builder)
    title = next((" ".join(e.text_content().split()) for e in root.iter("title") if e.text_content().strip()), "")
    metas = {(m.get("name") or m.get("property") or "").lower(): m.get("content") or "" for m in root.iter("meta")}
    date = next((day for name in _DATES if (day := iso_day(metas.get(name, "")))), "")
    return builder.document(
        format,
        title=metas.get("og:title") or title or builder.first_heading,
        date=date,
        metadata={"author": metas.get("author", "")},
    )


def parse_html(data: bytes) -> Any:
    """The root of a page in any encoding; None where there is nothing in it."""
    from lxml import etree, html

    declared = re.search(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]+)", data[:2048])
    text = ""
    if declared and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            text = data.decode(declared.group(1).decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            text = ""
    text = text or decode(data)
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\0", ""))
    if not text.strip():
        return None
    try:
        return html.document_fromstring(
            text, parser=html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
        )
    except etree.ParserError:
        return None


def add_html(
    root: Any,
    builder: DocumentBuilder,
    *,
    keep_all: bool = False,
    chapters: Mapping[str, str] | None = None,
    folder: str = "",
) -> None:
    """Write a page; `keep_all` with its navigation too. An element whose id is in `chapters` begins one of that name.

    `folder` is that of its part in a book, which the addresses of its pictures begin at.
    """
    has_main = next(root.iter("main", "article"), None) is not None
    inline: list[str] = []
    numbers: dict[Any, int] = {}
    pictures: list[str] = []

    def flush(kind: str = "paragraph") -> None:
        text = re.sub(r"[ \t\r\f]*\n[ \t\r\f]*", "\n", re.sub(r"[ \t\r\f]+", " ", "".join(inline)))
        inline.clear()
        builder.block(
            "item" if kind != "paragraph" else "paragraph",
            f"{kind} {text.strip()}" if kind != "paragraph" and text.strip() else text,
        )
        for picture in pictures:
            builder.picture(picture)
        pictures.clear()

    def left_out(element: Any, name: str) -> bool:
        if name == "head" or (name in _HIDDEN and not (keep_all and name == "nav")):
            return True
        if element.get("hidden") is not None or "display:none" in (element.get("style") or "").replace(" ", ""):
            return not keep_all
        inside_main = any(a.tag in ("main", "article") for a in element.iterancestors())
        return not keep_all and has_main and name in ("header", "footer", "aside") and not inside_main

    def walk(element: Any, kind: str) -> None:
        name = element.tag if isinstance(element.tag, str) else ""
        if not name or left_out(element, name):
            return
        if name in _BLOCKS:
            flush(kind)
        if chapters and (chapter := chapters.get(element.get("id") or "")):
            flush(kind)
            builder.chapter(chapter[:120])
        if re.fullmatch("h[1-6]", name):
            builder.block("heading", " ".join(element.text_content().split()), level=int(name[1]))
            return
        if name == "table" and _is_data(element):
            caption = " ".join(" ".join(c.text_content().split()) for c in element.findall("caption"))
            builder.block("paragraph", caption)
            table_blocks(builder, _table_rows(element), title=caption, head_rows=_head_rows(element))
            for image in element.iter("img"):
                builder.picture(_source(image, folder))
            return
        if name == "pre":
            builder.block("code", element.text_content())
            return
        if name == "br":
            inline.append("\n")
        if name == "img" and len((element.get("alt") or "").split()) >= 3:
            inline.append(f" {element.get('alt')} ")
        if name in ("img", "image"):
            pictures.append(_source(element, folder))
        if name == "a" and _is_note_mark(element):
            inline.append(f" [{element.text_content().strip('[] ')}]")
            return
        inner = _mark(element, numbers) if name in ("li", "dd") else "paragraph" if name in _BLOCKS else kind
        inline.append(re.sub(r"\s+", " ", element.text or ""))
        for child in element:
            walk(child, inner)
            inline.append(re.sub(r"\s+", " ", child.tail or ""))
        if name in _BLOCKS:
            flush(inner)

    for body in root.iter("body"):
        walk(body, "paragraph")
    flush()


def _source(image: Any, folder: str) -> str:
    """What a picture is called: its address, in a book the name of its part."""
    source = image.get("src") or image.get("xlink:href") or image.get("href") or ""
    return posixpath.normpath(posixpath.join(folder, unquote(source))) if folder else source


def _mark(item: Any, numbers: dict[Any, int]) -> str:
    """What stands before an item of a list: its number, or a dash. `numbers` are the last ones of the lists so far."""
    parent = item.getparent()
    if item.tag != "li" or parent is None or parent.tag != "ol":
        return "-"
    said = item.get("value") or ("" if parent in numbers else parent.get("start")) or ""
    given = said.isascii() and said.isdecimal() and len(said) < 10
    numbers[parent] = int(said) if given else numbers.get(parent, 0) + 1
    return f"{numbers[parent]}."


def _is_note_mark(link: Any) -> bool:
    """Whether a link is the mark of a footnote."""
    said = f"{link.get('epub:type') or ''} {link.get('role') or ''}"
    parent = link.getparent()
    raised = (parent is not None and parent.tag == "sup") or link.find("sup") is not None
    return "noteref" in said or (raised and "#" in (link.get("href") or "") and len(link.text_content().strip()) <= 5)


def _is_data(table: Any) -> bool:
    """Whether a table holds data rather than a page's layout."""
    if next(table.iter("th", "caption"), None) is not None:
        return True
    if any(inner is not table for inner in table.iter("table")):
        return False
    rows = [len(list(row.iter("td", "th"))) for row in table.iter("tr")]
    cells = [len(cell.text_content()) for cell in table.iter("td")]
    return len(rows) >= 2 and max(rows, default=0) >= 2 and sum(cells) <= 200 * max(1, len(cells))


def _table_rows(table: Any) -> Iterator[list[str | None]]:
    """The rows, with None for a cell that its left one covers, and an empty text where one from above reaches down."""
    reaching: dict[int, int] = {}
    for row in table.iter("tr"):
        cells: list[str | None] = []
        for cell in row:
            if cell.tag in ("td", "th"):
                _add_reached(cells, reaching)
                across, down = _span(cell, "colspan"), _span(cell, "rowspan")
                if down > 1:
                    reaching.update(dict.fromkeys(range(len(cells), len(cells) + across), down - 1))
                cells += [_cell_text(cell), *[None] * (across - 1)]
        _add_reached(cells, reaching)
        if any(cells):
            yield cells


def _add_reached(cells: list[str | None], reaching: dict[int, int]) -> None:
    while reaching.get(len(cells), 0):
        reaching[len(cells)] -= 1
        cells.append(REACHED)


def _cell_text(cell: Any) -> str:
    """The text of a cell; blocks and lines in it stand apart."""
    parts: list[str] = []
    from lxml import etree

    for event, element in etree.iterwalk(cell, events=("start", "end")):
        name = element.tag if isinstance(element.tag, str) else ""
        apart = " " if name in _BLOCKS or name == "br" else ""
        if event == "start":
            parts += [apart, (element.text or "") if name and name not in _UNSEEN else ""]
        else:
            parts += [apart, (element.tail or "") if element is not cell else ""]
    return " ".join("".join(parts).split())


def _span(cell: Any, name: str) -> int:
    said = (cell.get(name) or "").strip()
    return max(1, min(int(said), 100)) if said.isdecimal() and said.isascii() else 1


def _head_rows(table: Any) -> int | None:
    """How many rows the page itself marks as heads; None where it marks none."""
    marked = 0
    for row in table.iter("tr"):
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        if row.getparent().tag != "thead" and not (len(cells) > 1 and all(cell.tag == "th" for cell in cells)):
            break
        marked += 1
    return marked or None
