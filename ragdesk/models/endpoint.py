"""Messages in, text out as it comes, from an OpenAI-compatible server: llama-server, Ollama, LM Studio, vLLM and others.

Only the server at the given address is spoken to: no redirects, no proxies. Its answer comes as server-sent events
(https://html.spec.whatwg.org/multipage/server-sent-events.html), each with a part of a chat completion.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Sequence
from typing import Any, TypeVar

from ragdesk.domain import Message
from ragdesk.errors import Cancelled, RagDeskError, Unavailable, WrongUse
from ragdesk.job import Job
from ragdesk.models.chat import THINKING
from ragdesk.models.places import KEY_VARIABLE, Place, key_name
from ragdesk.models.thinking import THOUGHTS_PER_ANSWER, ThinkingFilter
from ragdesk.models.wire import certificates, data_lines, message_of, window_of
from ragdesk.secrets import Secrets
from ragdesk.settings import Settings

_T = TypeVar("_T")
_CONNECT_S = 10.0
_POLL_S = 0.05
_BYTES_PER_TOKEN = 3
"""Fewer than in any language's texts: what was counted fits. Servers do not tell how they count."""
_MESSAGE_TOKENS = 12
"""About what chat templates put around a message, and a little more."""
_END = "[DONE]"
_UNKNOWN_WORDS = (400, 422)
"""What servers answer that refuse words of a request which they do not know."""


class EndpointModel:
    """A model on a server. Nothing is kept between answers, so it need not be closed."""

    def __init__(self, place: Place, settings: Settings, secrets: Secrets | None = None) -> None:
        self._place = place
        self._context_tokens = settings.context_tokens
        self._timeout_s = settings.endpoint_timeout_s
        self._key = os.environ.get(KEY_VARIABLE) or (secrets or Secrets()).get(key_name(place))
        self._model = place.model
        self._known = False

    @property
    def name(self) -> str:
        """The model's name there and the host."""
        return f"{self._model or 'model'} at {self._place.host}"

    @property
    def loaded(self) -> bool:
        """Whether the server was asked for the model already."""
        return self._known

    @property
    def context_tokens(self) -> int:
        """The window of the settings, or the server's own where it tells of a smaller one."""
        self.load()
        return self._context_tokens

    def load(self, job: Job | None = None) -> None:
        """Ask the server which models it has. Raises `Unavailable` where it does not answer or has not the one wanted."""
        if self._known:
            return
        rows = self.models(job)
        names = [str(row["id"]) for row in rows]
        if self._model and names and self._model not in names:
            close = f"{self._model}:latest"  # Ollama's names have a tag that is left out in speech
            if close not in names:
                raise Unavailable(
                    f"The server at {self._place.host} has no model called {self._model}",
                    f"It has {', '.join(names[:10])}",
                )
            self._model = close
        self._model = self._model or (names[0] if names else "")
        if not self._model:
            raise Unavailable(f"The server at {self._place.host} has no model", "Load one there")
        told = next((window_of(row) for row in rows if row["id"] == self._model), 0)
        self._context_tokens = min(self._context_tokens, told or self._context_tokens)
        self._known = True

    def models(self, job: Job | None = None) -> list[dict[str, Any]]:
        """What the server tells of its models, each with an `id`; none where it does not tell."""

        async def ask() -> list[dict[str, Any]]:
            async with self._client() as client:
                response = await client.get(f"{self._place.address}/models")
                if response.status_code == 404:
                    return []
                self._check(response.status_code, response.content)
                try:
                    rows = response.json()["data"]
                except (ValueError, KeyError, TypeError) as error:
                    raise self._not_understood() from error
                return [row for row in rows if isinstance(row, dict) and "id" in row]

        with self._loop() as loop:
            return self._wait(loop, ask(), job)

    def read_ahead(self, rules: Message, *, job: Job | None = None) -> None:
        """Nothing: what is sent to a server is sent for an answer only."""

    def count_tokens(self, text: str) -> int:
        """A few tokens more than there are."""
        return -(-len(text.encode("utf-8", "replace")) // _BYTES_PER_TOKEN)

    def count_prompt(self, messages: Sequence[Message]) -> int:
        """About what a prompt of these messages takes, a template of a usual length assumed: servers do not show theirs."""
        return sum(self.count_tokens(message.content) + _MESSAGE_TOKENS for message in messages)

    def computed(self, messages: Sequence[Message]) -> int:
        """0: servers do not tell."""
        return 0

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        on_thought: Callable[[str], None] | None = None,
        job: Job | None = None,
    ) -> Generator[str]:
        """The answer to the messages, in parts as they come; closing the iterator ends the connection.

        Servers count what is thought as written: room for it is asked for beside the answer's, as far as the window has it.
        Raises `Unavailable` with the reason where the server cannot be reached, refuses, fails, falls silent or ends
        the connection in mid-answer, or the model thinks without coming to an answer, and `Cancelled`.
        """
        self.load(job)
        room = self._context_tokens - max_tokens - self.count_prompt(messages)
        request = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": max_tokens + max(0, min(THOUGHTS_PER_ANSWER * max_tokens, room)),
            "temperature": temperature,
            "stream": True,
            "chat_template_kwargs": {"enable_thinking": False},  # known to llama-server and vLLM
        }
        thinking, thought_some, parts = ThinkingFilter(), False, 0
        with self._loop() as loop:
            events = self._events(request)
            try:
                while (part := self._wait(loop, _next(events), job)) is not None:
                    thought, text = part
                    shown = thinking.feed(text)
                    if thought := thought + thinking.take_thought():
                        thought_some = True
                        if on_thought is not None:
                            on_thought(thought)
                        if job is not None:
                            job.step(0, 0, phase=THINKING)
                    if shown:
                        yield shown
                        parts += 1
                        if parts >= max_tokens:  # a part is a token or more
                            return
                if rest := thinking.rest():
                    yield rest
                elif thought_some and not parts:
                    raise Unavailable(
                        f"The model {self.name} thought until its room was used up, and did not answer",
                        "Choose a model that does not think, or give it a larger context window",
                    )
            finally:
                loop.run_until_complete(events.aclose())  # type: ignore[attr-defined]  # it is a generator

    def close(self) -> None:
        """Nothing is held."""

    # --- The wire

    async def _events(self, request: dict[str, Any]) -> AsyncIterator[tuple[str, str]]:
        """Parts of what the model thinks and of what it answers."""
        async with self._client() as client:
            for wanted in (request, {k: v for k, v in request.items() if k != "chat_template_kwargs"}):
                async with client.stream("POST", f"{self._place.address}/chat/completions", json=wanted) as response:
                    if response.status_code in _UNKNOWN_WORDS and wanted is request:
                        continue
                    if response.status_code != 200:
                        self._check(response.status_code, await response.aread())
                    finished = came = False
                    async for data in data_lines(response.aiter_bytes()):
                        if data == _END:
                            return
                        thought, text, finished = self._part(data, finished)
                        if thought or text:
                            came = True
                            yield thought, text
                    if not came and not finished:  # what llama-cpp-python's server does with a prompt beyond its window
                        raise Unavailable(
                            f"The server at {self._place.host} gave no answer",
                            "Its window may be too small: allow fewer tokens of passages, the setting source_tokens",
                        )
                    if not finished:
                        raise Unavailable(
                            f"The server at {self._place.host} ended the connection in the middle of the answer",
                            "Ask again; its log may say why",
                        )
                    return

    def _part(self, data: str, finished: bool) -> tuple[str, str, bool]:
        try:
            value = json.loads(data)
            if value.get("error"):
                raise self._failed(message_of(data.encode()))
            choice: dict[str, Any] = next(iter(value.get("choices") or ()), {})
            delta = choice.get("delta") or {}
            thought = delta.get("reasoning_content") or delta.get("reasoning") or ""
            return str(thought), str(delta.get("content") or ""), finished or bool(choice.get("finish_reason"))
        except (ValueError, AttributeError) as error:
            raise self._not_understood() from error

    def _client(self) -> Any:
        import httpx

        return httpx.AsyncClient(
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            timeout=httpx.Timeout(self._timeout_s, connect=min(_CONNECT_S, self._timeout_s)),
            follow_redirects=False,
            trust_env=False,  # neither a proxy nor passwords of other programs
            verify=certificates() if self._place.is_encrypted else False,
        )

    @contextlib.contextmanager
    def _loop(self) -> Generator[asyncio.AbstractEventLoop]:
        loop = asyncio.new_event_loop()
        try:
            yield loop
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def _wait(self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, _T], job: Job | None) -> _T:
        """The result of the work; it is broken off where the job is cancelled."""
        import httpx

        task = loop.create_task(work)
        try:
            while not task.done():
                loop.run_until_complete(asyncio.wait({task}, timeout=_POLL_S))
                if job is not None and job.cancelled:
                    raise Cancelled
            return task.result()
        except httpx.ConnectTimeout as error:
            raise self._unreachable() from error
        except httpx.TimeoutException as error:
            raise Unavailable(
                f"The server at {self._place.host} said nothing for {self._timeout_s:.0f} seconds",
                "It may be busy. Ask again, or allow a longer silence: the setting endpoint_timeout_s",
            ) from error
        except httpx.ConnectError as error:
            raise self._unreachable() from error
        except httpx.HTTPError as error:
            raise Unavailable(
                f"The connection to the server at {self._place.host} broke in the middle of the answer",
                "Ask again; its log may say why",
            ) from error
        finally:
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, httpx.HTTPError, RagDeskError):
                    loop.run_until_complete(task)

    # --- What can go wrong

    def _check(self, status: int, content: bytes) -> None:
        """Raise what a status other than 200 means."""
        host, said = self._place.host, message_of(content)
        if status == 200:
            return
        if status in (401, 403):
            what = "does not accept the key" if self._key else "asks for a key"
            raise Unavailable(f"The server at {host} {what}", f"Keep one: ragdesk models key {self._place.address}")
        if status == 404:
            raise Unavailable(
                f"The server at {host} does not know the model {self._model} or the address {self._place.address}",
                said or "Addresses mostly end in /v1",
            )
        if status in (400, 413, 422):
            raise WrongUse(
                f"The server at {host} refuses the question: {said or status}",
                "Where its window is too small, allow fewer tokens of passages: the setting source_tokens",
            )
        if status == 429:
            raise Unavailable(f"The server at {host} has too much to do", said or "Ask again later")
        if 300 <= status < 400:
            raise Unavailable(
                f"The server at {host} sends on to another address, which is not followed", "Give that one"
            )
        raise self._failed(f"{status} {said}".strip())

    def _failed(self, said: str) -> Unavailable:
        return Unavailable(f"The server at {self._place.host} failed: {said}", "Its log may say why")

    def _unreachable(self) -> Unavailable:
        return Unavailable(
            f"No server can be reached at {self._place.host}", "Start it there, or correct the address in the settings"
        )

    def _not_understood(self) -> Unavailable:
        return Unavailable(
            f"The server at {self._place.host} answers, but not as a language model's server does",
            "Check the address; it mostly ends in /v1",
        )


async def _next(events: AsyncIterator[_T]) -> _T | None:
    return await anext(events, None)
