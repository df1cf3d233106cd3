"""Numbers of bytes and of seconds in; what a person reads out."""

from __future__ import annotations

_UNITS = (("GB", 1e9), ("MB", 1e6), ("KB", 1e3))
_GIB = 1 << 30


def size_in_words(size_bytes: float) -> str:
    """A file's size, as disks and downloads are counted: 2500000000 is `2.5 GB`."""
    for unit, size in _UNITS:
        if size_bytes >= size:
            return f"{size_bytes / size:.1f} {unit}"
    return f"{round(size_bytes)} bytes"


def memory_in_words(size_bytes: float) -> str:
    """An amount of memory, as memory is sold: 8 << 30 is `8 GB`."""
    gib = size_bytes / _GIB
    return f"{gib:.1f} GB" if gib < 100 and round(gib, 1) != round(gib) else f"{gib:.0f} GB"


def progress_in_words(done_bytes: int, total_bytes: int) -> str:
    """How much of how much is there, with one unit: `1.2 of 2.5 GB`."""
    unit, size = next((u for u in _UNITS if total_bytes >= u[1]), ("bytes", 1))
    return f"{done_bytes / size:.{0 if size == 1 else 1}f} of {total_bytes / size:.{0 if size == 1 else 1}f} {unit}"


def time_left_in_words(seconds: float) -> str:
    """About how long something takes still."""
    if seconds < 60:
        return f"about {max(5, 5 * round(seconds / 5))} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 90 else f"about {round(minutes / 60)} hours left"
