"""The audit log hides what its reader must not hear of, by the rule of each kind."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID, uuid4

import orjson
import pytest

from app.core import clock
from app.core.ids import NIL, new_id
from app.core.words import Actor, AuditEvent, Role
from app.db.paging import PageOf
from app.db.repositories.access.entry_access import PARTS
from app.domain import nouns, owning
from app.domain.access.entry_access.queries import readable_page
from app.domain.kinds import KINDS, every_kind
from tests.monitoring import in_conflict
from tests.owners import Plot, a_plot
from tests.property.test_overview import NOUNS
from tests.world import School, World

NOTHING = cast(Any, None)
OF_NO_CHILD = frozenset({"drill", "webhook", "failed_job", "role_proposal"})
"""Kinds of the children's register whose rows tell of no child and of no concern."""


async def wrote(world: World, school: School, noun: str, id_: UUID) -> None:
    """An entry that says of which record it is, and nothing of a child."""
    async with world.work(school.id) as work:
        work.record(AuditEvent.DEADLINE_MISSED, noun, id_)


async def shown(school: School, **asked: Any) -> set[tuple[str, str]]:
    """What the entries that the lead reads are about."""
    answer = await school.lead.get("/v1/audit", params={"limit": 200, **asked})
    assert answer.status_code == 200, answer.text
    about = [one["about"] for one in answer.json()["items"] if one["about"]]
    return {(one["kind"], one["id"]) for one in about}


IN_THIS_LOG = sorted(one.name for one in nouns.EVERY if KINDS[one.name].register != "adults")
"""Concerns about adults have a log of their own."""


@pytest.fixture(scope="module")
async def plot(world: World) -> Plot:
    """A record of every kind about one child, of which the lead must not hear."""
    school = await world.a_school()
    made = await a_plot(world, school, await school.person(Role.DSL), *NOUNS, "role_proposal")
    in_conflict(school, school[Role.DSL].id, made.child)
    return made


class TestEveryKind:
    @pytest.mark.parametrize("name", IN_THIS_LOG)
    async def test_is_hidden_with_its_child(self, world: World, plot: Plot, name: str) -> None:
        await wrote(world, plot.school, name, plot.ids[name])
        told = await shown(plot.school, about_kind=name, about_id=str(plot.ids[name]))
        assert (not told) is (name not in OF_NO_CHILD)

    def test_says_of_what_child_it_tells(self) -> None:
        assert {one.name for one in every_kind()} >= OF_NO_CHILD


def _no_child(plot: Plot, name: str) -> None:
    """A file or a request that names the child by name alone."""
    child = plot.world.sql(
        "select legal_given_name || ' ' || legal_family_name from child where id = %s", plot.child
    )[0][0]
    plot.world.sql(
        f"update {name} set child_id = null, about = %s where id = %s",  # noqa: S608
        orjson.dumps({"name": child}).decode(), plot.ids[name],
    )  # fmt: skip


class TestOneThatMayBeAboutAChild:
    @pytest.mark.parametrize("name", ["incoming_transfer", "file_request"])
    async def test_is_hidden_too(self, world: World, school: School, name: str) -> None:
        made = await a_plot(world, school, school[Role.DEPUTY_DSL], name)
        _no_child(made, name)
        await wrote(world, school, name, made.ids[name])
        about = (name, str(made.ids[name]))
        assert about in await shown(school)
        in_conflict(school, school[Role.DSL].id, made.child)
        assert about not in await shown(school)


def _deadline(plot: Plot) -> UUID:
    id_: UUID = plot.world.sql("select id from deadline where thing_id = %s", plot.ids["check_in"])[
        0
    ][0]
    return id_


def _alert(plot: Plot, **about: Any) -> UUID:
    return plot.put(
        "alert", recipient_id=plot.school[Role.DEPUTY_DSL].id, kind="task_set", urgent=False,
        created_at=clock.now(), **about,
    )  # fmt: skip


def _session(plot: Plot) -> UUID:
    lead, head = plot.school[Role.DSL].id, plot.school[Role.HEADTEACHER].id
    return plot.put(
        "supervision_session", supervisee_id=lead, supervisor_id=head, held_on=clock.now().date(),
        note="x", children_named=[plot.child], concerns_named=[], agreed="[]", set_by=head,
        set_at=clock.now(),
    )  # fmt: skip


def _relationship(plot: Plot) -> UUID:
    return plot.put(
        "relationship", child_id=plot.ids["another"], other_child_id=plot.child, kind="cousin",
        source="staff", created_at=clock.now(),
    )  # fmt: skip


PLANTED: dict[str, Callable[[Plot], UUID]] = {
    "deadline": _deadline,
    "alert": lambda plot: _alert(plot, noun="check_in", thing_id=plot.ids["check_in"]),
    "alert, of a due time": lambda plot: _alert(plot, deadline_id=_deadline(plot)),
    "access_grant": lambda plot: plot.ids["break_glass"],
    "relationship": _relationship,
    "supervision_session": _session,
}
"""Parts of records, by noun: none of them is a kind."""


class TestAPart:
    @pytest.mark.parametrize("name", sorted(PLANTED))
    async def test_is_hidden_with_what_it_is_part_of(
        self, world: World, school: School, name: str
    ) -> None:
        noun = name.partition(",")[0]
        made = await a_plot(world, school, school[Role.DEPUTY_DSL], "check_in", "break_glass")
        made.ids["another"] = await school.child("Blake")
        id_ = PLANTED[name](made)
        await wrote(world, school, noun, id_)
        assert (noun, str(id_)) in await shown(school)
        in_conflict(school, school[Role.DSL].id, made.child)
        assert (noun, str(id_)) not in await shown(school)

    def test_is_found_by_its_columns(self) -> None:
        assert {one.partition(",")[0] for one in PLANTED} <= PARTS.keys()
        assert not PARTS.keys() & KINDS.keys()


class TestWhoItIsAbout:
    async def test_reads_nothing_of_a_notice_about_their_reading(
        self, world: World, school: School
    ) -> None:
        made = await a_plot(world, school, school[Role.DEPUTY_DSL], "reading_notice")
        notice = made.ids["reading_notice"]
        await wrote(world, school, "reading_notice", notice)
        assert ("reading_notice", str(notice)) in await shown(school)
        world.sql(
            "update reading_notice set reader_id = %s where id = %s", school[Role.DSL].id, notice
        )
        assert ("reading_notice", str(notice)) not in await shown(school)


class TestAPage:
    async def test_is_made_up_for_with_the_next_entries(self, world: World, school: School) -> None:
        """What is left out leaves no gap that would tell how much it was."""
        made = await a_plot(world, school, school[Role.DEPUTY_DSL], "check_in")
        kept = [uuid4() for _ in range(5)]
        in_conflict(school, school[Role.DSL].id, made.child)
        for id_ in kept:
            await wrote(world, school, "document", id_)
            for _ in range(7):
                await wrote(world, school, "check_in", made.ids["check_in"])
        seen: list[str] = []
        asked: dict[str, Any] = {"limit": 2, "verb": "deadline.missed"}
        while True:
            page = (await school.lead.get("/v1/audit", params=asked)).json()
            seen += [one["about"]["id"] for one in page["items"]]
            if page["next"] is None:
                break
            assert len(page["items"]) == 2
            asked["cursor"] = page["next"]
        assert seen == [str(id_) for id_ in kept[::-1]]

    async def test_is_a_fault_where_no_kind_is_registered(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(owning, "_complete", [])

        async def fetch(_: Any) -> list[Any]:
            return [{"noun": "check_in", "noun_id": new_id(), "details": "{}"}]

        with pytest.raises(RuntimeError, match=r"app\.domain\.nouns"):
            await readable_page(NOTHING, Actor(NIL, NIL, Role.DSL), (), PageOf(1), fetch)
