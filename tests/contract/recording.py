"""Writes what a walk was answered as text that a diff can be read of: `nets/answers/TAG.json`.

Ids, moments and what is drawn at random get stand-ins, so that one more operation changes its own
lines and those of the lists it appears in.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Uuid

from app.db.models import Base
from tests.contract.walking import READING, Asked, Walk
from tests.security.belongings import ID
from tests.world import World

SHOWN_ITEMS = 2
"""How many items of a list are written whole; of the others names and a digest."""
MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d):\d\d(?:\.\d+)?(?:Z|\+00:00)")
REFERENCE = re.compile(r"\b([A-Z]{1,3}-\d{4})-\d{6}\b")
EMAIL = re.compile(r"\b[a-z_]+\.[0-9a-f]{10}@example\.org")
"""Of the people that tests make."""
TRANSACTION = re.compile(r'((?:xid|seq)\\?":\\?"|\b(?:horizon|next) )\d+')
DRAWN = re.compile(
    r"(?<![\w+/=-])(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d)[\w+/=-]{40,}"
    r"|(?<![\w+/=-])(?=[\w+/-]*[A-Z])(?=[\w+/-]*[a-z])[\w+/-]{43}=?(?![\w+/=-])"
    r"|(?<![\w+-])(?!\w+_day_90\b)(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{16,}(?![\w+-])"
)
"""What is drawn at random. The second form is of a hash, one in thousands of which has no digit."""
COUNTED = re.compile(r"(?<![0-9a-f]{20})0{3,}[0-9a-f]{3,12}(?![0-9a-f])")
"""What stands in for chance while the walk is asked: it shifts with each operation that draws.

A hash may end like one.
"""
OF_BIRTH = frozenset({"age", "falls_on"})
"""Fields that follow from a date of birth, which each run draws again."""
BORN = re.compile(r"\b20(?:0[89]|1[0-6])-\d\d-\d\d\b")
"""Dates of birth are made of a count, too."""
KINDS = " union all ".join(
    f"select id, '{table.name}' as kind from {table.name}"  # noqa: S608
    for table in Base.metadata.sorted_tables
    if "id" in table.c and isinstance(table.c.id.type, Uuid)
)


def kinds_of(world: World, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The table each id is a row of: the first by name where there are several."""
    rows = world.sql(
        f"select id, min(kind) from ({KINDS}) k where id = any(%s) group by id",  # noqa: S608
        [*ids],
    )
    return {UUID(str(id_)): kind for id_, kind in rows}


class Names:
    """A stand-in for each id: what it is, for which operation it was made, and the how many-th."""

    def __init__(self, walk: Walk, answers: Iterable[str]) -> None:
        found = dict.fromkeys(UUID(one) for answer in answers for one in ID.findall(answer))
        kinds = kinds_of(walk.world, found)
        made = {int(at.timestamp() * 1_000): name for at, name in walk.ticks.items()}
        self._others = {
            str(id_) for id_, kind in kinds.items()
            if kind == "organisation" and id_.int >> 80 not in made
        } - {str(walk.school.id)}  # fmt: skip
        people = walk.school.people.items()
        self._names = {str(one.id): f"<the {role.value}>" for role, one in people}
        self._drawn = {one.name: f"<name of the {role.value}>" for role, one in people}
        self._drawn[walk.school.name] = "<name of the school>"
        numbers: dict[str, int] = defaultdict(int)
        for one in sorted(found, key=lambda id_: id_.int if id_.int >> 80 in made else 0):
            if str(one) in self._names:
                continue
            name = kinds.get(one, "id")
            if (operation := made.get(one.int >> 80)) is not None:
                name += f" of {operation}"
            numbers[name] += 1
            self._names[str(one)] = f"<{name} {numbers[name]}>"

    def is_another_school(self, item: Any) -> bool:
        """Whether an item of a list is a school that other tests left on this server."""
        return isinstance(item, dict) and item.get("id") in self._others

    def plain(self, text: str) -> str:
        """A text without what each run draws again."""
        for drawn, name in self._drawn.items():
            text = text.replace(drawn, name)
        text = EMAIL.sub("<email>", text)
        text = ID.sub(lambda found: self._names[found.group()], text)
        text = TRANSACTION.sub(r"\1<number>", MOMENT.sub(r"\1", text))
        text = COUNTED.sub("<counted>", REFERENCE.sub(r"\1-<number>", text))
        return DRAWN.sub("<drawn>", BORN.sub("<date of birth>", text))


def normal(value: Any, names: Names) -> Any:
    """A JSON value with stand-ins, and with long lists cut."""
    if isinstance(value, str):
        return names.plain(value)
    if isinstance(value, list):
        return cut([normal(one, names) for one in value if not names.is_another_school(one)])
    if isinstance(value, dict):
        if "public_key" in value:  # of the server: the first test that needed one has made it
            value = {**value, "since": "<drawn>"}
        if value.keys() & OF_BIRTH:
            value = {**value, **dict.fromkeys(value.keys() & OF_BIRTH, "<of a date of birth>")}
        return {names.plain(key): normal(one, names) for key, one in without_more(value, names)}
    return value


def without_more(value: dict[str, Any], names: Names) -> Iterator[tuple[str, Any]]:
    """The fields of an object; of a cursor only that there is one, and none of other schools."""
    others = any(map(names.is_another_school, value.get("items") or ()))
    for key, one in value.items():
        more = key == "next" and one
        yield key, (None if others else "<more>") if more else one


def cut(items: list[Any]) -> list[Any]:
    """The first items of a list; names and one digest of the others."""
    if len(items) <= SHOWN_ITEMS or not isinstance(items[0], dict):
        return items
    rest = items[SHOWN_ITEMS:]
    names = [one["id"] for one in rest if "id" in one]
    digest = hashlib.sha256(written(rest)).hexdigest()[:12]
    return [*items[:SHOWN_ITEMS], {"and": names or len(rest), "digest": digest}]


def written(value: Any) -> bytes:
    """JSON with sorted names, indented."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)


def record_of(one: Asked, names: Names) -> dict[str, Any]:
    """What is kept of one answer."""
    status, kind = one.answer.status_code, one.answer.headers.get("content-type", "").split(";")[0]
    if not kind.endswith("json"):
        return {"status": status, "type": kind}
    body = one.answer.json()
    if status >= 400:
        return {"status": status, "code": body.get("code", body.get("scimType"))}
    return {"status": status, "body": normal(body, names)}


def records_of(walk: Walk) -> dict[str, str]:
    """Every answer by the tag of its operation; equal ones are written once."""
    names = Names(walk, (one.answer.text for asked in walk.asked.values() for one in asked))
    found: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(dict)
    for name, asked in walk.asked.items():
        told: dict[bytes, dict[str, Any]] = {}
        for one in asked:
            record = record_of(one, names)
            told.setdefault(written(record), {"to": [], **record})["to"].append(one.who)
        found[str(READING[name].described["tags"][0])][name] = list(told.values())
    return {
        f"answers/{tag.replace(' ', '-')}.json": written(by_name).decode() + "\n"
        for tag, by_name in sorted(found.items())
    }
