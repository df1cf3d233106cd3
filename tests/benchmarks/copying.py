"""What drafting from the sources saves, on answers that people wrote from passages.

    python -m tests.benchmarks.copying FOLDER [--costs 1 1.21 1.23 1.24]

FOLDER has corpus.jsonl and queries.jsonl of clapnq: questions whose `metadata` has `answers` and `given_passage`. For
each, a prompt of that passage amid two others and the question is made, and counted is how many batches the first answer
takes where what followed the last tokens before is drafted. COSTS is what a batch of 1, 2, 3, 4 tokens takes beside one
(see `first_word`). Tokens are the packaged embedding model's.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from ragdesk.models.drafting import Seen
from ragdesk.models.embedder_place import packaged_folder
from ragdesk.models.tokens import Tokens


def batches(prompt: list[int], answer: list[int], most: int) -> Counter[int]:
    """How many batches of which size an answer takes."""
    seen, sizes, place = Seen(prompt), Counter[int](), 0
    while place < len(answer):
        draft = seen.what_followed()[:most]
        right = 0
        while right < len(draft) and answer[place + right : place + right + 1] == draft[right : right + 1]:
            right += 1
        sizes[len(draft) + 1] += 1
        for token in answer[place : place + right + 1]:
            seen.add(token)
        place += right + 1
    return sizes


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--costs", type=float, nargs="+", default=[1, 1.21, 1.23, 1.24])
    options = parser.parse_args()
    tokens = Tokens(packaged_folder())

    def ids(text: str) -> list[int]:
        return list(tokens._tokenizer.encode(text, add_special_tokens=False).ids)

    def rows(name: str) -> list[dict[str, object]]:
        return [json.loads(line) for line in (options.folder / name).read_text("utf-8").splitlines()]

    corpus = {str(row["_id"]): str(row["text"]) for row in rows("corpus.jsonl")}
    others = list(corpus.values())
    sizes, written = Counter[int](), 0
    for number, row in enumerate(rows("queries.jsonl")):
        about = row["metadata"]
        assert isinstance(about, dict)
        if about.get("unanswerable") or not about.get("answers"):
            continue
        given = (others[number % len(others)], corpus[about["given_passage"]], others[7 * number % len(others)])
        answer = ids(about["answers"][0])
        written += len(answer)
        sizes += batches(ids(" ".join([*given, str(row["text"])])), answer, len(options.costs) - 1)
    cost = sum(options.costs[size - 1] * count for size, count in sizes.items())
    print(f"{written} tokens in {sizes.total()} batches: {sizes.total() / written:.2f} a token")
    print(f"{written / cost:.2f} times as fast, where the model copies as these people did")


if __name__ == "__main__":
    main()
