"""Messages in, prompt tokens out, by the chat template of the model's file.

What stands in a message is text and never a control token, whatever it spells: the template's own parts are tokenised
with control tokens, the contents without (llama-cpp-python tokenises the whole rendered prompt with them).
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from ragdesk.errors import WrongUse
from ragdesk.models.loaded_model import LoadedModel
from ragdesk.models.thinking import begins_thinking


@dataclass(frozen=True, slots=True)
class PromptTokens:
    """A prompt; whether it ends inside the model's thinking, and how many tokens its rules take (0 for none)."""

    tokens: list[int]
    thinking: bool
    fixed: int


def prompt_tokens(held: LoadedModel, messages: list[dict[str, str]]) -> PromptTokens:
    """The tokens of the messages. Raises `WrongUse` where the template refuses them."""
    parts: list[tuple[str, bool]] | None = None
    for candidate in (messages, _system_merged(messages)):
        parts = parts or _template_parts(held, candidate)
    if parts is None:
        merged = [{**message, "content": _defused(held, message["content"])} for message in _system_merged(messages)]
        parts = [(_rendered(held, merged), True)]
    tokens: list[int] = [] if held.bos is None else [held.bos]
    fixed, bos = 0, list(tokens)
    for place, (text, special) in enumerate(parts):
        tokens += held.tokens(text, special=special)
        if place == 0 and bos and tokens[1:2] == bos:
            del tokens[0]  # the template writes it itself
        if place == 1 and text == messages[0]["content"] and messages[0]["role"] == "system":
            fixed = len(tokens)
    return PromptTokens(tokens, begins_thinking(parts[-1][0]), fixed)


def _template_parts(held: LoadedModel, messages: list[dict[str, str]]) -> list[tuple[str, bool]] | None:
    """The rendered prompt as (text, whether it is the template's own); None where the template refuses or drops one."""
    key = "q" + secrets.token_hex(8)
    marked = [{**message, "content": f"{key}{i}z"} for i, message in enumerate(messages)]
    try:
        pieces = re.split(rf"{key}(\d+)z", _rendered(held, marked))
    except WrongUse:
        return None
    if len({int(number) for number in pieces[1::2]}) < len(messages):
        return None
    return [
        (messages[int(piece)]["content"], False) if place % 2 else (piece, True) for place, piece in enumerate(pieces)
    ]


def _rendered(held: LoadedModel, messages: list[dict[str, str]]) -> str:
    """Render the template without thinking, where it knows that word. Raises `WrongUse` where it refuses."""
    try:
        return str(held.render(messages=messages, enable_thinking=False).prompt)  # type: ignore[arg-type]
    except Exception as error:  # a template is a program of the model's maker and may raise anything
        raise WrongUse(
            f"The model's chat template refuses the conversation: {error}", "Choose another model"
        ) from error


def _system_merged(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """The messages for a template without a system role: the rules stand before the first question."""
    if len(messages) < 2 or messages[0]["role"] != "system" or messages[1]["role"] != "user":
        return messages
    first = {"role": "user", "content": f"{messages[0]['content']}\n\n{messages[1]['content']}"}
    return [first, *messages[2:]]


def _defused(held: LoadedModel, content: str) -> str:
    """The content with every control token of this vocabulary that it spells broken by a zero-width space."""
    control = held.api.LLAMA_TOKEN_ATTR_CONTROL | held.api.LLAMA_TOKEN_ATTR_USER_DEFINED
    spelled = [
        text
        for token in range(held.llama.n_vocab())
        if held.api.llama_vocab_get_attr(held.vocab, token) & control
        and len(text := held.token_text(token)) > 1
        and text in content
    ]
    for text in sorted(spelled, key=len, reverse=True):
        content = content.replace(text, text[0] + "\u200b" + text[1:])
    return content
