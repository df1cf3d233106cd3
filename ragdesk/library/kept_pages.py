"""The pages of a document, and the pictures among its text, as the library keeps them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ragdesk.domain import Document, Page, Picture, pages_from_json, pictures_from_json


def pages_to_json(document: Document) -> str:
    """The pages, then the pictures, told apart by what their number is called."""
    rows: list[dict[str, object]] = [
        {"number": page.number, "span": page.span, "label": page.label}
        | ({} if page.sure is None else {"sure": round(page.sure, 3)})
        for page in document.pages
    ]
    rows += [
        {"picture": p.number, "span": p.span, "sure": round(p.sure, 3), "cells": p.cells} for p in document.pictures
    ]
    return json.dumps(rows, ensure_ascii=False)


def pages_and_pictures(kept: str) -> tuple[tuple[Page, ...], tuple[Picture, ...]]:
    """What `pages_to_json` wrote."""
    rows = json.loads(kept)
    pictures = [{**row, "number": row["picture"]} for row in rows if "picture" in row]
    return pages_from_json([row for row in rows if "picture" not in row]), pictures_from_json(pictures)


def mean_sure(pages: Sequence[Page | Picture]) -> float | None:
    """The mean over all their characters; None without pages."""
    letters = sum(page.span[1] - page.span[0] for page in pages)
    return sum((page.sure or 0.0) * (page.span[1] - page.span[0]) for page in pages) / letters if letters else None
