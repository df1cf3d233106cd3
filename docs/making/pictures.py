"""A hook of mkdocs: pages show pictures of assets/pictures by their place in the source, so that every reader finds them.

The pages are read in three ways: as files (by people and by Help → Guide), on a page that hosts the source, and as the site
that mkdocs builds. Only the site has a root of its own, into which the pictures are copied.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

_PICTURES = "assets/pictures"


def on_files(files: Files, config: Any) -> Files:
    """Add the pictures to the site."""
    root = Path(config["config_file_path"]).parent
    for picture in sorted((root / _PICTURES).glob("*.png")):
        name = picture.relative_to(root).as_posix()
        files.append(File(name, str(root), config["site_dir"], config["use_directory_urls"]))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Let links to pictures lead to where they are in the site."""
    up = "../" * page.file.src_uri.count("/")
    return markdown.replace(f"({up}../{_PICTURES}/", f"({up}{_PICTURES}/")
