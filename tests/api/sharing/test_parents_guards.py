"""What guards telling home, at every door through which home would hear of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.record.test_concerns import a_triage
from tests.api.record.test_concerns import step as concern_step
from tests.api.records import a_concern, a_contact, a_share, classify
from tests.api.shared import Recipient, step
from tests.meetings import a_meeting
from tests.world import Api, School, World

REASON = {"reason": "They have to know.", "guard_reason": "Social care agreed."}
WHY = "Social care agreed, and a deputy thinks so, too."


async def home(world: World, school: School, **fields: Any) -> tuple[UUID, str, str]:
    """A child, the mother and a concern."""
    child = await school.child()
    mother = await a_contact(world, school, child, email="kim@example.org")
    return child, mother, await a_concern(school, child, **fields)


async def draft(school: School, child: UUID, contact: str, *concerns: str) -> dict[str, Any]:
    body = a_share(child, {"via": "contact", "contact_id": contact}, *concerns)
    answer = await school.lead.post("/v1/shares", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def approved(school: School, child: UUID, contact: str, concern: str) -> str:
    """A share that one person approved, as nothing guards it."""
    id_: str = (await draft(school, child, contact, concern))["id"]
    answer = await step(school.lead, id_, "approve", {"reason": "It helps."})
    assert answer.json()["state"] == "approved", answer.text
    return id_


def advice(adviser: str = "social_care", says: str = "tell", **fields: Any) -> dict[str, Any]:
    return {
        "who": "Sam Hill, duty desk", "adviser": adviser, "says": says,
        "at": clock.now().isoformat(), "words": "Call the mother at six.", **fields,
    }  # fmt: skip


async def decide(api: Api, concern: str, status: int = 201, **body: Any) -> dict[str, Any]:
    fields = {"outcome": "told", "reason": WHY} | body
    answer = await api.post(f"/v1/concerns/{concern}/decide-on-parents", fields)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def advised(school: School, concern: str, **fields: Any) -> None:
    """Somebody outside advised, and it was written down."""
    await decide(school.lead, concern, outcome="not_yet", advice=[advice(**fields)])


def codes(found: Any) -> set[str]:
    return {one["code"] for one in found}


def missing(refused: dict[str, Any]) -> set[str]:
    assert refused["code"] == "parents_guarded", refused
    return {need for one in refused["guards"] for need in one["missing"]}


async def closed(school: School, concern: str) -> None:
    """The lead reads a concern of forced marriage, and it was nothing."""
    await concern_step(school.lead, concern, "acknowledge")
    body = {
        "owner_id": second(school), "level": 2, "primary_category": "forced_marriage",
        "due_at": (clock.now() + timedelta(days=2)).isoformat(), "reason": "A film.",
    }  # fmt: skip
    await concern_step(school.lead, concern, "triage", body)
    body = {"outcome": "explained", "reason": "It was about a film."}
    assert (await concern_step(school.lead, concern, "close", body)).json()["state"] == "closed"


def second(school: School) -> str:
    return str(school[Role.DEPUTY_DSL].id)


class TestShares:
    async def test_are_drafted_and_show_what_guards_them(
        self, world: World, school: School
    ) -> None:
        child, mother, concern = await home(world, school, categories=["fgm_risk"])
        parents = (await draft(school, child, mother, concern))["parents"]
        (guard,) = parents["guards"]
        assert (guard["code"], guard["concern_id"]) == ("could_endanger", concern)
        assert guard["missing"] == guard["needs"] == ["advice_first", "reason", "second_person"]
        assert parents["vocabulary_status"]

    async def test_are_not_approved_before_advice(self, world: World, school: School) -> None:
        child, mother, concern = await home(world, school, categories=["fgm_risk"])
        share = await draft(school, child, mother, concern)
        refused = await step(school.lead, share["id"], "approve", REASON)
        assert refused.status_code == 409
        found = refused.json()
        assert missing(found) == {"advice_first"}
        assert len(found["give"]) == 1
        assert found["guards"][0]["reason"].startswith("Telling home could put the child in danger")

    async def test_need_the_reason_and_the_second_person(
        self, world: World, school: School
    ) -> None:
        child, mother, concern = await home(world, school, categories=["fgm_risk"])
        await advised(school, concern)
        share = await draft(school, child, mother, concern)
        without = await step(school.lead, share["id"], "approve", {"reason": "They must know."})
        assert missing(without.json()) == {"reason"}
        first = await step(school.lead, share["id"], "approve", REASON)
        assert (first.json()["state"], first.json()["waiting_for"]) == ("draft", "second_approver")
        assert first.json()["parents"]["guards"][0]["missing"] == ["second_person"]
        again = await step(school.lead, share["id"], "approve", REASON)
        assert again.json()["code"] == "second_person_needed"
        head = await step(school.api(Role.HEADTEACHER), share["id"], "approve", REASON)
        assert head.json()["state"] == "approved", head.text
        assert head.json()["parents"]["guards"][0]["missing"] == []
        sent = await step(school.lead, share["id"], "send", {"code_route": "phone"})
        assert sent.status_code == 200, sent.text

    async def test_go_to_professionals_as_before(self, world: World, school: School) -> None:
        child, _, concern = await home(world, school, categories=["fgm_risk"])
        worker = await a_contact(world, school, child, kind="social_worker", name="Ira Wood")
        share = await draft(school, child, worker, concern)
        assert share["parents"] is None
        answer = await step(school.lead, share["id"], "approve", {"reason": "To protect her."})
        assert answer.json()["state"] == "approved"

    async def test_are_for_family_under_any_name(self, world: World, school: School) -> None:
        """A professional with the mother's name or address is the mother."""
        child, _, concern = await home(world, school, categories=["fgm_risk"])
        body = a_share(
            child, {"via": "professional", "kind": "health", "name": "Kim Marsh"}, concern
        )  # fmt: skip
        share = (await school.lead.post("/v1/shares", body)).json()
        refused = await step(school.lead, share["id"], "approve", REASON)
        assert missing(refused.json()) == {"advice_first"}
        body["recipient"]["name"] = "Dr Ann Low"
        share = (await school.lead.post("/v1/shares", body)).json()
        assert (await step(school.lead, share["id"], "approve", REASON)).status_code == 200
        mail = {"code_route": "phone", "email": "KIM+x@example.org"}
        refused = await step(school.lead, share["id"], "send", mail)
        assert missing(refused.json()) == {"advice_first"}
        body = {"route": "in_person", "at": clock.now().isoformat(), "to": "Kim Marsh"}
        refused = await step(school.lead, share["id"], "hand-over", body)
        assert missing(refused.json()) == {"advice_first"}

    @pytest.mark.parametrize("verb", ["send", "hand-over", "code", "confirm"])
    async def test_approved_before_wait_at_every_door(
        self, world: World, school: School, verb: str
    ) -> None:
        child, mother, concern = await home(world, school)
        id_ = await approved(school, child, mother, concern)
        if verb == "code":
            await step(school.lead, id_, "send", {"code_route": "phone"})
        await a_concern(school, child, categories=["forced_marriage"])
        body = {
            "send": {"code_route": "phone"}, "code": {"code_route": "phone"},
            "confirm": {"guard_reason": "It is about lunch."},
            "hand-over": {"route": "in_person", "at": clock.now().isoformat(), "to": "Kim Marsh"},
        }[verb]  # fmt: skip
        refused = await step(school.lead, id_, verb, body)
        assert missing(refused.json()) == {"advice_first"}

    async def test_are_sent_once_two_people_have_seen_what_came_since(
        self, world: World, school: School
    ) -> None:
        child, mother, concern = await home(world, school)
        id_ = await approved(school, child, mother, concern)
        other = await a_concern(school, child, categories=["forced_marriage"])
        await advised(school, other)
        body = {"code_route": "phone"}
        assert (await step(school.lead, id_, "send", body)).json()["code"] == "recipient_barred"
        for role in (Role.DSL, Role.HEADTEACHER):
            signed = await step(school.api(role), id_, "confirm", {"guard_reason": "About lunch."})
            assert signed.status_code == 200, signed.text
        assert (await step(school.lead, id_, "send", body)).status_code == 200

    async def test_wait_for_a_reason_where_the_child_asked_for_privacy_since(
        self, world: World, school: School
    ) -> None:
        child, mother, concern = await home(world, school)
        id_ = await approved(school, child, mother, concern)
        check = {"kind": "safety_check", "who_must_not_know": {"value": [{"who": "Mum"}]}}
        assert (await school.lead.post(f"/v1/children/{child}/records", check)).status_code == 201
        body = {"code_route": "phone"}
        assert (await step(school.lead, id_, "send", body)).json()["code"] == "recipient_barred"
        signed = await step(school.lead, id_, "confirm", {"guard_reason": "She agreed by now."})
        assert signed.status_code == 200, signed.text
        assert (await step(school.lead, id_, "send", body)).status_code == 200


class TestLinks:
    async def sent(self, world: World, school: School) -> tuple[UUID, str, Recipient]:
        world.sql("delete from rate_limit")
        child, mother, concern = await home(world, school)
        id_ = await approved(school, child, mother, concern)
        body = {"code_route": "phone", "by_hand": True}
        answer = (await step(school.lead, id_, "send", body)).json()
        recipient = Recipient(world, answer["link"].rpartition("/")[2])
        assert (await recipient.enter(answer["code"])).status_code == 201
        return child, concern, recipient

    async def test_stop_where_what_was_shared_is_guarded_since(
        self, world: World, school: School
    ) -> None:
        _, concern, recipient = await self.sent(world, school)
        assert (await recipient.read()).status_code == 200
        world.sql("update concern set categories = array['fgm_risk'] where id = %s", concern)
        assert (await recipient.read()).json()["code"] == "link_stopped"

    async def test_stop_where_the_concern_that_it_was_merged_into_is_guarded_since(
        self, world: World, school: School
    ) -> None:
        child, concern, recipient = await self.sent(world, school)
        into = await a_concern(school, child)
        merged = await concern_step(school.lead, concern, "merge", {"into": into, "reason": "x"})
        assert merged.status_code == 200, merged.text
        assert (await recipient.read()).status_code == 200
        await advised(school, into, adviser="police", says="wait")
        assert (await recipient.read()).json()["code"] == "link_stopped"

    async def test_tell_home_nothing_of_what_came_beside(
        self, world: World, school: School
    ) -> None:
        """A link that ends on the day a daughter spoke would tell home that she did."""
        child, _, recipient = await self.sent(world, school)
        await a_concern(school, child, categories=["forced_marriage"])
        assert (await recipient.read()).status_code == 200


class TestDecisions:
    async def test_need_all_of_it(self, world: World, school: School) -> None:
        _, mother, concern = await home(world, school, categories=["fgm_risk"])
        told: dict[str, Any] = {"told_to": [{"contact_id": mother}]}
        for body in ({}, told):
            refused = await decide(school.lead, concern, 409, **body)
            assert missing(refused) == {"advice_first", "second_person"}
        with_second = told | {"second_lead_id": second(school)}
        assert missing(await decide(school.lead, concern, 409, **with_second)) == {"advice_first"}
        with_advice = told | {"advice": [advice()]}
        assert missing(await decide(school.lead, concern, 409, **with_advice)) == {"second_person"}
        kept = await decide(school.lead, concern, **(with_second | with_advice))
        assert kept["content"]["told_though_guarded"] == []
        assert kept["content"]["advice"][0]["says"] == "tell"

    async def test_are_heard_of_by_the_second_person(self, world: World, school: School) -> None:
        """One person's word that another agreed does not stay between the two of them."""
        child, mother, concern = await home(world, school, categories=["fgm_risk"])
        head = school[Role.HEADTEACHER].id
        body: dict[str, Any] = {"told_to": [{"contact_id": mother}], "advice": [advice()]}
        await decide(school.lead, concern, second_lead_id=str(head), **body)
        rows = world.sql(
            "select recipient_id from alert where kind = 'telling_changed' and thing_id = %s", child
        )
        assert {one for (one,) in rows} == {head, school[Role.DEPUTY_DSL].id}

    async def test_count_a_professional_with_the_mothers_name_as_the_mother(
        self, world: World, school: School
    ) -> None:
        child, mother, concern = await home(world, school, categories=["fgm_risk"])
        names = {"Kim Marsh": "social_worker", "Ira Wood": "social_worker"}
        namesake, other = [
            await a_contact(world, school, child, kind=kind, name=name)
            for name, kind in names.items()
        ]
        told = [{"contact_id": namesake}]
        assert "advice_first" in missing(await decide(school.lead, concern, 409, told_to=told))
        found = (await school.lead.get(f"/v1/concerns/{concern}/parents-options")).json()
        guards = {one["id"]: codes(one["guards"]) for one in found["contacts"]}
        assert guards == {
            mother: {"could_endanger"}, namesake: {"could_endanger"}, other: set()
        }  # fmt: skip
        await decide(school.lead, concern, told_to=[{"contact_id": other}])

    async def test_know_a_barred_parent_by_name(self, world: World, school: School) -> None:
        child, _, concern = await home(world, school)
        father = await a_contact(
            world, school, child, kind="father", name="Lee Marsh", may_be_told=False,
            may_be_told_reason="The court says so.",
        )  # fmt: skip
        worker = await a_contact(world, school, child, kind="social_worker", name="Lee Marsh")
        told = [{"name": "lee marsh"}, {"name": "Ann Low"}, {"contact_id": worker}]
        kept = await decide(school.lead, concern, told_to=told)
        assert set(kept["content"]["told_though_barred"]) == {father, worker}
        tasks = f"/v1/tasks?kind=sh_social_care&concern_id={concern}"
        assert len((await school.lead.get(tasks)).json()["items"]) == 1

    async def test_take_advice_that_was_written_before(self, world: World, school: School) -> None:
        _, _, concern = await home(world, school, categories=["sexual_abuse"])
        await advised(school, concern, adviser="police")
        await decide(school.lead, concern, second_lead_id=second(school))

    @pytest.mark.parametrize("outcome", ["not_told", "not_yet"])
    async def test_not_to_tell_need_nothing(
        self, world: World, school: School, outcome: str
    ) -> None:
        _, _, concern = await home(world, school, categories=["fgm_risk"])
        grounds = ["increased_risk_of_significant_harm", "obstruct_police_or_lose_evidence"]
        kept = await decide(school.lead, concern, outcome=outcome, reason_codes=grounds)
        assert kept["content"]["reason_codes"] == grounds

    async def test_about_professionals_are_free(self, world: World, school: School) -> None:
        child, _, concern = await home(world, school, categories=["fgm_risk"])
        worker = await a_contact(world, school, child, kind="social_worker", name="Ira Wood")
        await decide(school.lead, concern, told_to=[{"contact_id": worker}])

    async def test_of_a_concern_are_held_up_as_well(self, world: World, school: School) -> None:
        """The short way to decide has no second person: it never tells what is guarded."""
        _, _, concern = await home(world, school, categories=["fgm_risk"])
        path, body = f"/v1/concerns/{concern}/decisions", {
            "kind": "tell_parents", "question": "Tell home?", "decision": "Yes", "reason": "Hm."
        }  # fmt: skip
        assert missing((await school.lead.post(path, body)).json()) == {
            "advice_first", "second_person"
        }  # fmt: skip
        assert world.sql("select 1 from decision where concern_id = %s", concern) == []
        body["kind"] = "not_tell_parents"
        assert (await school.lead.post(path, body)).status_code == 201
        _, _, plain = await home(world, school)
        path, body["kind"] = f"/v1/concerns/{plain}/decisions", "tell_parents"
        assert (await school.lead.post(path, body)).status_code == 201

    async def test_keep_what_has_happened(self, world: World, school: School) -> None:
        _, mother, concern = await home(world, school, categories=["fgm_risk"])
        kept = await decide(
            school.lead, concern, told_under="already_told", told_to=[{"contact_id": mother}]
        )
        content = kept["content"]
        assert content["told_under"] == "already_told"
        assert content["told_though_guarded"] == ["could_endanger"]
        tasks = (await school.lead.get(f"/v1/tasks?concern_id={concern}")).json()["items"]
        assert {"parents_reason", "sh_social_care"} <= {one["kind"] for one in tasks}
        await decide(school.lead, concern, outcome="not_yet", reason="She was on the phone.")
        tasks = (await school.lead.get(f"/v1/tasks?concern_id={concern}")).json()["items"]
        assert "parents_reason" not in {one["kind"] for one in tasks}


class TestEmergency:
    async def test_outranks_every_guard(self, world: World, school: School) -> None:
        _, mother, concern = await home(world, school, categories=["sexual_abuse"])
        wait = advice("police", "wait")
        await decide(school.lead, concern, outcome="not_yet", advice=[wait])
        told = [{"contact_id": mother}]
        kept = await decide(school.lead, concern, told_under="life_at_risk", told_to=told)
        assert set(kept["content"]["told_though_guarded"]) == {"asked_to_wait", "harm_or_evidence"}
        path = f"/v1/tasks?kind=parents_reason&concern_id={concern}"
        (task,) = (await school.lead.get(path)).json()["items"]
        assert task["due_at"]

    async def test_is_for_a_parent_who_may_be_told_and_is_not_feared(
        self, world: World, school: School
    ) -> None:
        child, _, concern = await home(world, school, categories=["sexual_abuse"])
        father = await a_contact(
            world, school, child, kind="father", name="Lee", alleged_source_of_harm=True
        )
        aunt = await a_contact(
            world, school, child, kind="aunt_or_uncle", name="Jo", parental_responsibility="no"
        )
        for told in ([{"contact_id": father}], [{"contact_id": aunt}], [{"name": "A woman"}], []):
            refused = await decide(
                school.lead, concern, 409, told_under="life_at_risk", told_to=told
            )
            assert refused["code"] == "parents_guarded"

    async def test_leaves_nothing_to_write_where_nothing_guards(
        self, world: World, school: School
    ) -> None:
        _, mother, concern = await home(world, school)
        told = [{"contact_id": mother}]
        kept = await decide(school.lead, concern, told_under="life_at_risk", told_to=told)
        assert kept["content"]["told_though_guarded"] == []


class TestWaiting:
    async def test_is_ended_by_those_who_asked(self, world: World, school: School) -> None:
        child, mother, concern = await home(world, school)
        until = (clock.now() + timedelta(days=2)).isoformat()
        await advised(school, concern, adviser="police", says="wait", wait_until=until)
        share = await draft(school, child, mother, concern)
        assert share["parents"]["guards"][0]["until"] is not None
        refused = (await step(school.lead, share["id"], "approve", REASON)).json()
        assert missing(refused) == {"blocked_until"}
        assert refused["guards"][0]["until"]
        await advised(school, concern, adviser="social_care")
        refused = (await step(school.lead, share["id"], "approve", REASON)).json()
        assert missing(refused) == {"blocked_until"}
        await advised(school, concern, adviser="police")
        assert (await step(school.lead, share["id"], "approve", REASON)).status_code == 200

    @pytest.mark.parametrize(
        "body",
        [{"says": None}, {"at": None}, {"words": None}, {"adviser": None},
         {"wait_until": "2027-01-01T00:00:00Z"}],
    )  # fmt: skip
    async def test_advice_is_whole(
        self, world: World, school: School, body: dict[str, Any]
    ) -> None:
        _, _, concern = await home(world, school)
        given = [advice() | body]
        await decide(school.lead, concern, 422, outcome="not_yet", advice=given)

    async def test_advice_is_not_to_come(self, world: World, school: School) -> None:
        _, _, concern = await home(world, school)
        given = [advice(at=(clock.now() + timedelta(hours=1)).isoformat())]
        await decide(school.lead, concern, 422, outcome="not_yet", advice=given)


class TestWhatWasSaidBefore:
    async def test_stays_when_a_triage_takes_it_away(self, world: World, school: School) -> None:
        child, mother, concern = await home(world, school, categories=["forced_marriage"])
        body = a_triage(school[Role.DSL].id, 1, primary_category="bullying")
        answer = await concern_step(school.lead, concern, "triage", body)
        assert answer.status_code == 200, answer.text
        found = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        assert found["categories"] == ["bullying"]
        share = await draft(school, child, mother, concern)
        refused = await step(school.lead, share["id"], "approve", REASON)
        assert missing(refused.json()) == {"advice_first"}

    async def test_stays_when_it_is_merged_and_taken_away(
        self, world: World, school: School
    ) -> None:
        child, mother, concern = await home(world, school, categories=["forced_marriage"])
        into = await a_concern(school, child, categories=["bullying"], immediacy="routine")
        until = (clock.now() + timedelta(days=2)).isoformat()
        await advised(school, concern, adviser="police", says="wait", wait_until=until)
        merged = {"into": into, "reason": "The same."}
        assert (await concern_step(school.lead, concern, "merge", merged)).status_code == 200
        body = a_triage(school[Role.DSL].id, 1, primary_category="bullying")
        assert (await concern_step(school.lead, into, "triage", body)).status_code == 200
        share = await draft(school, child, mother, into)
        assert codes(share["parents"]["guards"]) == {"could_endanger", "asked_to_wait"}
        assert (await step(school.lead, share["id"], "approve", REASON)).status_code == 409

    async def test_takes_advice_on_the_concern_that_it_was_merged_into(
        self, world: World, school: School
    ) -> None:
        """Nobody decides about a merged concern any longer."""
        child, mother, concern = await home(world, school, categories=["fgm_risk"])
        into = await a_concern(school, child)
        merged = await concern_step(school.lead, concern, "merge", {"into": into, "reason": "x"})
        assert merged.status_code == 200, merged.text
        share = await draft(school, child, mother, concern)
        refused = await step(school.lead, share["id"], "approve", REASON)
        assert missing(refused.json()) == {"advice_first"}
        await advised(school, into)
        assert (await step(school.lead, share["id"], "approve", REASON)).status_code == 200

    async def test_advice_from_before_it_was_recorded_does_not_count(
        self, world: World, school: School
    ) -> None:
        child, mother, concern = await home(world, school, categories=["forced_marriage"])
        await advised(school, concern, at=(clock.now() - timedelta(hours=1)).isoformat())
        share = await draft(school, child, mother, concern)
        refused = await step(school.lead, share["id"], "approve", REASON)
        assert missing(refused.json()) == {"advice_first"}
        await advised(school, concern)
        assert (await step(school.lead, share["id"], "approve", REASON)).status_code == 200


class TestFacts:
    async def guards(self, school: School, child: UUID, mother: str, concern: str) -> set[str]:
        return codes((await draft(school, child, mother, concern))["parents"]["guards"])

    async def test_count_of_open_concerns_beside_and_not_of_ended_ones(
        self, world: World, school: School
    ) -> None:
        child, mother, concern = await home(world, school)
        other = await a_concern(school, child, categories=["forced_marriage"])
        assert await self.guards(school, child, mother, concern) == {"could_endanger"}
        await closed(school, other)
        assert await self.guards(school, child, mother, concern) == set()
        assert await self.guards(school, child, mother, other) == {"could_endanger"}

    async def test_count_of_a_confirmed_sibling(self, world: World, school: School) -> None:
        child, mother, concern = await home(world, school)
        for name, kind in (("Bo", "sibling"), ("Cy", "peer")):
            other = await school.child(name)
            body = {"other_child_id": str(other), "kind": kind}
            answer = await school.lead.post(f"/v1/children/{child}/relationships", body)
            assert answer.status_code == 201, answer.text
            await a_concern(
                school, other, categories=["physical_abuse"],
                alleged_source_of_harm="parent_carer" if kind == "sibling" else "other_family",
            )  # fmt: skip
            assert await self.guards(school, child, mother, concern) == {"harm_at_home"}
        world.sql("update relationship set confirmed_at = null where child_id = %s", child)
        assert await self.guards(school, child, mother, concern) == set()

    async def test_count_of_what_another_reads(self, world: World, school: School) -> None:
        """A deputy learns that something speaks against it, and nothing else."""
        child, mother, concern = await home(world, school)
        sealed = await a_concern(school, child, categories=["forced_marriage"])
        await classify(world, sealed, "K5")
        body = a_share(child, {"via": "contact", "contact_id": mother}, concern)
        answer = await school.api(Role.DEPUTY_DSL).post("/v1/shares", body)
        (guard,) = answer.json()["parents"]["guards"]
        assert (guard["code"], guard["concern_id"]) == ("not_shown", None)
        assert sealed not in answer.text

    async def test_refuse_in_the_same_words_whatever_is_hidden(
        self, world: World, school: School
    ) -> None:
        """What decisions/0075 leaves to learn is that something is not settled."""
        wait = {"adviser": "police", "says": "wait"}
        refusals = []
        for category, said in (("forced_marriage", None), ("physical_abuse", wait)):
            child, mother, concern = await home(world, school)
            sealed = await a_concern(school, child, categories=[category])
            if said is not None:
                await advised(school, sealed, **said)
            await classify(world, sealed, "K5")
            share = await draft(school, child, mother, concern)
            api = school.api(Role.DEPUTY_DSL)
            for _ in range(2):
                refused = await step(api, share["id"], "approve", REASON)
                assert refused.status_code == 409
                told = refused.json()
                refusals.append({name: told[name] for name in ("guards", "give", "social_care")})
        assert all(one == refusals[0] for one in refusals), refusals

    async def test_know_the_referral(self, world: World, school: School) -> None:
        child, mother, concern = await home(world, school)
        world.sql("update concern set level = 4 where id = %s", concern)
        assert await self.guards(school, child, mother, concern) == {"no_referral"}

    async def test_know_what_the_child_said(self, world: World, school: School) -> None:
        child, mother, concern = await home(world, school)
        path = f"/v1/children/{child}/records"
        body = {"kind": "safety_check", "safe_at_home": {"value": "no"},
                "who_must_not_know": {"value": [{"who": "Mum"}]}}  # fmt: skip
        assert (await school.lead.post(path, body)).status_code == 201
        both = {"afraid_of_home", "asked_for_privacy"}
        assert await self.guards(school, child, mother, concern) == both
        for said, left in (
            ({"alone_tonight": {"value": "no"}}, both),
            ({"safe_at_home": {"none": "not_asked"}}, both),
            ({"safe_at_home": {"value": "yes"}}, {"asked_for_privacy"}),
            ({"who_must_not_know": {"value": []}}, set()),
        ):
            answer = await school.lead.post(path, {"kind": "safety_check"} | said)
            assert answer.status_code == 201, answer.text
            assert await self.guards(school, child, mother, concern) == left

    async def test_tell_nobody_of_a_check_that_they_may_not_read(
        self, world: World, school: School
    ) -> None:
        child, mother, concern = await home(world, school)
        sealed = await a_concern(school, child)
        await classify(world, sealed, "K5")
        body = {"kind": "safety_check", "concern_id": sealed, "safe_at_home": {"value": "no"},
                "who_must_not_know": {"value": [{"who": "Mum"}]}}  # fmt: skip
        made = await school.lead.post(f"/v1/children/{child}/records", body)
        assert made.status_code == 201, made.text
        both = {"afraid_of_home", "asked_for_privacy"}
        assert await self.guards(school, child, mother, concern) == both
        deputy = school.api(Role.DEPUTY_DSL)
        opened = (await deputy.get(f"/v1/concerns/{concern}")).json()
        assert codes(opened["parents"]["guards"]) == {"not_shown"}
        share = a_share(child, {"via": "contact", "contact_id": mother}, concern)
        drafted = (await deputy.post("/v1/shares", share)).json()
        assert codes(drafted["parents"]["guards"]) == {"not_shown"}
        needed = {need for one in drafted["parents"]["guards"] for need in one["needs"]}
        assert needed == {"advice_first", "reason", "second_person"}

    async def test_are_of_one_family_each(self, world: World, school: School) -> None:
        """Each hears of their own child: the other one's name is in no word of it."""
        child = await school.child("Ada", "Marsh")
        other = await school.child("Zebedee", "Quill")
        mother = await a_contact(world, school, child)
        concern = await a_concern(
            school, categories=["harmful_sexual_behaviour"], text="Zebedee Quill hurt Ada.",
            children=[{"child_id": str(child), "role": "harmed"},
                      {"child_id": str(other), "role": "alleged_to_have_harmed"}],
        )  # fmt: skip
        share = await draft(school, child, mother, concern)
        (guard,) = share["parents"]["guards"]
        assert (guard["code"], guard["needs"]) == ("two_families", [])
        seen = (await school.lead.get(f"/v1/shares/{share['id']}/preview")).text
        assert "Zebedee" not in seen
        assert "Quill" not in seen
        answer = await step(school.lead, share["id"], "approve", {"reason": "Her own part."})
        assert answer.json()["state"] == "approved"


class TestDecisionsOfApproving:
    """A decision that was made by approving stands for what was approved."""

    async def test_are_guarded_as_what_they_are_about(self, world: World, school: School) -> None:
        child, mother, concern = await home(world, school, categories=["forced_marriage"])
        officer = {"via": "professional", "kind": "police", "name": "PC Ann Low"}
        share = (await school.lead.post("/v1/shares", a_share(child, officer, concern))).json()
        reason = {"reason": "The wedding is in June."}
        decision = (await step(school.lead, share["id"], "approve", reason)).json()["decision_id"]
        await closed(school, concern)
        body = a_share(child, {"via": "contact", "contact_id": mother})
        body["items"] = [{"kind": "decision", "id": decision}]
        share = (await school.lead.post("/v1/shares", body)).json()
        assert codes(share["parents"]["guards"]) == {"could_endanger"}
        refused = await step(school.lead, share["id"], "approve", REASON)
        assert missing(refused.json()) == {"advice_first"}

    async def test_name_no_other_child(self, world: World, school: School) -> None:
        child = await school.child("Ada", "Marsh")
        other = await school.child("Zebedee", "Quill")
        mother = await a_contact(world, school, child)
        concern = await a_concern(
            school, children=[{"child_id": str(child), "role": "harmed"},
                              {"child_id": str(other), "role": "alleged_to_have_harmed"}],
        )  # fmt: skip
        officer = {"via": "professional", "kind": "police", "name": "PC Ann Low"}
        share = (await school.lead.post("/v1/shares", a_share(child, officer, concern))).json()
        reason = {"reason": "Zebedee Quill may do it again."}
        decision = (await step(school.lead, share["id"], "approve", reason)).json()["decision_id"]
        body = a_share(child, {"via": "contact", "contact_id": mother})
        body["items"] = [{"kind": "decision", "id": decision}]
        share = (await school.lead.post("/v1/shares", body)).json()
        assert codes(share["parents"]["guards"]) == {"two_families"}
        seen = (await school.lead.get(f"/v1/shares/{share['id']}/preview")).text
        assert "another pupil may do it again." in seen
        assert "Quill" not in seen


class TestMeetings:
    async def test_held_for_two_leave_the_other_unnamed(self, world: World, school: School) -> None:
        """Without a concern or a relationship it is the meeting that says who the other is."""
        child = await school.child("Ada", "Marsh")
        other = await school.child("Zebedee", "Quill")
        mother = await a_contact(world, school, child)
        await a_meeting(school, child_ids=[str(other), str(child)])
        body = a_share(
            child, {"via": "contact", "contact_id": mother}, await a_concern(school, child),
            purpose_detail="From the minutes: Zebedee Quill sits elsewhere.",
        )  # fmt: skip
        share = (await school.lead.post("/v1/shares", body)).json()
        seen = (await school.lead.get(f"/v1/shares/{share['id']}/preview")).text
        assert "another pupil sits elsewhere." in seen
        assert "Quill" not in seen


class TestOptions:
    async def test_are_there_for_any_concern(self, world: World, school: School) -> None:
        child, mother, concern = await home(world, school, categories=["domestic_abuse"])
        father = await a_contact(
            world, school, child, kind="father", name="Lee", alleged_source_of_harm=True
        )
        found = (await school.lead.get(f"/v1/concerns/{concern}/parents-options")).json()
        assert [one["row"] for one in found["suggestions"]] == ["row_6"]
        assert codes(found["guards"]) == {"domestic_abuse"}
        whole = ["advice_first", "reason", "second_person"]
        needs = {one["id"]: one["guards"][0]["needs"] for one in found["contacts"]}
        assert needs == {mother: whole, father: whole}

    async def test_know_the_safe_parent_once_somebody_decided_who_is_feared(
        self, world: World, school: School
    ) -> None:
        """That an uncle did harm once says nothing of who is feared at home now."""
        child, mother, concern = await home(world, school, categories=["domestic_abuse"])
        await a_contact(
            world, school, child, kind="aunt_or_uncle", name="Sam", alleged_source_of_harm=True
        )
        share = await draft(school, child, mother, concern)
        refused = await step(school.lead, share["id"], "approve", REASON)
        assert missing(refused.json()) == {"advice_first"}
        father = await a_contact(world, school, child, kind="father", name="Lee")
        await decide(school.lead, concern, outcome="not_yet", source_of_harm=[father])
        found = (await school.lead.get(f"/v1/concerns/{concern}/parents-options")).json()
        needs = {one["id"]: one["guards"][0]["needs"] for one in found["contacts"]}
        assert needs[mother] == ["reason", "second_person"]
        assert "advice_first" in needs[father]

    async def test_fear_a_parent_under_the_entry_that_theirs_was_merged_into(
        self, world: World, school: School
    ) -> None:
        child, _, concern = await home(world, school, categories=["domestic_abuse"])
        father = await a_contact(world, school, child, kind="father", name="L Wood")
        await decide(school.lead, concern, outcome="not_yet", source_of_harm=[father])
        into = await a_contact(world, school, child, kind="father", name="Lee Stone")
        merged = await school.lead.post(
            f"/v1/children/{child}/contacts/{father}/merge", {"into": into, "reason": "One man."},
            version=world.version("contact", father),
        )  # fmt: skip
        assert merged.status_code == 200, merged.text
        share = await draft(school, child, into, concern)
        refused = await step(school.lead, share["id"], "approve", REASON)
        assert missing(refused.json()) == {"advice_first"}

    async def test_say_who_to_call(self, world: World, school: School) -> None:
        _, _, concern = await home(world, school, categories=["fgm_risk"])
        found = (await school.lead.get(f"/v1/concerns/{concern}/parents-options")).json()
        assert found["social_care"] is None
        assert found["guards"][0]["suggestion"].endswith("before you tell home.")
        answer = await school.lead.post(
            "/v1/agencies",
            {"name": "County", "kind": "social_care", "route": "phoned", "phone": "01632 960501",
             "out_of_hours_phone": "01632 960502"},
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        found = (await school.lead.get(f"/v1/concerns/{concern}/parents-options")).json()
        assert found["social_care"]["number"] in found["guards"][0]["suggestion"]


class TestConcerns:
    """The answer that opens a concern says at once whether home may be told."""

    async def test_say_what_guards_telling_home(self, world: World, school: School) -> None:
        _, _, concern = await home(world, school, categories=["fgm_risk"])
        parents = (await school.lead.get(f"/v1/concerns/{concern}")).json()["parents"]
        assert parents["may_know"] == "never_first"
        (guard,) = parents["guards"]
        assert (guard["code"], guard["concern_id"]) == ("could_endanger", concern)
        assert guard["missing"] == ["advice_first", "reason", "second_person"]
        await advised(school, concern)
        parents = (await school.lead.get(f"/v1/concerns/{concern}")).json()["parents"]
        assert parents["guards"][0]["missing"] == ["reason", "second_person"]

    @pytest.mark.parametrize(
        ("category", "may_know"), [("bullying", "yes"), ("physical_abuse", "decide")]
    )
    async def test_say_that_home_may_be_told(
        self, world: World, school: School, category: str, may_know: str
    ) -> None:
        _, _, concern = await home(world, school, categories=[category])
        parents = (await school.lead.get(f"/v1/concerns/{concern}")).json()["parents"]
        assert (parents["may_know"], parents["guards"]) == (may_know, [])

    async def test_say_it_of_each_home(self, world: World, school: School) -> None:
        child = await school.child("Ada", "Marsh")
        other = await school.child("Zebedee", "Quill")
        await a_concern(school, other, categories=["forced_marriage"])
        concern = await a_concern(
            school, children=[{"child_id": str(child), "role": "harmed"},
                              {"child_id": str(other), "role": "alleged_to_have_harmed"}],
        )  # fmt: skip
        parents = (await school.lead.get(f"/v1/concerns/{concern}")).json()["parents"]
        assert codes(parents["guards"]) == {"two_families", "could_endanger"}

    async def test_say_nothing_to_the_reporter(self, world: World, school: School) -> None:
        _, _, concern = await home(world, school, categories=["fgm_risk"])
        assert "parents" not in (await school.staff.get(f"/v1/concerns/{concern}")).json()
