"""Where an alert says to look: at the thing it is about, for whoever may open it."""

from typing import Any
from uuid import UUID

import pytest

from app.core.pointers import pointer
from app.core.words import Role
from app.domain.common.alerts.commands import tell
from tests.owners import OF_LEADS, a_plot
from tests.world import Api, School, World

KIND = "work_handed_over"
NOUNS = [(noun, Role.DSL) for noun in OF_LEADS] + [("failed_job", Role.SCHOOL_ADMIN)]


async def told(
    world: World, school: School, person: UUID, noun: str, id_: UUID, kind: str = KIND
) -> None:
    """Tell somebody of a thing."""
    async with world.work(school.id) as work:
        tell(work, person, kind, about=(noun, id_))


async def place(api: Api) -> Any:
    """Where the newest card of an inbox says to look."""
    (card, *_) = (await api.get("/v1/alerts")).json()["items"]
    again = (await api.post(f"/v1/alerts/{card['id']}/acknowledge")).json()
    assert again.get("about") == card.get("about")
    return card.get("about")


class TestAnAlertThatNamesAThing:
    @pytest.mark.parametrize(("noun", "role"), NOUNS)
    async def test_says_where_to_look(
        self, world: World, school: School, noun: str, role: Role
    ) -> None:
        plot = await a_plot(world, school, school[role], *dict.fromkeys(("concern", noun)))
        await told(world, school, school[role].id, noun, plot.ids[noun])
        assert await place(school.api(role)) == pointer(noun, str(plot.ids[noun]))

    @pytest.mark.parametrize(("noun", "role"), NOUNS)
    async def test_says_nothing_to_who_may_not_open_it(
        self, world: World, school: School, noun: str, role: Role
    ) -> None:
        plot = await a_plot(world, school, school[role], *dict.fromkeys(("concern", noun)))
        other = await school.person(Role.STAFF)
        await told(world, school, other.id, noun, plot.ids[noun])
        assert await place(world.as_token(other.token)) is None

    async def test_says_so_when_the_thing_has_ended(self, world: World, school: School) -> None:
        plot = await a_plot(world, school, school[Role.DSL], "drill")
        drill = plot.ids["drill"]
        await told(world, school, school[Role.DSL].id, "drill", drill)
        ended = await school.lead.post(f"/v1/drills/{drill}/end", version=1)
        assert ended.status_code == 200, ended.text
        assert await place(school.lead) == pointer("drill", str(drill))

    async def test_says_nothing_to_somebody_in_conflict(self, world: World, school: School) -> None:
        plot = await a_plot(world, school, school[Role.DSL], "review")
        await told(world, school, school[Role.DSL].id, "review", plot.ids["review"])
        said = {"child_id": str(plot.child), "reason": "My godson."}
        ((alert,),) = world.sql(
            "select id from alert where thing_id = %s and recipient_id = %s",
            plot.ids["review"], school[Role.DSL].id,
        )  # fmt: skip
        assert (await school.lead.post("/v1/conflicts", said)).status_code == 201
        cards = (await school.lead.get("/v1/alerts")).json()["items"]
        assert str(alert) not in [card["id"] for card in cards]
        answer = await school.lead.post(f"/v1/alerts/{alert}/acknowledge")
        assert answer.status_code == 404

    async def test_says_nothing_of_the_adult_register(self, world: World, school: School) -> None:
        head = school[Role.HEADTEACHER]
        plot = await a_plot(world, school, head, "adult_concern")
        await told(
            world, school, head.id, "adult_concern", plot.ids["adult_concern"], "adult_concern"
        )
        cards = (await school.api(Role.HEADTEACHER).get("/v1/alerts")).json()["items"]
        assert [(card["kind"], card.get("about")) for card in cards] == [("adult_concern", None)]


class TestAnAlertAboutAChild:
    """The child's record decides, as it does where somebody opens it."""

    async def test_names_no_child_outside_the_cohort(self, world: World, school: School) -> None:
        child, pastoral = await school.child(year_group="9"), school[Role.PASTORAL]
        await told(world, school, pastoral.id, "child", child)
        cohort = """update membership set cohort = '{"year_groups": ["%s"]}' where staff_id = %%s"""
        world.sql(cohort % 7, pastoral.id)
        assert await place(school.api(Role.PASTORAL)) is None
        world.sql(cohort % 9, pastoral.id)
        assert await place(school.api(Role.PASTORAL)) == pointer("child", str(child))

    async def test_is_kept_from_somebody_in_conflict(self, world: World, school: School) -> None:
        child, deputy = await school.child(), school.api(Role.DEPUTY_DSL)
        await told(world, school, school[Role.DEPUTY_DSL].id, "child", child)
        (card,) = (await deputy.get("/v1/alerts")).json()["items"]
        assert card["about"] == pointer("child", str(child))
        day = (await deputy.get("/v1/overview")).json()["unacknowledged"]
        assert [one["id"] for one in day["items"]] == [card["id"]]
        said = {"child_id": str(child), "reason": "My nephew."}
        assert (await deputy.post("/v1/conflicts", said)).status_code == 201
        assert (await deputy.get("/v1/alerts")).json()["items"] == []
        day = (await deputy.get("/v1/overview")).json()["unacknowledged"]
        assert day == {"count": 0, "items": []}
        answer = await deputy.post(f"/v1/alerts/{card['id']}/acknowledge")
        assert answer.status_code == 404
