"""What an OpenAI-compatible server sends, in bytes, and what it says by them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from ragdesk.errors import Unavailable

_LONGEST_EVENT = 1 << 20


async def data_lines(parts: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """The data of each event; comments and other fields are left out."""
    kept = b""
    async for part in parts:
        kept += part
        *lines, kept = kept.replace(b"\r\n", b"\n").split(b"\n")
        if len(kept) > _LONGEST_EVENT:
            raise Unavailable("The server sends an event without end", "Check the address")
        for line in lines:
            if line.startswith(b"data:") and (data := line[5:].strip()):
                yield data.decode("utf-8", "replace")


def message_of(content: bytes) -> str:
    """What an error's body says, in a line."""
    try:
        value = json.loads(content)
    except ValueError:
        return ""
    for name in ("error", "detail", "message"):
        if isinstance(value, dict) and name in value:
            value = value[name]
    if isinstance(value, dict):
        value = value.get("message", "")
    return " ".join(str(value).split())[:200] if isinstance(value, str) else ""


def window_of(row: dict[str, Any]) -> int:
    """The window that a server tells of a model, 0 for none: vLLM and llama-server do."""
    meta = row.get("meta")
    told = row.get("max_model_len") or (meta.get("n_ctx") if isinstance(meta, dict) else 0)
    return told if isinstance(told, int) and told > 0 else 0


def certificates() -> Any:
    """The system's certificates, and those that come with httpx where the system has none for Python."""
    import ssl

    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
