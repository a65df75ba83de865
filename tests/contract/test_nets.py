"""What every reading operation answers is the checked-in record, and what its lists cost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import psycopg
import pytest
from psycopg import sql

from app.core import clock
from app.core.words import Role
from app.db.migrate import migrate
from tests.answers import described
from tests.contract.netting import FOLDER, REWRITES, WRITTEN_BY, hold, rewritten, saved
from tests.contract.plans import PERSON, SCHOOL, Explainer, Shape, fill
from tests.contract.recording import DRAWN, records_of
from tests.contract.walking import BEGINS, READING, Walk, walk
from tests.world import World, by_the_clock

ROWS = Path(__file__).with_name("plan_rows.sql")
PLANNED = (Role.DSL, Role.STAFF)
DEARER = 1.5
"""How many times dearer or cheaper a list may become before somebody looks at it."""


@pytest.fixture(scope="module")
async def walked(world: World) -> Walk:
    """What everybody was answered."""
    return await walk(world)


@pytest.fixture(scope="module")
def records(walked: Walk) -> dict[str, str]:
    """What is kept of it, by file."""
    return records_of(walked)


def test_every_list_has_a_row_for_somebody(records: dict[str, str]) -> None:
    """Else neither a change nor a leak would be seen in it."""
    empty = set()
    for content in records.values():
        for name, answers in orjson.loads(content).items():
            bodies = [one["body"] for one in answers if isinstance(one.get("body"), dict)]
            lists = [body["items"] for body in bodies if "items" in body]
            if lists and not any(lists):
                empty.add(name)
    assert empty == set()


def test_every_answer_is_the_one_recorded(records: dict[str, str]) -> None:
    assert len(records) > 40
    checked_in = {f"answers/{file.name}" for file in (FOLDER / "answers").glob("*.json")}
    if REWRITES:
        for gone in checked_in - set(records):
            (FOLDER / gone).unlink()
    else:
        assert checked_in == set(records)
    faults = []
    for file, content in records.items():
        try:
            hold(file, content)
        except AssertionError as fault:
            faults.append(str(fault))
    assert faults == [], "\n\n".join(faults)


@pytest.mark.parametrize("digits", ["", "01"])
def test_a_hash_counts_as_drawn_whatever_its_letters(digits: str) -> None:
    """One in thousands has no digit."""
    root = (digits + "DNBqnbkgYtNLycAIyVYnuoOHCPVMQBvzgCShqnmDb+Q")[:43] + "="
    assert DRAWN.sub("<drawn>", f"547\n{root}\nnumber 4") == "547\n<drawn>\nnumber 4"
    name = "parents_are_told_of_concerns_that_were_ende"
    assert DRAWN.sub("<drawn>", name) == name


@pytest.fixture(scope="module")
def explainer(admin_url: str) -> Iterator[Explainer]:
    """A database of its own, full of rows that are always the same."""
    owner, app = World.new_database(admin_url, migrate)
    names = {"school": SCHOOL, "lead": PERSON, "teacher": "33333333-3333-7333-8333-333333333333"}
    with clock.frozen(BEGINS):
        rows = by_the_clock(ROWS.read_text().format(**names))
    fill(owner, rows.replace("gen_random_uuid()", "md5(random()::text)::uuid"))
    made = Explainer(app)
    yield made
    made.close()
    with psycopg.connect(admin_url, autocommit=True) as connection:
        name = sql.Identifier(urlsplit(owner).path.strip("/"))
        connection.execute(sql.SQL("drop database {} with (force)").format(name))


def is_a_list(name: str) -> bool:
    """Whether an operation answers a page."""
    content = READING[name].described["responses"]["200"].get("content", {})
    reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    schema = described()["components"]["schemas"].get(reference.rpartition("/")[2], {})
    return {"items", "next"}.issubset(schema.get("properties", {}))


def statements_of(walked: Walk) -> dict[str, dict[str, list[str]]]:
    """The statements of every list, as a lead and as a teacher are answered.

    Where neither is, as the first person who is.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for name, asked in walked.asked.items():
        if is_a_list(name):
            told = {one.who: one.statements for one in asked if one.answer.status_code == 200}
            by_who = {who: told[who] for who in told if who.partition(",")[0] in PLANNED}
            found[name] = by_who or dict([*told.items()][:1])
    return found


def plans_of(walked: Walk, explainer: Explainer) -> dict[str, dict[str, Shape]]:
    """The shape of every list's plans; what all of them ask is told once."""
    every = statements_of(walked)
    asked = [set(statements) for by_who in every.values() for statements in by_who.values()]
    shared = set.intersection(*asked)
    found = {"every list": {"everybody": explainer.shape(sorted(shared))}}
    for name, by_who in sorted(every.items()):
        found[name] = {
            who: explainer.shape([one for one in statements if one not in shared])
            for who, statements in by_who.items()
        }
    return found


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What is planned in another way than before, or for a cost that is not about the same."""
    found = [f"{name}: no longer planned" for name in sorted(before.keys() - now.keys())]
    for name, by_who in now.items():
        for who in sorted(before.get(name, {}).keys() | by_who.keys()):
            old, new = before.get(name, {}).get(who), by_who.get(who)
            if old is None or new is None:
                found.append(f"{name} as {who}: {old} is now {new}")
                continue
            found += [
                f"{name} as {who}, {part}: {old[part]} is now {new[part]}"
                for part in new
                if part != "cost" and old[part] != new[part]
            ]
            low, high = sorted((old["cost"] + 1, new["cost"] + 1))
            if high > low * DEARER:
                found.append(f"{name} as {who}, cost: {old['cost']} is now {new['cost']}")
    return found


def test_every_list_is_planned_as_recorded(
    walked: Walk, world: World, explainer: Explainer
) -> None:
    ((version,),) = world.sql("select current_setting('server_version_num')::int / 10000")
    if version != WRITTEN_BY:
        pytest.skip(f"PostgreSQL {WRITTEN_BY} wrote the file")
    found = plans_of(walked, explainer)
    assert len(found) > 100
    assert [name for name, by_who in found.items() if not by_who] == []
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2
    if rewritten("plans.json", orjson.dumps(found, option=options).decode() + "\n"):
        return
    changed = differences(orjson.loads(saved("plans.json") or "{}"), found)
    assert changed == [], "\n".join(["`make nets` rewrites it:", *changed])
