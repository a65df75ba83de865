"""`immediate_notify` and who may tell home mean what they say, of every category there is.

One by one, by name: no sample. What is marked to ring rings, and what is kept from home at first
leaves for home by no door without advice, a reason and a second person.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from app.core import clock
from app.core.vocabularies.categories import CONCERN_CATEGORIES
from app.core.vocabularies.terms import (
    ADULT_REGISTER,
    IMMEDIATE_NOTIFY,
    LEAD_DECIDES,
    PARENTS_NEVER_FIRST,
)
from app.core.words import Role
from tests.api.planning import in_use
from tests.api.planning import step as plan_step
from tests.api.record.test_concern_reports_no_disclosure_waits import AT_ONCE, untold
from tests.api.referring import a_body, a_draft, an_agency
from tests.api.referring import step as referral_step
from tests.api.shared import Recipient, step
from tests.api.sharing.test_parents_guards import (
    REASON,
    WHY,
    advised,
    approved,
    codes,
    draft,
    home,
    missing,
    second,
)
from tests.transfers import elsewhere, prepared
from tests.world import School, World

EVERY = {term.code: term.flags for term in CONCERN_CATEGORIES.terms}
LEADS = {Role.DSL, Role.DEPUTY_DSL}
DANGER = {"immediate_danger", "adult.acknowledge.immediate_risk"}
SOON = {*DANGER, "today", "lado.refer"}
"""How soon a concern is to be read, and by which rule what the adult register keeps."""
HARM = "harm_at_home"
ROUTE = {"code_route": "phone"}
TELL = {"kind": "tell_parents", "question": "Tell home?", "decision": "Yes", "reason": "Hm."}


def marked(flag: str) -> set[str]:
    return {code for code, flags in EVERY.items() if flag in flags}


def test_there_are_as_many_as_these_tests_say() -> None:
    assert len(EVERY) == 179
    assert len(marked(IMMEDIATE_NOTIFY)) == 103
    assert not marked(LEAD_DECIDES) & marked(PARENTS_NEVER_FIRST)


class TestImmediateNotify:
    async def test_is_never_less_than_today_and_rings_somebody(
        self, world: World, school: School
    ) -> None:
        """Whatever its reporter says of how soon: `routine` counts for what is not marked."""
        child = await school.child()
        danger = set()
        for code, flags in EVERY.items():
            raised = await school.staff.post(
                "/v1/concerns", untold(child, code, immediacy="routine")
            )
            assert raised.status_code == 201, (code, raised.text)
            about_adult = ADULT_REGISTER in flags
            assert (raised.json()["register"] == "adults") == about_adult, code
            found = heard(world, school, raised.json()["id"], about_adult=about_adult)
            if IMMEDIATE_NOTIFY in flags:
                assert found.soon in SOON, code
                assert found.rung == ({Role.HEADTEACHER} if about_adult else LEADS), code
            else:
                assert found.rung == set(), code
            if found.soon in DANGER:
                danger.add(code)
        assert danger == AT_ONCE


@dataclass(frozen=True, slots=True)
class Heard:
    """How soon something is to be read, and who it rang for."""

    soon: str
    rung: set[Role]


def heard(world: World, school: School, id_: str, *, about_adult: bool) -> Heard:
    roles = {person.id: role for role, person in school.people.items()}
    of_child = "select immediacy from concern where id = %s"
    of_adult = "select due_rule from adult_concern where id = %s"
    ((found,),) = world.sql(of_adult if about_adult else of_child, id_)
    told = world.sql("select recipient_id, kind from alert where matter_id = %s and urgent", id_)
    return Heard(found, {roles[one] for one, kind in told if kind != "head_told"})


@dataclass(frozen=True, slots=True)
class Doors:
    """Everything about one child by which home could hear of a concern."""

    school: School
    child: UUID
    mother: str
    concern: str
    share: str
    """Drafted, and signed by nobody."""
    before: str
    """Approved while nothing guarded it."""
    link: str
    """Sent while nothing guarded it."""
    reader: Recipient
    plan: str
    referral: str
    transfer: str

    async def tried(self) -> dict[str, httpx.Response]:
        """What a lead is answered at each door, with a reason and a second person named."""
        lead, concern = self.school.lead, f"/v1/concerns/{self.concern}"
        by_hand = {"route": "in_person", "at": clock.now().isoformat(), "to": "Kim Marsh"}
        card = f"/v1/safety-plans/{self.plan}/card.json?copy_for=other"
        copy = {"kind": "family", "copy_kind": "paper"}
        return {
            "approve": await step(lead, self.share, "approve", REASON),
            "send": await step(lead, self.before, "send", ROUTE),
            "hand over": await step(lead, self.before, "hand-over", by_hand),
            "code": await step(lead, self.link, "code", ROUTE),
            "confirm": await step(lead, self.link, "confirm", {"guard_reason": WHY}),
            "decide": await lead.post(f"{concern}/decisions", TELL),
            "told": await lead.post(f"{concern}/decide-on-parents", self.told()),
            "card": await lead.get(card),
            "copy": await plan_step(lead, self.plan, "holders", copy),
        }

    def told(self, **fields: Any) -> dict[str, Any]:
        """A body that says that the mother was told."""
        return {
            "outcome": "told", "reason": WHY, "told_to": [{"contact_id": self.mother}],
            "second_lead_id": second(self.school), **fields,
        }  # fmt: skip

    def is_about(self, world: World, code: str, context: str | None = None) -> None:
        """The concern was reported with this category, and nobody said another."""
        world.sql(
            "update concern set categories = array[%s], reported_categories = array[%s],"
            " primary_category = null, context = %s where id = %s",
            code, code, context, self.concern,
        )  # fmt: skip

    async def by_another_name(self) -> dict[str, list[tuple[str, str]]]:
        """Why a referral and a file are not approved where their receiver is the mother."""
        lead, reason = self.school.lead, {"reason": "They help."}
        referral = await referral_step(lead, self.referral, "approve", reason)
        path = f"/v1/transfers/{self.transfer}/approve"
        transfer = await lead.post(path, reason, version=1)
        return {
            "referral": [(one["pointer"], one["code"]) for one in referral.json()["errors"]],
            "transfer": [(one["pointer"], one["code"]) for one in transfer.json()["errors"]],
        }


async def doors(world: World, school: School) -> Doors:
    """A child, a mother, and every door set up while nothing guards it."""
    world.sql("delete from rate_limit")
    child, mother, concern = await home(world, school)
    link = await approved(school, child, mother, concern)
    sent = (await step(school.lead, link, "send", ROUTE | {"by_hand": True})).json()
    reader = Recipient(world, sent["link"].rpartition("/")[2])
    assert (await reader.enter(sent["code"])).status_code == 201
    assert (await reader.read()).status_code == 200
    body = await a_body(school, await an_agency(school, name="Kim Marsh")) | {
        "child_id": str(child), "concern_id": concern, "items": [{"kind": "concern", "id": concern}]
    }  # fmt: skip
    return Doors(
        school, child, mother, concern,
        (await draft(school, child, mother, concern))["id"],
        await approved(school, child, mother, concern), link, reader,
        await in_use(school, child), await a_draft(school, body),
        (await prepared(school, elsewhere(child, name="Kim Marsh")))["id"],
    )  # fmt: skip


class TestHome:
    async def test_hears_first_of_nothing_that_is_kept_from_it(
        self, world: World, school: School
    ) -> None:
        """Every door, for every category that parents never hear of first."""
        all_doors = await doors(world, school)
        lead, concern = school.lead, all_doors.concern
        never = marked(PARENTS_NEVER_FIRST)
        for code in EVERY:
            all_doors.is_about(world, code)
            parents = (await lead.get(f"/v1/concerns/{concern}")).json()["parents"]
            assert parents["may_know"] == may_know(code), code
            needed = {need for one in parents["guards"] for need in one["missing"]}
            if code not in never:
                continue
            assert needed == {"advice_first", "reason", "second_person"}, code
            world.sql("delete from rate_limit")
            assert (await all_doors.reader.read()).json()["code"] == "link_stopped", code
            for door, answer in (await all_doors.tried()).items():
                assert answer.status_code == 409, (code, door, answer.text)
                assert "advice_first" in missing(answer.json()), (code, door)
            assert await all_doors.by_another_name() == {
                "referral": [("/agency_id", "guarded_home")],
                "transfer": [("/destination/name", "guarded_home")],
            }, code
        gone = world.sql(
            "select 1 from safety_record where concern_id = %s and kind = 'parents_decision'",
            concern,
        )
        assert gone == []

    async def test_hears_after_advice_only_with_a_reason_and_a_second_person(
        self, world: World, school: School
    ) -> None:
        all_doors = await doors(world, school)
        lead, path = school.lead, f"/v1/concerns/{all_doors.concern}/"
        await advised(school, all_doors.concern)
        for code in sorted(marked(PARENTS_NEVER_FIRST)):
            all_doors.is_about(world, code)
            without = await step(lead, all_doors.share, "approve", {"reason": "They must know."})
            assert missing(without.json()) == {"reason"}, code
            alone = all_doors.told(second_lead_id=None)
            for door, body in (("decide-on-parents", alone), ("decisions", TELL)):
                answer = await lead.post(path + door, body)
                assert missing(answer.json()) == {"second_person"}, (code, door)
            one_signed = await step(lead, all_doors.before, "send", ROUTE)
            assert one_signed.json()["code"] == "recipient_barred", code
        first = await step(lead, all_doors.share, "approve", REASON)
        assert (first.json()["state"], first.json()["waiting_for"]) == ("draft", "second_approver")

    async def test_hears_of_no_harm_at_home_that_a_lead_has_to_decide_about(
        self, world: World, school: School
    ) -> None:
        """`lead_decides_parents`: never from anybody else; and not where harm comes from home."""
        all_doors = await doors(world, school)
        lead, concern = school.lead, all_doors.concern
        own = {"self_harm", "suicidal_ideation", "suicide_attempt"}
        for code in sorted(marked(LEAD_DECIDES)):
            all_doors.is_about(world, code)
            for path, body in (("decisions", TELL), ("decide-on-parents", all_doors.told())):
                refused = await school.staff.post(f"/v1/concerns/{concern}/{path}", body)
                assert refused.status_code in (403, 404), (code, path)
            all_doors.is_about(world, code, context="home")
            parents = (await lead.get(f"/v1/concerns/{concern}")).json()["parents"]
            expected = set() if code in own else {HARM}
            assert codes(parents["guards"]) - {"adult_named"} == expected, code
            if code not in own:
                refused = await step(lead, all_doors.share, "approve", REASON)
                assert "advice_first" in missing(refused.json()), code


def may_know(code: str) -> str:
    """What its marks say of home."""
    if PARENTS_NEVER_FIRST in EVERY[code]:
        return "never_first"
    return "decide" if LEAD_DECIDES in EVERY[code] else "yes"
