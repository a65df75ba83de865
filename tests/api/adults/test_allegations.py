"""A report about a child that is about an adult: the adult register keeps it, and no lead hears."""

from typing import Any
from uuid import UUID

import pytest

from app.core.ids import made_by, new_id
from app.core.words import Permission, Role
from tests.adults import ROOT, ids_of, row_of
from tests.api.record.test_concerns import a_body
from tests.world import Api, Person, School, World

HEAD, CHAIR, ADMIN, LEAD, TEACHER = (
    Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.SCHOOL_ADMIN, Role.DSL, Role.PASTORAL,
)  # fmt: skip
WORDS = "Zyxglorp pulled me by the arm."
PROMPT = "Tell me."


def about(person: Person | None, *children: UUID, **fields: Any) -> dict[str, Any]:
    """A tutor's report of what a pupil said about an adult."""
    return a_body(
        *children,
        account=[{"kind": "child_said", "text": WORDS, "prompted_by": PROMPT}],
        categories=["physical_abuse_disclosure", "adult_concern"],
        staff_named=[str(person.id)] if person else [],
        **fields,
    )


async def raised(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    """The receipt of a report."""
    answer = await api.post("/v1/concerns", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{ROOT}/{found['id']}"
    assert (found["register"], found["lead_availability"]) == ("adults", None)
    return found


def alerts(world: World, person: Person) -> list[Any]:
    """Kind and urgency of somebody's alerts."""
    return world.sql(
        "select kind, urgent from alert where recipient_id = %s order by id", person.id
    )


class TestARaisedReport:
    async def test_is_kept_whole_and_tells_the_head(self, world: World, school: School) -> None:
        child, other = await school.child(), await school.child("Robin", "Vale")
        body = about(school[TEACHER], child, other, immediacy="immediate_danger")
        body["children"][1]["role"] = "witness"
        body["body_map"] = [
            {
                "child_id": str(child), "view": "front", "x": 0.4, "y": 0.3,
                "region": "forearm_outer_l", "size_mm": 30, "explanation": "That is his hand.",
                "painful": True,
            }
        ]  # fmt: skip
        found = await raised(school.staff, body)
        assert alerts(world, school[HEAD]) == [("adult_concern", True)]
        for role in set(school.people) - {HEAD}:
            assert alerts(world, school[role]) == []
        answer = await school.api(HEAD).get(f"{ROOT}/{found['id']}")
        whole = answer.json()
        said = whole["account"][0]
        assert (said["kind"], said["text"], said["prompted_by"]) == ("child_said", WORDS, PROMPT)
        assert whole["about"]["staff_id"] == str(school[TEACHER].id)
        assert whole["immediate_risk"] is True
        report = whole["child_report"]
        assert [one["role"] for one in report["children"]] == ["subject", "witness"]
        assert report["categories"] == body["categories"]
        mark = report["body_map"][0]
        assert "30 mm" in mark["words"]
        assert "That is his hand." in mark["words"]
        assert (mark["x"], mark["y"]) == (0.4, 0.3)
        assert world.sql("select count(*) from concern where school_id = %s", school.id) == [(0,)]

    async def test_sends_the_reporter_to_the_head_and_to_no_lead(self, school: School) -> None:
        found = await raised(school.staff, about(school[TEACHER], await school.child()))
        said = " ".join([*found["guidance"]["first"], found["guidance"]["after"]])
        assert f"Tell the headteacher now, in person or by phone: {school[HEAD].name}" in said
        assert "lead" not in said.lower()

    async def test_sends_the_reporter_to_the_chair_about_the_head(self, school: School) -> None:
        found = await raised(school.staff, about(school[HEAD], await school.child()))
        said = " ".join(found["guidance"]["first"])
        assert school[CHAIR].name in said
        assert "Do not tell the headteacher" in said

    async def test_is_seen_by_its_reporter_alone_beside_its_readers(self, school: School) -> None:
        found = await raised(school.staff, about(school[TEACHER], await school.child()))
        own = (await school.staff.get(f"{ROOT}/{found['id']}")).json()
        assert own["progress"] == "received"
        assert "owner" not in own
        for role in set(school.people) - {HEAD, Role.STAFF}:
            assert found["id"] not in await ids_of(school.api(role))
            assert (await school.api(role).get(f"{ROOT}/{found['id']}")).status_code in (403, 404)
            assert (await school.api(role).get(f"/v1/concerns/{found['id']}")).status_code in (
                403, 404,
            )  # fmt: skip

    async def test_takes_the_id_and_the_key_of_the_client(self, school: School) -> None:
        sent = new_id()
        body = about(school[TEACHER], await school.child(), id=str(sent))
        found = await raised(school.staff, body)
        assert found["id"] == str(made_by(school[Role.STAFF].id, sent))

    async def test_may_be_raised_by_who_reports_children_only(
        self, world: World, school: School
    ) -> None:
        """Whoever may report a worry about a child is never refused for what it turns out to be."""
        await school.role("helper", Permission.CONCERN_RAISE.value)
        person = await school.holder("helper")
        answer = await Api(world, person.token).post(
            "/v1/concerns", about(school[LEAD], await school.child())
        )
        assert answer.status_code == 201, answer.text

    @pytest.mark.parametrize("adult", [{"name": "Kit Roe", "role": "supply"}, None])
    async def test_is_about_a_described_adult_too(
        self, world: World, school: School, adult: dict[str, str] | None
    ) -> None:
        body = about(None, await school.child())
        if adult:
            body |= {"adult": adult, "categories": ["not_sure"]}
        found = await raised(school.staff, body)
        assert row_of(world, found["id"], "about_head") is False
        name = row_of(world, found["id"], "adult_name")
        assert name == (adult["name"] if adult else "Not named")
        assert alerts(world, school[HEAD]) == [("adult_concern", True)]

    @pytest.mark.parametrize("words", ["The Headteacher did it.", "{name} did it.", "Head!"])
    async def test_goes_to_the_chair_where_nobody_is_named_and_a_head_may_be_meant(
        self, world: World, school: School, words: str
    ) -> None:
        body = about(None, await school.child())
        surname = school[HEAD].name.split()[-1]
        body["account"][0]["text"] = words.format(name=f"Mrs {surname}")
        found = await raised(school.staff, body)
        assert alerts(world, school[HEAD]) == []
        assert alerts(world, school[CHAIR]) == [("adult_concern", True)]
        assert row_of(world, found["id"], "owner_id") == school[CHAIR].id

    async def test_keeps_out_everybody_named_and_takes_the_head_as_its_adult(
        self, world: World, school: School
    ) -> None:
        body = about(school[TEACHER], await school.child())
        body["staff_named"].append(str(school[HEAD].id))
        found = await raised(school.staff, body)
        assert row_of(world, found["id"], "staff_id") == school[HEAD].id
        assert row_of(world, found["id"], "locked_out") == [school[TEACHER].id]
        assert alerts(world, school[HEAD]) == []

    async def test_goes_round_a_head_who_is_related_to_the_child(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        answer = await school.api(HEAD).post(
            "/v1/conflicts", {"child_id": str(child), "reason": "My nephew."}
        )
        assert answer.status_code == 201, answer.text
        found = await raised(school.staff, about(school[TEACHER], child))
        assert alerts(world, school[HEAD]) == []
        assert row_of(world, found["id"], "case_manager_id") == school[CHAIR].id
        assert (await school.api(HEAD).get(f"{ROOT}/{found['id']}")).status_code == 404

    async def test_asks_administrators_to_appoint_where_nobody_may_read_it(
        self, world: World, school: School
    ) -> None:
        world.sql(
            "update membership set valid_to = current_date where staff_id = %s", school[CHAIR].id
        )
        found = await raised(school.staff, about(school[HEAD], await school.child()))
        assert alerts(world, school[ADMIN]) == [("appointment_needed", True)]
        assert "designated officer (LADO)" in " ".join(found["guidance"]["first"])

    async def test_keeps_a_pupil_safe_who_speaks_of_dying(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        body = about(school[TEACHER], child)
        body["self_harm"] = {"kind": "thoughts_of_suicide", "own_words": {"value": WORDS}}
        found = await raised(school.staff, body)
        items = (await school.lead.get("/v1/concerns")).json()["items"]
        assert len(items) == 1
        assert items[0]["id"] != found["id"]
        answer = await school.lead.get(f"/v1/concerns/{items[0]['id']}")
        assert answer.json()["self_harm"]["kind"] == "thoughts_of_suicide"
        assert "Zyxglorp" not in answer.text
        assert "adult_concern" not in answer.text
        whole = (await school.api(HEAD).get(f"{ROOT}/{found['id']}")).json()
        assert whole["child_report"]["self_harm"]["own_words"]["value"] == WORDS
        assert (await school.api(TEACHER).get(f"/v1/concerns/{items[0]['id']}")).status_code == 404

    @pytest.mark.parametrize("alone", [False, True])
    async def test_keeps_a_pupil_safe_from_who_it_is_about(
        self, world: World, school: School, alone: bool
    ) -> None:
        """The adult of a report is no reader of the pathway, the only one who leads included."""
        accused = school[HEAD if alone else LEAD]
        if alone:
            world.sql(
                "update membership set valid_to = current_date where staff_id = any(%s)",
                [school[LEAD].id, school[Role.DEPUTY_DSL].id],
            )
        body = about(None, await school.child(), adult={"staff_id": str(accused.id)})
        body["self_harm"] = {"kind": "self_harm"}
        await raised(school.staff, body)
        api = Api(world, accused.token)
        assert alerts(world, accused) == []
        assert (await api.get("/v1/concerns")).json()["items"] == []
        rows = world.sql("select id from concern where school_id = %s", school.id)
        assert (await api.get(f"/v1/concerns/{rows[0][0]}")).status_code == 404
        if not alone:
            whole = await school.api(Role.DEPUTY_DSL).get(f"/v1/concerns/{rows[0][0]}")
            assert "few people" not in whole.text

    async def test_keeps_a_pupil_safe_from_a_head_who_may_be_meant(
        self, world: World, school: School
    ) -> None:
        world.sql(
            "update membership set valid_to = current_date where staff_id = any(%s)",
            [school[LEAD].id, school[Role.DEPUTY_DSL].id],
        )
        body = about(None, await school.child())
        body["account"][0]["text"] = "The headmistress grabbed me."
        body["self_harm"] = {"kind": "self_harm"}
        await raised(school.staff, body)
        assert alerts(world, school[HEAD]) == []
        assert (await school.api(HEAD).get("/v1/concerns")).json()["items"] == []

    async def test_says_which_name_is_not_known(self, school: School) -> None:
        body = about(None, await school.child(), adult={"staff_id": str(school.id)})
        answer = await school.staff.post("/v1/concerns", body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/adult/staff_id"


class TestARefusedReport:
    """What could not be taken goes to the same shelf as the report would have gone to."""

    @pytest.mark.parametrize(
        ("change", "who"),
        [
            ({"mood": "low"}, HEAD),
            ({"staff_named": "nobody", "adult": {"name": "Kit Roe"}, "mood": "low"}, HEAD),
            ({"staff_named": []}, CHAIR),
        ],
    )
    async def test_is_kept_where_no_lead_sees_it(
        self, world: World, school: School, change: dict[str, Any], who: Role
    ) -> None:
        body = about(school[TEACHER], await school.child(), mood="low") | change
        answer = await school.staff.post("/v1/concerns", body)
        assert answer.status_code == 422
        found = answer.json()
        assert "lead has been told" not in found["detail"]
        for role in set(school.people) - {Role.STAFF}:
            opened = await school.api(role).get(f"/v1/incomplete-reports/{found['saved_as']}")
            assert (opened.status_code == 200) is (role is who), role
        assert alerts(world, school[LEAD]) == []
        assert world.sql("select count(*) from task where school_id = %s", school.id) == [(0,)]

    async def test_about_the_head_goes_to_the_chair(self, world: World, school: School) -> None:
        body = about(school[HEAD], await school.child(), mood="low")
        found = (await school.staff.post("/v1/concerns", body)).json()
        assert alerts(world, school[HEAD]) == []
        opened = await school.api(CHAIR).get(f"/v1/incomplete-reports/{found['saved_as']}")
        assert WORDS in opened.text

    async def test_that_cannot_be_read_is_known_by_its_codes(
        self, world: World, school: School
    ) -> None:
        raw = b'{"categories": ["adult_concern"], "account": [{"text": "He hit'
        answer = await school.staff.request(
            "POST", "/v1/concerns", content=raw, headers={"Content-Type": "application/json"}
        )
        found = answer.json()
        assert alerts(world, school[CHAIR]) == [("adult_concern", True)]
        for role in (LEAD, HEAD):
            path = f"/v1/incomplete-reports/{found['saved_as']}"
            assert (await school.api(role).get(path)).status_code == 404

    async def test_stays_when_its_reporter_reports_again(self, school: School) -> None:
        """Its reader ends it with a reason: nothing outside names a record of the register."""
        body = about(school[TEACHER], await school.child())
        kept = (await school.staff.post("/v1/concerns", {**body, "mood": "low"})).json()
        await raised(school.staff, {**body, "completes": kept["saved_as"]})
        opened = await school.api(HEAD).get(f"/v1/incomplete-reports/{kept['saved_as']}")
        assert opened.json()["state"] == "open"

    async def test_of_a_concern_of_children_is_known_by_its_codes(
        self, world: World, school: School
    ) -> None:
        concern = await school.staff.post("/v1/concerns", a_body(await school.child()))
        world.sql("delete from alert where school_id = %s", school.id)
        body = {"text": WORDS, "categories": ["allegation_harm_threshold"], "mood": "low"}
        path = f"/v1/concerns/{concern.json()['id']}/amendments"
        found = (await school.staff.post(path, body)).json()
        for role in set(school.people) - {Role.STAFF}:
            opened = await school.api(role).get(f"/v1/incomplete-reports/{found['saved_as']}")
            assert (opened.status_code == 200) is (role is CHAIR), role
        rows = world.sql("select recipient_id from alert where school_id = %s", school.id)
        assert rows == [(school[CHAIR].id,)]

    @pytest.mark.parametrize(
        ("verb", "body"),
        [
            ("amendments", {"text": WORDS, "immediacy": "immediate_danger"}),
            ("emergency", {"hand_over": WORDS}),
        ],
    )
    async def test_of_a_record_of_the_register_goes_there(
        self, school: School, verb: str, body: dict[str, Any]
    ) -> None:
        raised_ = await raised(school.staff, about(school[LEAD], await school.child()))
        answer = await school.staff.post(f"/v1/concerns/{raised_['id']}/{verb}", body)
        found = answer.json()
        for role in set(school.people) - {Role.STAFF}:
            opened = await school.api(role).get(f"/v1/incomplete-reports/{found['saved_as']}")
            assert (opened.status_code == 200) is (role is HEAD), role
