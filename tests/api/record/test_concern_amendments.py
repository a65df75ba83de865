"""What a reporter is asked once their words are safe, and what follows from the answer."""

from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from tests.api.record.test_concerns import a_triage, step
from tests.jobs.climbing import MONDAY, fresh
from tests.world import Api, School, World


async def reported(api: Api, child: UUID, **fields: Any) -> dict[str, Any]:
    """A receipt of a child and one sentence."""
    body = {"children": [{"child_id": str(child)}], "account": [{"text": "He said it hurts."}]}
    answer = await api.post("/v1/concerns", body | fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def asked(receipt: dict[str, Any]) -> list[str]:
    """What is asked, by the field that takes the answer."""
    return [one["code"] for one in receipt["ask_next"]]


async def amend(api: Api, concern: str, **body: Any) -> Any:
    """An amendment, or the answer to a question."""
    return await api.post(f"/v1/concerns/{concern}/amendments", body)


def rung(world: World, concern: str) -> set[UUID]:
    """Who was told that it needs somebody now."""
    rows = world.sql(
        "select recipient_id from alert where concern_id = %s and kind = 'concern_urgent'"
        " and urgent", concern,
    )  # fmt: skip
    return {person for (person,) in rows}


class TestAChildAndOneSentence:
    async def test_are_enough_and_nothing_is_guessed(self, school: School) -> None:
        receipt = await reported(school.staff, await school.child())
        record = (await school.lead.get(f"/v1/concerns/{receipt['id']}")).json()
        assert record["account"][0]["kind"] == "not_said"
        assert record["occurred_precision"] == "about"
        assert record["parents_told"] is None
        assert record["children"][0]["role"] == "subject"
        assert asked(receipt) == ["statement_kind", "told_already"]
        question = receipt["ask_next"][0]
        assert question["text"] == "The child's words, or yours?"
        assert question["about"] == "/account/0"
        assert question["answer_with"] == "amend_concern"
        assert [one["code"] for one in question["choices"]] == [
            "observed", "child_said", "told_by", "opinion",
        ]  # fmt: skip

    async def test_are_asked_nothing_that_was_said(self, school: School) -> None:
        account = [{"kind": "child_said", "text": "It hurts."}]
        receipt = await reported(school.staff, await school.child(), account=account)
        assert asked(receipt) == ["told_already"]


class TestWhoseWordsItIs:
    async def test_is_answered_in_one_call_and_the_first_is_kept(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        receipt = await reported(school.staff, child)
        statement = receipt["ask_next"][0]["statement_id"]
        made = await amend(
            school.staff, receipt["id"], statement_id=statement, statement_kind="child_said"
        )
        assert made.status_code == 201, made.text
        assert made.json()["text"] == "Whose words: Said by the child."
        assert made.json()["reason"] == "Answered when asked."
        for reader in (school.lead, school.staff):
            record = (await reader.get(f"/v1/concerns/{receipt['id']}")).json()
            (told,) = record["account"]
            assert (told["kind"], told["kind_told"]) == ("child_said", "not_said")
        entries = (await school.lead.get(f"/v1/children/{child}/chronology")).json()["items"]
        (entry,) = [one for one in entries if one["kind"] == "concern"]
        assert entry["child_said"] == "He said it hurts."
        ((kept,),) = world.sql("select kind from account_statement where id = %s", statement)
        assert kept == "not_said"

    async def test_is_not_changed_where_it_was_said(self, school: School) -> None:
        account = [{"kind": "observed", "text": "It hurts."}]
        receipt = await reported(school.staff, await school.child(), account=account)
        record = (await school.staff.get(f"/v1/concerns/{receipt['id']}")).json()
        made = await amend(
            school.staff, receipt["id"], statement_id=record["account"][0]["id"],
            statement_kind="child_said",
        )  # fmt: skip
        assert (made.status_code, made.json()["code"]) == (409, "statement_kind_told")

    async def test_is_no_answer_of_a_stranger(self, school: School) -> None:
        receipt = await reported(school.staff, await school.child())
        statement = receipt["ask_next"][0]["statement_id"]
        stranger = school.api(Role.PASTORAL)
        made = await amend(
            stranger, receipt["id"], statement_id=statement, statement_kind="observed"
        )
        assert (made.status_code, made.json()["code"]) == (404, "concern_not_found")
        other = await reported(school.staff, await school.child())
        made = await amend(
            school.staff, other["id"], statement_id=statement, statement_kind="observed"
        )
        assert (made.status_code, made.json()["code"]) == (422, "statement_unknown")

    async def test_names_who_told_it_in_words(self, school: School) -> None:
        receipt = await reported(school.staff, await school.child())
        statement = receipt["ask_next"][0]["statement_id"]
        said = {"statement_id": statement, "statement_kind": "told_by"}
        assert (await amend(school.staff, receipt["id"], **said)).status_code == 422
        made = await amend(school.staff, receipt["id"], text="The cook told me.", **said)
        assert made.status_code == 201, made.text

    async def test_says_something(self, school: School) -> None:
        receipt = await reported(school.staff, await school.child())
        assert (await amend(school.staff, receipt["id"])).status_code == 422
        correction = {"kind": "correction", "text": "He said his arm hurts."}
        assert (await amend(school.staff, receipt["id"], **correction)).status_code == 422


class TestAYes:
    async def test_is_asked_by_what_it_is_about_and_rings_the_leads(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        with clock.frozen(MONDAY):
            staff = fresh(world, school[Role.STAFF])
            receipt = await reported(staff, child, categories=["physical_abuse_disclosure"])
            question = receipt["ask_next"][0]
            assert question["code"] == "immediacy"
            assert question["text"].startswith("Do they go back today")
            assert question["choices"] == [{"code": "immediate_danger", "label": "Yes"}]
            assert rung(world, receipt["id"]) == set()
            made = await amend(staff, receipt["id"], immediacy="immediate_danger")
            assert made.status_code == 201, made.text
        leads = {school[one].id for one in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)}
        assert rung(world, receipt["id"]) == leads
        ((soon, rule),) = world.sql(
            "select immediacy, due_rule from concern where id = %s", receipt["id"]
        )
        assert (soon, rule) == ("immediate_danger", "concern.acknowledge.immediate_danger")

    async def test_is_asked_of_nobody_who_has_said_it(self, school: School) -> None:
        receipt = await reported(
            school.staff, await school.child(), categories=["physical_abuse_disclosure"],
            immediacy="immediate_danger",
        )  # fmt: skip
        assert "immediacy" not in asked(receipt)

    async def test_asks_a_lead_again_who_had_it(self, world: World, school: School) -> None:
        receipt = await reported(school.staff, await school.child())
        await step(school.lead, receipt["id"], "acknowledge")
        await amend(school.staff, receipt["id"], immediacy="immediate_danger")
        ((had,),) = world.sql("select acknowledged_at from concern where id = %s", receipt["id"])
        assert had is None
        assert (await step(school.lead, receipt["id"], "acknowledge")).status_code == 200

    async def test_takes_up_again_what_was_closed(self, school: School) -> None:
        receipt = await reported(school.staff, await school.child())
        await step(school.lead, receipt["id"], "triage", a_triage(school[Role.DSL].id))
        closing = {"outcome": "explained", "reason": "All is well."}
        assert (await step(school.lead, receipt["id"], "close", closing)).status_code == 200
        await amend(school.staff, receipt["id"], immediacy="immediate_danger")
        record = (await school.lead.get(f"/v1/concerns/{receipt['id']}")).json()
        assert (record["state"], record["immediacy"]) == ("in_progress", "immediate_danger")

    async def test_never_makes_it_less_urgent(self, world: World, school: School) -> None:
        receipt = await reported(school.staff, await school.child(), immediacy="immediate_danger")
        made = await amend(school.staff, receipt["id"], immediacy="routine")
        assert made.status_code == 201
        ((soon,),) = world.sql("select immediacy from concern where id = %s", receipt["id"])
        assert soon == "immediate_danger"
        assert rung(world, receipt["id"]) == set()


class TestAThingReported:
    async def test_is_sent_as_its_categories_and_asks_its_one_question(
        self, school: School
    ) -> None:
        answer = await school.staff.get("/v1/vocabularies/things_reported")
        assert answer.json()["review"]
        for thing in answer.json()["terms"]:
            receipt = await reported(
                school.staff, await school.child(), categories=thing["categories"]
            )
            questions = [one["text"] for one in receipt["ask_next"] if one["code"] == "text"]
            if receipt["register"] == "adults":
                assert questions.pop() == "Who has been told already, and what was done?"
            assert questions == ([thing["question"]] if "question" in thing else []), thing

    async def test_is_answered_in_words(self, school: School) -> None:
        receipt = await reported(school.staff, await school.child(), categories=["neglect"])
        made = await amend(school.staff, receipt["id"], text="His brother, who is nine.")
        assert made.status_code == 201, made.text


class TestAnotherCategory:
    async def test_does_now_what_it_would_have_done_first(
        self, world: World, school: School
    ) -> None:
        receipt = await reported(school.staff, await school.child(), categories=["bullying"])
        made = await amend(school.staff, receipt["id"], categories=["fgm_disclosed_or_seen"])
        assert made.status_code == 201, made.text
        assert made.json()["text"] == "More was told than at first."
        assert school[Role.DSL].id in rung(world, receipt["id"])
        rows = world.sql("select kind from task where concern_id = %s", receipt["id"])
        assert rows == [("own_report",)]
        record = (await school.lead.get(f"/v1/concerns/{receipt['id']}")).json()
        assert record["reported_categories"] == ["bullying"]
        assert record["categories"] == ["bullying", "fgm_disclosed_or_seen"]

    async def test_of_self_harm_begins_the_pathway(self, school: School) -> None:
        receipt = await reported(school.staff, await school.child())
        made = await amend(school.staff, receipt["id"], categories=["suicide_attempt"])
        assert made.status_code == 201, made.text
        record = (await school.lead.get(f"/v1/concerns/{receipt['id']}")).json()
        assert record["self_harm"]["kind"] == "suicide_attempt"
        assert record["immediacy"] == "immediate_danger"


class TestWhatWasToldOfSelfHarm:
    async def test_needs_no_kind_beside_a_category(self, school: School) -> None:
        block = {"with_now": "Mrs Hill"}
        receipt = await reported(
            school.staff, await school.child(), categories=["suicidal_ideation"], self_harm=block
        )
        record = (await school.lead.get(f"/v1/concerns/{receipt['id']}")).json()
        assert record["self_harm"]["kind"] == "thoughts_of_suicide"
        assert record["self_harm"]["told"]["with_now"] == "Mrs Hill"

    async def test_without_either_is_a_worry_without_words(self, school: School) -> None:
        receipt = await reported(school.staff, await school.child(), self_harm={})
        record = (await school.lead.get(f"/v1/concerns/{receipt['id']}")).json()
        assert record["self_harm"]["kind"] == "worry_without_words"

    async def test_is_told_later_in_the_same_way(self, world: World, school: School) -> None:
        receipt = await reported(
            school.staff, await school.child(), categories=["suicidal_ideation"]
        )
        block = {"means_group": {"value": "swallowed"}}
        made = await amend(school.staff, receipt["id"], self_harm=block)
        assert made.status_code == 201, made.text
        assert made.json()["self_harm"]["means_group"]["value"] == "swallowed"
        record = (await school.lead.get(f"/v1/concerns/{receipt['id']}")).json()
        assert record["self_harm"]["kind"] == "thoughts_of_suicide"
        assert record["immediacy"] == "immediate_danger"
        assert rung(world, receipt["id"])


class TestNinetySeconds:
    async def test_take_three_calls_and_two_taps(self, school: School) -> None:
        """The buttons, the child, the report; then each answer is one tap."""
        await school.child("Robin", "Marsh")
        buttons = (await school.staff.get("/v1/vocabularies/things_reported")).json()["terms"]
        found = await school.staff.post("/v1/children/search", {"q": "Robin Marsh"})
        child = found.json()["items"][0]["id"]
        receipt = await reported(school.staff, UUID(child), categories=buttons[0]["categories"])
        assert receipt["guidance"]["first"]
        for question in receipt["ask_next"]:
            if not question["choices"]:
                continue
            code, choice = question["code"], question["choices"][0]["code"]
            answer: dict[str, Any] = {code: choice}
            if code == "told_already":
                answer = {code: [{"whom": choice}]}
            if question["statement_id"] is not None:
                answer["statement_id"] = question["statement_id"]
            made = await amend(school.staff, receipt["id"], **answer)
            assert made.status_code == 201, made.text
