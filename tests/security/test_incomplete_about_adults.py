"""An urgent report about an adult that was refused: who keeps it, and who finds nothing of it."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from app.api.limits import Limits
from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from app.domain.abuse import LATE_OF_PERSON
from app.domain.adults.adult_concerns.rules import says_name
from app.domain.duty.hand_over.commands import settle_school
from app.domain.record.incomplete_reports.commands import settle_incomplete_reports
from app.domain.record.incomplete_reports.rules import of_adult_concern
from tests.adults import ROOT, adult_body
from tests.api.duty.test_cover import cover
from tests.api.record.test_concerns import a_body
from tests.security.operations import operations
from tests.world import Api, Person, School, World

HEAD, CHAIR, ADMIN, LEAD = (
    Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.SCHOOL_ADMIN, Role.DSL,
)  # fmt: skip
WORDS = "Zyxglorp locks the door"
DRAFTS = "/v1/incomplete-reports"
NEVER_ENDS = "stream_events"
"""The same events are read as `list_changes`."""


@pytest.fixture(autouse=True)
def _as_new(world: World) -> None:
    """Nothing was kept from this network yet."""
    world.sql("delete from rate_limit")
    world.runtime.limits = Limits(world.runtime.database, world.runtime.settings)


def about(person: Person | None = None, **more: Any) -> dict[str, Any]:
    """An urgent body that is refused for one field, about a person or about who is described."""
    account = [{"kind": "observed", "text": WORDS}]
    body = adult_body(
        person.id if person else None, account=account, immediate_risk=True, mood="low"
    )
    return body | more


async def refused(api: Api, body: Any) -> dict[str, Any]:
    """What is answered to a report that is refused; `body` as bytes is sent as it is."""
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    answer = await api.request(
        "POST", ROOT, content=content, headers={"Content-Type": "application/json"}
    )
    found: dict[str, Any] = answer.json()
    assert answer.status_code >= 400, answer.text
    return found


async def listed(api: Api) -> list[str]:
    """The incomplete reports in somebody's list."""
    answer = await api.get(DRAFTS)
    return [one["id"] for one in answer.json()["items"]] if answer.status_code == 200 else []


async def who_opens(school: School, draft: str) -> set[Role]:
    """Who may open one; nobody else is told more than that there is none."""
    found: set[Role] = set()
    for role in school.people:
        answer = await school.api(role).get(f"{DRAFTS}/{draft}")
        assert answer.status_code in (200, 403, 404), answer.text
        assert (draft in await listed(school.api(role))) is (answer.status_code == 200)
        if answer.status_code == 200:
            assert WORDS in answer.text or "cut" in answer.json()
            found.add(role)
    return found


def alerts(world: World, person: Person) -> list[Any]:
    """Kind and urgency of somebody's alerts."""
    return world.sql(
        "select kind, urgent from alert where recipient_id = %s order by id", person.id
    )


def end_role(world: World, person: Person) -> None:
    world.sql("update membership set valid_to = current_date where staff_id = %s", person.id)


def make_head(world: World, person: Person) -> None:
    """Give somebody the role of a head besides."""
    world.sql(
        "insert into membership (school_id, id, staff_id, role, valid_from, created_at)"
        " select school_id, gen_random_uuid(), id, 'headteacher', current_date - 1, now()"
        " from staff where id = %s",
        person.id,
    )


async def settle(world: World, school: School) -> int:
    """What the timed job does in one school."""
    async with world.work(school.id) as work:
        return await settle_incomplete_reports(work)


async def everything(api: Api, **ids: Any) -> dict[str, str]:
    """Every answer that a person can read without knowing more ids than these."""
    found = {}
    for name, one in operations().items():
        named = {part.partition("}")[0] for part in one.path.split("{")[1:]}
        if one.method == "GET" and name != NEVER_ENDS and named <= set(ids):
            answer = await api.request("GET", one.path.format(**ids))
            found[name] = answer.text
    return found


class TestWhoReadsIt:
    async def test_is_the_head_where_it_is_about_a_member_of_staff(
        self, world: World, school: School
    ) -> None:
        found = await refused(school.staff, about(school[LEAD]))
        assert await who_opens(school, found["saved_as"]) == {HEAD}
        assert alerts(world, school[HEAD]) == [("adult_concern", True)]
        assert alerts(world, school[LEAD]) == []

    async def test_is_the_chair_where_it_is_about_the_head(
        self, world: World, school: School
    ) -> None:
        found = await refused(school.staff, about(school[HEAD]))
        assert await who_opens(school, found["saved_as"]) == {CHAIR}
        assert alerts(world, school[HEAD]) == []
        assert "Do not tell the headteacher" in found["detail"]

    @pytest.mark.parametrize(
        "adult",
        [
            {"name": "the Head"}, {"name": "Kit Roe", "role": "headteacher"}, {"name": " "},
            {"staff_id": "him"}, {"staff_id": "01990000-0000-7000-8000-000000000000"},
            {"role": "Head teacher"}, "Mr Roe", None, {},
        ],
        ids=str,
    )  # fmt: skip
    async def test_is_the_chair_where_a_head_may_be_meant(self, school: School, adult: Any) -> None:
        found = await refused(school.staff, about(about=adult))
        assert await who_opens(school, found["saved_as"]) == {CHAIR}

    async def test_is_the_chair_where_the_head_is_described_by_name(self, school: School) -> None:
        name = f"Mr. {school[HEAD].name.upper()}"
        found = await refused(school.staff, about(about={"name": name, "role": "staff"}))
        assert await who_opens(school, found["saved_as"]) == {CHAIR}

    async def test_is_the_chair_where_the_head_is_named_anywhere(self, school: School) -> None:
        found = await refused(school.staff, about(school[LEAD], seen_by=str(school[HEAD].id)))
        assert await who_opens(school, found["saved_as"]) == {CHAIR}

    async def test_is_not_the_chair_whom_a_broken_body_names(
        self, world: World, school: School
    ) -> None:
        chair = school[CHAIR]
        for said in (f'"staff_id": "{chair.id}"', f'"name":"{chair.name}"'):
            found = await refused(school.staff, f'{{"about": {{{said}}}, "acc'.encode())
            assert (found["kept"], found["lead_told"]) == (True, False)
            assert "designated officer (LADO)" in found["detail"]
            assert await who_opens(school, found["saved_as"]) == set()
        assert alerts(world, chair) == []

    async def test_is_nobody_who_reports_themselves(self, school: School) -> None:
        found = await refused(school.api(HEAD), about(school[HEAD]))
        assert await who_opens(school, found["saved_as"]) == {CHAIR}
        cut = f'{{"about": {{"staff_id": "{school[CHAIR].id}"}}, "acc'.encode()
        found = await refused(school.api(CHAIR), cut)
        assert await who_opens(school, found["saved_as"]) == set()

    async def test_is_the_chair_too_while_the_head_is_away(
        self, world: World, school: School
    ) -> None:
        away = await cover(school, school[HEAD].id, school[LEAD].id)
        assert away.status_code == 201, away.text
        told = await refused(school.staff, about(school[Role.PASTORAL]))
        assert told["lead_told"] is True
        async with world.work(school.id) as work:
            await settle_incomplete_reports(work)
        for role in (HEAD, CHAIR):
            assert await listed(school.api(role)) == [told["saved_as"]]
        owner = world.sql("select owner_id from incomplete_report where id = %s", told["saved_as"])
        assert owner == [(school[CHAIR].id,)]

    async def test_is_no_head_who_is_close_to_a_child_in_it(self, school: School) -> None:
        child = str(await school.child())
        said = {"child_id": child, "reason": "My niece."}
        assert (await school.api(HEAD).post("/v1/conflicts", said)).status_code == 201
        found = await refused(school.staff, about(school[LEAD], child_ids=[child]))
        assert await who_opens(school, found["saved_as"]) == {CHAIR}

    async def test_is_no_chair_who_is_a_head_besides(self, world: World, school: School) -> None:
        draft = (await refused(school.staff, about(school[HEAD])))["saved_as"]
        make_head(world, school[CHAIR])
        assert await who_opens(school, draft) == set()
        assert await settle(world, school) == 1
        assert alerts(world, school[ADMIN]) == [("appointment_needed", True)]


class TestTheLookForWorkWithoutAnOwner:
    async def test_gives_it_to_the_chair_when_the_head_has_left(
        self, world: World, school: School
    ) -> None:
        draft = (await refused(school.staff, about(school[LEAD])))["saved_as"]
        end_role(world, school[HEAD])
        async with world.work(school.id) as work:
            await settle_school(work)
        owner = world.sql("select owner_id from incomplete_report where id = %s", draft)
        assert owner == [(school[CHAIR].id,)]


class TestNobodyElse:
    @pytest.mark.parametrize("accused", [HEAD, LEAD, Role.PASTORAL])
    async def test_finds_anything_of_it_anywhere(
        self, world: World, school: School, accused: Role
    ) -> None:
        """Neither the accused nor a lead nor an administrator, in anything they can read."""
        child = await school.child()
        told = await refused(school.staff, about(school[accused], child_ids=[str(child)]))
        draft = told["saved_as"]
        keeper = CHAIR if accused is HEAD else HEAD
        seen = await everything(school.api(keeper), incomplete_report_id=draft)
        assert draft in seen["list_incomplete_reports"]
        assert WORDS in seen["open_incomplete_report"]
        assert draft in (await school.api(keeper).get("/v1/adult-audit")).text
        for role in {accused, LEAD, Role.DEPUTY_DSL, ADMIN}:
            seen = await everything(school.api(role), child_id=child, incomplete_report_id=draft)
            assert len(seen) > 50
            for name, text in seen.items():
                assert WORDS not in text, (role, name)
                assert draft not in text, (role, name)
            for name in ("list_alerts", "list_tasks", "list_incomplete_reports"):
                assert '"items":[]' in seen[name] or '"status":403' in seen[name], (role, name)

    async def test_sees_a_difference_in_an_overview(self, school: School) -> None:
        path = "/v1/overview"
        before = [(await school.api(role).get(path)).json() for role in (HEAD, LEAD)]
        await refused(school.staff, about(school[HEAD]))
        after = [(await school.api(role).get(path)).json() for role in (HEAD, LEAD)]
        for one in (*before, *after):
            one.pop("at")
        assert before == after

    async def test_ends_it(self, world: World, school: School) -> None:
        told = await refused(school.staff, about(school[LEAD]))
        path = f"{DRAFTS}/{told['saved_as']}/resolve"
        for role in (LEAD, Role.DEPUTY_DSL, CHAIR):
            answer = await school.api(role).post(path, {"reason": "Nothing."}, version=1)
            assert answer.status_code == 404
        body = a_body(await school.child(), completes=told["saved_as"], immediacy="routine")
        assert (await school.staff.post("/v1/concerns", body)).status_code == 201
        rows = world.sql(
            "select state, concern_id from incomplete_report where id = %s", told["saved_as"]
        )
        assert rows == [("open", None)]

    async def test_reads_in_the_trail_who_looked(self, world: World, school: School) -> None:
        told = await refused(school.staff, about(school[HEAD]))
        draft = told["saved_as"]
        assert (await school.api(CHAIR).get(f"{DRAFTS}/{draft}")).status_code == 200
        rows = world.sql("select verb from adult_trail where noun_id = %s order by seq", draft)
        assert rows == [("incomplete_report.kept",), ("incomplete_report.opened",)]
        assert world.sql("select verb from trail where noun_id = %s", draft) == []
        assert draft in (await school.api(CHAIR).get("/v1/adult-audit")).text
        assert draft not in (await school.api(HEAD).get("/v1/adult-audit")).text


class TestTheKeeper:
    async def test_is_told_once_of_what_is_sent_again(self, world: World, school: School) -> None:
        body = about(school[LEAD])
        first, again = [await refused(school.staff, body) for _ in range(2)]
        assert first["saved_as"] == again["saved_as"]
        assert again["lead_told"] is True
        assert alerts(world, school[HEAD]) == [("adult_concern", True)]
        shown = (await school.api(HEAD).get(DRAFTS)).json()["items"]
        assert [(one["register"], one["times"]) for one in shown] == [("adults", 2)]

    async def test_ends_it_with_a_reason_alone(self, school: School) -> None:
        draft = (await refused(school.staff, about(school[LEAD])))["saved_as"]
        path, head = f"{DRAFTS}/{draft}/resolve", school.api(HEAD)
        answer = await head.post(path, {"concern_id": str(new_id())}, version=1)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/concern_id"
        done = await head.post(path, {"reason": "Raised as A-2026-1."}, version=1)
        assert (done.status_code, done.json()["state"]) == (200, "resolved")
        assert await listed(head) == []

    async def test_sees_reports_about_children_where_they_lead(self, school: School) -> None:
        body = {"immediacy": "immediate_danger", "account": [{"text": WORDS}]}
        child = (await school.staff.post("/v1/concerns", body)).json()["saved_as"]
        adult = (await refused(school.staff, about(school[LEAD])))["saved_as"]
        assert await listed(school.api(HEAD)) == [adult, child]
        assert await listed(school.lead) == [child]
        assert await listed(school.api(CHAIR)) == []
        answer = await school.api(HEAD).post(
            f"{DRAFTS}/{child}/resolve", {"reason": "No."}, version=1
        )
        assert answer.status_code == 403

    async def test_is_the_next_where_a_role_ends(self, world: World, school: School) -> None:
        draft = (await refused(school.staff, about(school[LEAD])))["saved_as"]
        assert await settle(world, school) == 0
        end_role(world, school[HEAD])
        assert await settle(world, school) == 1
        assert alerts(world, school[CHAIR]) == [("adult_concern", True)]
        assert draft in await listed(school.api(CHAIR))
        head = await school.person(HEAD)
        assert await settle(world, school) == 1
        assert alerts(world, head) == [("adult_concern", True)]
        assert draft in await listed(world.as_token(head.token))
        assert await listed(school.api(CHAIR)) == []

    async def test_is_never_the_accused_who_becomes_head(
        self, world: World, school: School
    ) -> None:
        accused = school[LEAD]
        draft = (await refused(school.staff, about(accused)))["saved_as"]
        make_head(world, accused)
        assert await who_opens(school, draft) == {CHAIR}
        assert await settle(world, school) == 1
        assert alerts(world, school[CHAIR]) == [("adult_concern", True)]

    async def test_is_appointed_where_there_is_none(self, world: World) -> None:
        school = await world.a_school([Role.STAFF, HEAD, ADMIN, LEAD])
        found = await refused(school.staff, about(school[HEAD]))
        assert (found["kept"], found["lead_told"]) == (True, False)
        assert "nobody in this school may read this" in found["detail"]
        assert alerts(world, school[ADMIN]) == [("appointment_needed", True)]
        assert await who_opens(school, found["saved_as"]) == set()
        chair = await school.person(CHAIR)
        assert await settle(world, school) == 1
        assert alerts(world, chair) == [("adult_concern", True)]
        assert await listed(world.as_token(chair.token)) == [found["saved_as"]]


class TestWhoIsNotSignedIn:
    async def test_can_ring_a_few_times_and_no_more(self, world: World, school: School) -> None:
        with clock.shifted(timedelta(hours=1)):
            found = [
                await refused(school.staff, about(school[LEAD], place=str(new_id())))
                for _ in range(LATE_OF_PERSON.burst + 5)
            ]
        saved = [one["kept"] for one in found].count(True)
        assert saved in (LATE_OF_PERSON.burst, LATE_OF_PERSON.burst + 1)
        assert len(alerts(world, school[HEAD])) == saved

    async def test_rings_nobody_without_a_token_of_ours(self, world: World, school: School) -> None:
        found = await refused(world.anybody, about(school[LEAD]))
        assert (found["status"], found["kept"]) == (401, False)
        assert alerts(world, school[HEAD]) == []


class TestRules:
    @pytest.mark.parametrize(
        ("body", "urgency"),
        [
            ({"immediate_risk": True}, "now"), ({"immediate_risk": "Yes"}, "now"),
            ({"immediate_risk": 1}, "now"), ({"kind": "allegation"}, "today"),
            ({"immediate_risk": "false", "kind": "not_sure"}, None),
            ({"immediate_risk": False, "kind": {"x": 1}}, None), ([1], None), (None, None),
            ({"account": [{"text": "He hit her."}]}, "today"),
            ({"account": [{"text": "Late."}], "kind": "low_level"}, None), ({}, None),
        ],
    )  # fmt: skip
    def test_says_what_is_urgent(self, body: Any, urgency: str | None) -> None:
        assert of_adult_concern(body) == urgency

    def test_finds_a_name_in_any_text(self) -> None:
        assert says_name('{"name":"Mrs. ANN O\'Lee","x', "Ann O'Lee")
        assert not says_name("Annabel Leeds", "Ann Lee")
        assert not says_name("Mr", "Mr")
