"""The requests of openapi/bruno, read and sent as Bruno does: no program of Bruno is needed.

They use a part of its language alone: variables, paths into answers, and four ways to compare.
"""

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

FOLDER = Path(__file__).parents[1] / "openapi/bruno"
BLOCK = re.compile(r"^([\w:-]+) \{\n(.*?)^\}$", re.DOTALL | re.MULTILINE)
VARIABLE = re.compile(r"\{\{(\w+)\}\}")
STEP = re.compile(r"\w[\w-]*|\[\d+\]")


@dataclass(frozen=True)
class Request:
    """One file."""

    name: str
    blocks: dict[str, str]

    @property
    def method(self) -> str:
        """As HTTP has it, in lower case."""
        return next(one for one in ("get", "post", "patch", "put", "delete") if one in self.blocks)

    @property
    def url(self) -> str:
        """With its variables."""
        return self.pairs(self.method)["url"]

    def pairs(self, block: str) -> dict[str, str]:
        """The names and values of a block; none where there is no such block."""
        lines = self.blocks.get(block, "").splitlines()
        return dict(line.strip().split(": ", 1) for line in lines)


def requests() -> Iterator[Request]:
    """Every request, in the order of the collection."""
    for file in sorted(FOLDER.glob("[0-9]*/*.bru")):
        if file.name != "folder.bru":
            yield Request(str(file.relative_to(FOLDER)), dict(BLOCK.findall(file.read_text())))


class Runner:
    """Somebody who runs the collection, with what they know by now."""

    def __init__(self, http: httpx.AsyncClient, base: str) -> None:
        self._http, self._known = http, {"base": base}

    async def send(self, request: Request) -> httpx.Response:
        """Send a request, see that its assertions hold, and keep what it says to keep."""
        headers = self._filled(request.pairs("headers"))
        if token := self._filled(request.pairs("auth:bearer")):
            headers["Authorization"] = f"Bearer {token['token']}"
        content: dict[str, Any] = {}
        if "body:json" in request.blocks:
            content["json"] = json.loads(self._fill(request.blocks["body:json"]))
        elif "body:form-urlencoded" in request.blocks:
            content["data"] = self._filled(request.pairs("body:form-urlencoded"))
        elif "body:text" in request.blocks:
            content["content"] = self._fill(textwrap.dedent(request.blocks["body:text"]))
        answer = await self._http.request(
            request.method, self._fill(request.url), headers=headers, **content
        )
        for path, wanted in request.pairs("assert").items():
            found = value_of(answer, path)
            assert holds(found, wanted), f"{request.name}: {path} {wanted}: {answer.text}"
        for name, path in request.pairs("vars:post-response").items():
            self._known[name] = value_of(answer, path)
        return answer

    def _fill(self, text: str) -> str:
        return VARIABLE.sub(lambda found: str(self._known[found[1]]), text)

    def _filled(self, pairs: dict[str, str]) -> dict[str, str]:
        return {name: self._fill(value) for name, value in pairs.items()}


def value_of(answer: httpx.Response, path: str) -> Any:
    """What a path such as `res.body.items[0].id` leads to; None where it leads nowhere."""
    first, *steps = STEP.findall(path.removeprefix("res."))
    if first == "status":
        return answer.status_code
    if first == "headers":
        return answer.headers.get(steps[0])
    if not steps:
        return answer.text
    found = answer.json()
    for step in steps:
        try:
            found = found[int(step[1:-1])] if step.startswith("[") else found[step]
        except (KeyError, IndexError, TypeError):
            return None
    return found


def holds(found: Any, wanted: str) -> bool:
    """Whether a value is as an assertion says."""
    verb, _, than = wanted.partition(" ")
    if verb == "isDefined":
        return found is not None
    if verb == "contains":
        return than in found
    if verb == "gte":
        return bool(found >= int(than))
    assert verb == "eq", wanted
    return (found if isinstance(found, str) else json.dumps(found)) == than
