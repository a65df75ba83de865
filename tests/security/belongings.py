"""Tells whose an id in an answer is: the search for what one school is told of another."""

import re
from uuid import UUID

import httpx

from app.db.models import Base
from tests.world import School, World

ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
OWNED = " union all ".join(
    ["select id, id as school_id from organisation"]
    + [
        f"select id, school_id from {table.name}"  # noqa: S608
        for table in Base.metadata.sorted_tables
        if {"school_id", "id"} <= {*table.c.keys()}
    ]
)


def belongings(world: World, school: School, *answers: httpx.Response) -> set[str]:
    """The ids in answers that are of any row of this school alone, and what its people are called.

    An id that the request itself named is not told by the answer. Whoever works in two schools has
    one id in both.
    """
    found: set[str] = set()
    asked: set[UUID] = set()
    for answer in answers:
        sent = f"{answer.request.url} {answer.request.content!r}"
        asked |= {UUID(one) for one in ID.findall(answer.text) if one not in sent}
        found |= {
            one
            for person in school.people.values()
            for one in (person.name, person.email)
            if one in answer.text and one not in sent
        }
    if asked:
        rows = world.sql(
            f"select id from ({OWNED}) owned where id = any(%s)"  # noqa: S608
            " group by id having bool_and(school_id = %s)",
            [*asked], school.id,
        )  # fmt: skip
        found |= {str(id_) for (id_,) in rows}
    return found
