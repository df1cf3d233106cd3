"""The turns of a conversation in, its branches out: a question that is asked again or changed begins another one.

Each turn follows another (or none, where `follows` is 0), so that turns are a tree; nothing of it is lost when a branch
is left. What is read and continued is one branch, from the first question to a last one.
"""

from __future__ import annotations

from collections.abc import Sequence

from ragdesk.domain import Turn


def branch(turns: Sequence[Turn], last_id: int | None = None) -> tuple[Turn, ...]:
    """The turns that lead to this one, it included, oldest first; None means the newest of all, 0 the beginning."""
    by_id = {turn.id: turn for turn in turns}
    turn = by_id.get(max(by_id, default=0) if last_id is None else last_id)
    found: list[Turn] = []
    while turn is not None:
        found.append(turn)
        turn = by_id.get(turn.follows) if turn.follows < turn.id else None
    return tuple(reversed(found))


def versions(turns: Sequence[Turn], follows: int) -> list[Turn]:
    """The turns that stand in the same place: those that follow this one, in the order they were asked."""
    return sorted((turn for turn in turns if turn.follows == follows), key=lambda turn: turn.id)


def newest_from(turns: Sequence[Turn], turn_id: int) -> int:
    """The newest turn of the branches that go through this one."""
    reached = {turn_id}
    for turn in sorted(turns, key=lambda turn: turn.id):
        if turn.follows in reached:
            reached.add(turn.id)
    return max(reached)


def by_branches(turns: Sequence[Turn]) -> list[Turn]:
    """All turns, each version of a question with what follows it before the next version."""
    following: dict[int, list[Turn]] = {}
    known = {turn.id for turn in turns}
    for turn in sorted(turns, key=lambda turn: turn.id):
        following.setdefault(turn.follows if turn.follows in known and turn.follows < turn.id else 0, []).append(turn)
    found: list[Turn] = []
    waiting = following.get(0, [])[::-1]
    while waiting:
        found.append(waiting.pop())
        waiting += following.get(found[-1].id, [])[::-1]
    return found
