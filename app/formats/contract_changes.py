"""What in a new description of the API breaks a client of an older one, told by direction.

A request breaks where less is taken than before, an answer where more may come than was promised.
Both descriptions are read with every reference followed; a schema of a name is compared once for
each direction, and its break is told once, however many operations use it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.formats.contract_schemas import SCHEMAS, Description, Schema, of, takes_null

Part = Mapping[str, Any]
REQUEST: Final = "request"
ANSWER: Final = "answer"
NULL: Final = {REQUEST: "null is no longer taken.", ANSWER: "it may be null now."}
LIMITS: Final = {
    "minLength": (1, "longer"), "minimum": (1, "larger"), "exclusiveMinimum": (1, "larger"),
    "minItems": (1, "more of them"), "maxLength": (-1, "shorter"), "maximum": (-1, "smaller"),
    "exclusiveMaximum": (-1, "smaller"), "maxItems": (-1, "fewer of them"),
}  # fmt: skip
"""Bounds of what is taken: whether a larger one narrows (1) or widens (-1), and what it asks."""


@dataclass(frozen=True, order=True)
class Break:
    """One thing that a client of the older description runs into."""

    subject: str
    """The operation or the schema that it is in: a declared break names it."""
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.subject} ({self.place}): {self.text}" if self.place else self.sentence

    @property
    def sentence(self) -> str:
        """Without a place."""
        return f"{self.subject}: {self.text}"


def breaks(old: Part, new: Part) -> list[Break]:
    """Everything that breaks a client of `old` when the server speaks as `new` says, sorted."""
    return sorted(set(_Comparison(Description(old), Description(new)).run()))


def undeclared(result: list[Break], declared: str) -> list[Break]:
    """The breaks whose subject no text of the declarations names in backticks."""
    return [item for item in result if f"`{item.subject}`" not in declared]


@dataclass
class _Comparison:
    old: Description
    new: Description
    seen: set[tuple[str, ...]] = field(default_factory=set)

    def run(self) -> Iterator[Break]:
        now = dict(self.new.operations())
        for address, before in self.old.operations():
            name = before["operationId"]
            after = now.get(address)
            if after is None:
                yield Break(name, "", f"{address} is gone.")
                continue
            if after["operationId"] != name:
                yield Break(name, "", f"it is now called {after['operationId']}.")
            yield from _callers(name, before, after)
            yield from self._parameters(name, before, after)
            yield from self._body(name, before, after)
            yield from self._answers(name, before, after)

    def _parameters(self, name: str, before: Part, after: Part) -> Iterator[Break]:
        then, now = self.old.parameters(before), self.new.parameters(after)
        for key, parameter in now.items():
            place = f"{parameter['in']} {parameter['name']}"
            was = then.get(key)
            if parameter.get("required") and not (was and was.get("required")):
                yield Break(name, place, "it has to be sent now.")
            if was is not None:
                yield from self._schema(
                    name, place, REQUEST, was.get("schema", {}), parameter.get("schema", {})
                )
        for key in then.keys() - now.keys():
            yield Break(name, " ".join(key), "it is no longer taken.")

    def _body(self, name: str, before: Part, after: Part) -> Iterator[Break]:
        then, now = self.old.body(before), self.new.body(after)
        if now is not None and now.get("required") and not (then and then.get("required")):
            yield Break(name, "body", "a body has to be sent now.")
        if then is None:
            return
        if now is None:
            yield Break(name, "body", "no body is taken any longer.")
            return
        for media, content in then["content"].items():
            if media not in now["content"]:
                yield Break(name, "body", f"{media} is no longer taken.")
                continue
            yield from self._schema(
                name, "body", REQUEST, content.get("schema", {}),
                now["content"][media].get("schema", {}),
            )  # fmt: skip

    def _answers(self, name: str, before: Part, after: Part) -> Iterator[Break]:
        then, now = self.old.answers(before), self.new.answers(after)
        for status in sorted(now.keys() - then.keys()):
            if status < "4":
                yield Break(name, status, "it may now answer with this status.")
        for status in sorted(then.keys()):
            if status in now:
                yield from self._answer(name, status, then[status], now[status])
            elif status < "4":
                yield Break(name, status, "it no longer answers with this status.")

    def _answer(self, name: str, status: str, then: Part, now: Part) -> Iterator[Break]:
        for header in sorted(then.get("headers", {}).keys() - now.get("headers", {}).keys()):
            yield Break(name, status, f"the header {header} no longer comes.")
        contents, before = now.get("content", {}), then.get("content", {})
        for media in sorted(contents.keys() - before.keys()):
            yield Break(name, status, f"{media} may come now.")
        for media, content in before.items():
            if media in contents:
                yield from self._schema(
                    name, status, ANSWER, content.get("schema", {}),
                    contents[media].get("schema", {}),
                )  # fmt: skip

    def _schema(
        self, subject: str, place: str, way: str, before: Schema, after: Schema
    ) -> Iterator[Break]:
        """Compare two schemas; one with a name is a subject of its own, and compared once."""
        names = (of(before), of(after))
        if all(names):
            less, more = (before, after) if way == ANSWER else (after, before)
            if takes_null(more) and not takes_null(less):
                yield Break(subject, place, NULL[way])
            before, after = ({"$ref": SCHEMAS + name} for name in names)
            if (way, *names) in self.seen:
                return
            self.seen.add((way, *names))
            subject, place = names[0], f"in {'requests' if way == REQUEST else 'answers'}"
        then, now = self.old.whole(before), self.new.whole(after)
        tell = _narrowed if way == REQUEST else _widened
        for text in tell(then, now):
            yield Break(subject, place, text)
        yield from self._inside(subject, place, way, then, now)

    def _inside(
        self, subject: str, place: str, way: str, then: Schema, now: Schema
    ) -> Iterator[Break]:
        """What is held by two schemas whose own words have been compared."""
        inner, result = then.get("properties", {}), now.get("properties", {})
        for name in inner:
            if name in result:
                yield from self._schema(subject, f"{place} /{name}", way, inner[name], result[name])
        for word, step in (("items", "/*"), ("additionalProperties", "/{name}")):
            held, holds = then.get(word), now.get(word)
            if isinstance(held, dict) and isinstance(holds, dict):
                yield from self._schema(subject, f"{place} {step}", way, held, holds)
        then_by, now_by = self.old.variants(then), self.new.variants(now)
        lost = (
            (then_by.keys() - now_by.keys()) if way == REQUEST else now_by.keys() - then_by.keys()
        )
        says = "can no longer be sent" if way == REQUEST else "may come now"
        if then_by:
            for name in sorted(lost):
                yield Break(subject, place, f"{name} {says}.")
        for name in sorted(then_by.keys() & now_by.keys()):
            yield from self._schema(subject, f"{place} <{name}>", way, then_by[name], now_by[name])


def _callers(name: str, before: Part, after: Part) -> Iterator[Break]:
    """Who may call it, and with what proof."""
    then, now = before.get("x-scope"), after.get("x-scope")
    if then != now:
        yield Break(name, "", f"it needs {now} now, where it needed {then}.")
    if after.get("x-step-up") and not before.get("x-step-up"):
        yield Break(name, "", "it needs a fresh proof of identity now.")
    for mark, text in (
        ("x-by-password", "a password alone is no longer enough."),
        ("x-enrolling", "a session that lacks its second factor may no longer call it."),
    ):
        if before.get(mark) and not after.get(mark):
            yield Break(name, "", text)


def _narrowed(then: Schema, now: Schema) -> Iterator[str]:
    """What a request may no longer hold."""
    for name in sorted(set(now.get("required", ())) - set(then.get("required", ()))):
        yield f"{name} has to be sent now."
    if now.get("additionalProperties") is False or then.get("additionalProperties") is False:
        for name in sorted(then.get("properties", {}).keys() - now.get("properties", {}).keys()):
            yield f"{name} is no longer taken."
    lost = then["types"] - now["types"] if now["types"] else set()
    if lost or (now["types"] and not then["types"]):
        yield f"it takes only {_or(now['types'])} now."
    if (values := now.get("values")) is not None:
        if then.get("values") is None:
            yield f"it takes only {_or(values)} now."
        elif gone := then["values"] - values:
            yield f"it no longer takes {_or(gone)}."
    yield from _limited(then, now)


def _limited(then: Schema, now: Schema) -> Iterator[str]:
    for word, (sign, asks) in LIMITS.items():
        before, after = then.get(word), now.get(word)
        if after is not None and (before is None or (after - before) * sign > 0):
            yield f"it has to be {asks} than before ({word} {after})."
    for word in ("pattern", "format"):
        if now.get(word) is not None and now.get(word) != then.get(word):
            yield f"it has another {word} now."


def _widened(then: Schema, now: Schema) -> Iterator[str]:
    """What may come in an answer that was never promised, or no longer comes."""
    promised, comes = then.get("properties", {}), now.get("properties", {})
    for name in sorted(promised.keys() - comes.keys()):
        yield f"{name} no longer comes."
    still = set(now.get("required", ()))
    for name in sorted((set(then.get("required", ())) - still) & comes.keys()):
        yield f"{name} may be missing now."
    if then["types"] and (grown := now["types"] - then["types"] or not now["types"]):
        types = _or(grown) if isinstance(grown, set) else "anything"
        yield f"it may be {types} now."
    if then.get("values") is not None and not then.get("open"):
        if now.get("values") is None or now.get("open"):
            yield "it may have other values than the listed ones now."
        elif new := now["values"] - then["values"]:
            yield f"its closed list has grown by {_or(new)}."
    if then.get("format") is not None and now.get("format") != then.get("format"):
        yield "it has another format now."


def _or(values: Any) -> str:
    return " or ".join(sorted(map(str, values)))
