"""A contact that others change: who may be told, and where a share goes."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.core.words import Role
from tests.api.exchange.test_roster_batches import AMY
from tests.api.exchange.test_roster_batches import send as bring
from tests.api.records import a_concern, a_share
from tests.api.shared import Sent, an_approved, send, step
from tests.api.sharing.test_transfer_packets import bytes_of, files_of, packed, passphrase_of
from tests.rosters import Roster
from tests.world import Api, School, World

KIM = {
    "kind": "mother", "name": "Kim Marsh", "email": "kim@home.example", "phone": "01632 960111",
    "parental_responsibility": "yes",
}  # fmt: skip
THIEF = "kim.marsh@thief.example"


async def contact_of(api: Api, child: UUID, id_: str) -> dict[str, Any]:
    """The contact as `api` reads it."""
    items = (await api.get(f"/v1/children/{child}/contacts")).json()["items"]
    result: dict[str, Any] = next(item for item in items if item["id"] == id_)
    return result


async def change(api: Api, child: UUID, id_: str, **changes: Any) -> None:
    """Change the contact as `api`."""
    now = await contact_of(api, child, id_)
    answer = await api.patch(
        f"/v1/children/{child}/contacts/{id_}", changes, version=now["etag"].strip('"')
    )
    assert answer.status_code == 200, answer.text


async def a_mother(school: School) -> tuple[UUID, str]:
    """A child and their mother, whom the lead entered."""
    child = await school.child()
    answer = await school.lead.post(f"/v1/children/{child}/contacts", KIM)
    assert answer.status_code == 201, answer.text
    return child, answer.json()["id"]


async def a_draft(school: School, child: UUID, contact_id: str) -> str:
    """A draft of a share with the contact."""
    concern = await a_concern(school, child)
    body = a_share(child, {"via": "contact", "contact_id": contact_id}, concern)
    answer = await school.lead.post("/v1/shares", body)
    assert answer.status_code == 201, answer.text
    id_: str = answer.json()["id"]
    return id_


class TestWhoMayBeTold:
    @pytest.mark.parametrize("changes", [{"name": "Lee Stone"}, {"kind": "other_relative"}])
    async def test_is_undecided_once_an_administrator_changes_who_it_is(
        self, school: School, changes: dict[str, str]
    ) -> None:
        child, kim = await a_mother(school)
        assert (await contact_of(school.lead, child, kim))["may_be_told"]["value"] is True

        await change(school.api(Role.SCHOOL_ADMIN), child, kim, **changes)

        told = (await contact_of(school.lead, child, kim))["may_be_told"]
        assert (told["value"], told["reason_code"]) == (False, "identity_changed")

    async def test_holds_for_a_right_that_a_lead_wrote(self, school: School) -> None:
        child, kim = await a_mother(school)
        await change(
            school.lead, child, kim, may_be_told=True, may_be_told_reason="She asked.",
            parental_responsibility="no",
        )  # fmt: skip

        await change(school.api(Role.SCHOOL_ADMIN), child, kim, name="Lee Stone")

        told = (await contact_of(school.lead, child, kim))["may_be_told"]
        assert (told["value"], told["reason_code"]) == (False, "identity_changed")

    async def test_stays_with_another_spelling(self, school: School) -> None:
        child, kim = await a_mother(school)
        await change(school.api(Role.SCHOOL_ADMIN), child, kim, name="Mrs KIM MARSH")
        assert (await contact_of(school.lead, child, kim))["may_be_told"]["value"] is True

    async def test_comes_back_when_a_lead_decides_again(self, school: School) -> None:
        child, kim = await a_mother(school)
        await change(school.api(Role.SCHOOL_ADMIN), child, kim, name="Kim Stone")
        await change(school.lead, child, kim, may_be_told=True, may_be_told_reason="She married.")
        assert (await contact_of(school.lead, child, kim))["may_be_told"]["value"] is True

    async def test_does_not_come_back_with_a_phone_number(self, school: School) -> None:
        child, kim = await a_mother(school)
        await change(school.api(Role.SCHOOL_ADMIN), child, kim, name="Lee Stone")
        await change(school.lead, child, kim, phone="01632 960222")
        assert (await contact_of(school.lead, child, kim))["may_be_told"]["value"] is False

    async def test_needs_two_people_to_share_then(self, school: School) -> None:
        child, kim = await a_mother(school)
        share = await a_draft(school, child, kim)
        await change(school.api(Role.SCHOOL_ADMIN), child, kim, name="Lee Stone")

        answer = await step(school.lead, share, "approve", {"reason": "She has to know."})

        assert answer.status_code == 422, answer.text
        assert "/guard_reason" in {item["pointer"] for item in answer.json()["errors"]}

    async def test_stops_what_was_approved_before(self, world: World, school: School) -> None:
        share = await an_approved(world, school, contact=KIM | {"email": None})
        # The lead looks at the contact and confirms who it is.
        await change(
            school.lead, share.child, share.contact, may_be_told=True, may_be_told_reason="Mother."
        )
        await change(school.api(Role.SCHOOL_ADMIN), share.child, share.contact, name="Lee Stone")

        answer = await send(school, share, by_hand=True)

        assert (answer.status_code, answer.json()["code"]) == (409, "recipient_barred")


class TestWhereAShareGoes:
    async def test_is_shown_in_full_with_its_history(self, school: School) -> None:
        child, kim = await a_mother(school)
        share = await a_draft(school, child, kim)
        await change(school.api(Role.SCHOOL_ADMIN), child, kim, email=THIEF)

        shown = (await school.lead.get(f"/v1/shares/{share}")).json()["goes_to"]

        assert shown["repeat_address"] is True
        email = shown["email"]
        assert (email["value"], email["before"]) == (THIEF, KIM["email"])
        assert email["changed_by_role"] == "school_admin"
        assert email["changed_by"] == school[Role.SCHOOL_ADMIN].name
        assert email["confirmed_at"] is None
        assert shown["phone"]["value"] == KIM["phone"]
        assert shown["phone"]["confirmed_at"] is not None

    @pytest.mark.parametrize("address", [None, KIM["email"]])
    async def test_has_to_be_repeated_once_it_changed(
        self, school: School, address: str | None
    ) -> None:
        child, kim = await a_mother(school)
        share = await a_draft(school, child, kim)
        await change(school.api(Role.SCHOOL_ADMIN), child, kim, email=THIEF)
        body = {"reason": "She has to know.", "address": address}

        answer = await step(school.lead, share, "approve", body)

        assert answer.status_code == 422, answer.text
        (problem,) = answer.json()["errors"]
        assert (problem["pointer"], problem["code"]) == ("/address", "repeat_address")
        assert THIEF not in answer.text
        repeated = await step(school.lead, share, "approve", body | {"address": THIEF.upper()})
        assert repeated.json()["state"] == "approved", repeated.text

    async def test_need_not_be_repeated_once_used(self, school: School) -> None:
        child, kim = await a_mother(school)
        await change(school.api(Role.SCHOOL_ADMIN), child, kim, email="kim@work.example")
        first, second = await a_draft(school, child, kim), await a_draft(school, child, kim)
        body = {"reason": "She has to know."}
        approved = await step(school.lead, first, "approve", body | {"address": "kim@work.example"})
        assert approved.json()["state"] == "approved", approved.text

        answer = await step(school.lead, second, "approve", body)

        assert answer.json()["state"] == "approved", answer.text

    async def test_need_not_be_repeated_where_a_lead_wrote_it(self, school: School) -> None:
        child, kim = await a_mother(school)
        await change(school.api(Role.SCHOOL_ADMIN), child, kim, email=THIEF)
        await change(school.lead, child, kim, email="kim@new.example")
        share = await a_draft(school, child, kim)
        answer = await step(school.lead, share, "approve", {"reason": "She has to know."})
        assert answer.json()["state"] == "approved", answer.text

    async def test_is_confirmed_by_nobody_who_only_changes_something_else(
        self, school: School
    ) -> None:
        child, kim = await a_mother(school)
        await change(school.api(Role.SCHOOL_ADMIN), child, kim, email=THIEF)
        await change(school.lead, child, kim, language="Polish")
        assert (await contact_of(school.lead, child, kim))["email_confirmed_at"] is None

    async def test_stays_the_approved_one_when_it_changes_later(
        self, world: World, school: School
    ) -> None:
        share: Sent = await an_approved(world, school, contact=KIM)
        await change(school.api(Role.SCHOOL_ADMIN), share.child, share.contact, email=THIEF)

        answer = await send(school, share)

        assert (answer.status_code, answer.json()["code"]) == (409, "address_changed")


class TestARoster:
    async def test_moves_neither_the_right_nor_the_link_unseen(self, school: School) -> None:
        roster = Roster(school)
        mother = {"id": "c1", "name": "Ann Pond", "relationship": "mother"}
        items, _ = await bring(roster, AMY | {"contacts": [mother]})
        child = UUID(items[0]["child_id"])
        kept = (await school.lead.get(f"/v1/children/{child}/contacts")).json()["items"]
        ann = kept[0]["id"]
        await change(school.lead, child, ann, parental_responsibility="yes", email=KIM["email"])
        share = await a_draft(school, child, ann)
        await bring(roster, AMY | {"contacts": [mother | {"email": THIEF}]})

        shown = (await school.lead.get(f"/v1/shares/{share}")).json()["goes_to"]
        assert (shown["email"]["value"], shown["repeat_address"]) == (THIEF, True)
        refused = await step(school.lead, share, "approve", {"reason": "She has to know."})
        assert refused.json()["errors"][0]["code"] == "repeat_address"

        await bring(roster, AMY | {"contacts": [mother | {"name": "Lee Stone"}]})
        told = (await contact_of(school.lead, child, ann))["may_be_told"]
        assert (told["value"], told["reason_code"]) == (False, "identity_changed")


class TestLeads:
    @pytest.mark.parametrize(
        "changes", [{"name": "Lee Stone"}, {"email": THIEF}, {"phone": "01632 960999"}]
    )
    async def test_hear_once_of_what_an_administrator_changes(
        self, school: School, changes: dict[str, str]
    ) -> None:
        child, kim = await a_mother(school)
        await a_concern(school, child)
        alerts = "select count(*) from alert where school_id = %s and kind = 'telling_changed'"
        before = school.world.sql(f"{alerts} and recipient_id = %s", school.id, school[Role.DSL].id)

        await change(school.api(Role.SCHOOL_ADMIN), child, kim, **changes)
        await change(school.api(Role.SCHOOL_ADMIN), child, kim, phone="01632 960998")

        after = school.world.sql(f"{alerts} and recipient_id = %s", school.id, school[Role.DSL].id)
        assert after[0][0] == before[0][0] + 1

    async def test_hear_nothing_where_nothing_is_recorded(self, school: School) -> None:
        child, kim = await a_mother(school)
        alerts = "select count(*) from alert where school_id = %s and kind = 'telling_changed'"
        before = school.world.sql(alerts, school.id)
        await change(school.api(Role.SCHOOL_ADMIN), child, kim, email=THIEF)
        assert school.world.sql(alerts, school.id) == before


async def share_for(school: School, child: UUID, contact_id: str, **body: Any) -> Any:
    """The answer to approving a new share with the contact."""
    share = await a_draft(school, child, contact_id)
    return await step(school.lead, share, "approve", {"reason": "She has to know."} | body)


async def merge(school: School, child: UUID, one: str, into: str) -> None:
    """Merge two contacts as the lead."""
    path = f"/v1/children/{child}/contacts/{one}/merge"
    body = {"into": into, "reason": "Same person."}
    version = school.world.version("contact", one)
    answer = await school.lead.post(path, body, version=version)
    assert answer.status_code == 200, answer.text


async def another(api: Api, child: UUID, **facts: Any) -> str:
    """A further contact of the child, as `api` enters it."""
    answer = await api.post(f"/v1/children/{child}/contacts", facts)
    assert answer.status_code == 201, answer.text
    id_: str = answer.json()["id"]
    return id_


class TestASignature:
    async def test_on_a_bar_moves_no_share_to_another_address(
        self, world: World, school: School
    ) -> None:
        """Two people sign that she may be told; where it goes they did not sign."""
        share = await an_approved(world, school, contact=KIM)
        await change(
            school.lead, share.child, share.contact, may_be_told=True, may_be_told_reason="Mother."
        )
        admin = school.api(Role.SCHOOL_ADMIN)
        await change(admin, share.child, share.contact, name="Lee Stone", email=THIEF)
        for role in (Role.DSL, Role.HEADTEACHER):
            signed = await step(school.api(role), share.id, "confirm", {"guard_reason": "Asked."})
            assert signed.status_code == 200, signed.text

        answer = await send(school, share)

        assert (answer.status_code, answer.json()["code"]) == (409, "address_changed")
        shown = (await school.lead.get(f"/v1/shares/{share.id}")).json()["goes_to"]
        assert shown["repeat_address"] is True


class TestAnAddressUsedBefore:
    async def test_has_to_be_repeated_once_it_is_put_back(self, school: School) -> None:
        child, kim = await a_mother(school)
        assert (await share_for(school, child, kim)).json()["state"] == "approved"
        await change(school.lead, child, kim, email="kim@new.example")
        await change(school.api(Role.SCHOOL_ADMIN), child, kim, email=KIM["email"])

        refused = await share_for(school, child, kim)

        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["code"] == "repeat_address"
        repeated = await share_for(school, child, kim, address=KIM["email"])
        assert repeated.json()["state"] == "approved", repeated.text


class TestAMerge:
    async def test_gives_no_right_that_a_rename_took_away(self, school: School) -> None:
        child, kim = await a_mother(school)
        admin = school.api(Role.SCHOOL_ADMIN)
        lee = await another(admin, child, kind="mother", name="Lee Stone")
        await change(admin, child, kim, name="Lee Stone")

        await merge(school, child, kim, lee)

        assert (await contact_of(school.lead, child, lee))["may_be_told"]["value"] is False

    async def test_gives_a_right_to_the_person_it_names_alone(self, school: School) -> None:
        child, kim = await a_mother(school)
        admin = school.api(Role.SCHOOL_ADMIN)
        other = await another(admin, child, kind="mother", name="Kim Marsh")
        await merge(school, child, kim, other)
        assert (await contact_of(school.lead, child, other))["may_be_told"]["value"] is True

        await change(admin, child, other, name="Lee Stone")

        told = (await contact_of(school.lead, child, other))["may_be_told"]
        assert (told["value"], told["reason_code"]) == (False, "identity_changed")

    async def test_carries_an_address_as_confirmed_or_not_as_it_was(self, school: School) -> None:
        child, kim = await a_mother(school)
        admin = school.api(Role.SCHOOL_ADMIN)
        other = await another(admin, child, kind="mother", name="Kim Marsh")
        await change(admin, child, kim, phone="01632 960999")
        await merge(school, child, kim, other)

        now = await contact_of(school.lead, child, other)

        assert now["email_confirmed_at"] is not None
        assert (now["phone"], now["phone_confirmed_at"]) == ("01632 960999", None)

    async def test_carries_a_changed_address_that_has_to_be_repeated(self, school: School) -> None:
        child, kim = await a_mother(school)
        admin = school.api(Role.SCHOOL_ADMIN)
        other = await another(admin, child, kind="mother", name="Kim Marsh")
        await change(admin, child, kim, email=THIEF)
        await merge(school, child, kim, other)

        refused = await share_for(school, child, other)

        assert refused.status_code == 422, refused.text
        assert "repeat_address" in {item["code"] for item in refused.json()["errors"]}

    async def test_taken_back_leaves_no_confirmation(self, school: School) -> None:
        child, kim = await a_mother(school)
        other = await another(school.api(Role.SCHOOL_ADMIN), child, kind="mother", name="Kim Marsh")
        kept = "select confirmed from contact where id = %s"
        before = school.world.sql(kept, other)
        await merge(school, child, kim, other)
        path = f"/v1/children/{child}/contacts/{kim}/unmerge"
        version = school.world.version("contact", kim)

        answer = await school.lead.post(path, {"reason": "Two people."}, version=version)

        assert answer.status_code == 200, answer.text
        assert school.world.sql(kept, other) == before


class TestALink:
    async def test_that_waits_to_be_mailed_goes_to_the_address_it_was_made_for(
        self, world: World, school: School
    ) -> None:
        share = await an_approved(world, school, contact=KIM)
        assert (await send(school, share)).json()["mailed"] is True
        await change(school.api(Role.SCHOOL_ADMIN), share.child, share.contact, email=THIEF)
        kept = "select address, mailed_at from recipient_link where share_id = %s"
        assert world.sql(kept, share.id) == [(KIM["email"], None)]

    def test_is_mailed_from_two_places_alone(self) -> None:
        """Each reads the address of its recipient: a third has to ask what these ask."""
        app = Path(__file__).parents[3] / "app"
        makers = {
            path.relative_to(app).as_posix()
            for path in app.rglob("*.py")
            if re.search(r"\bByMail\((?!link\.address)", path.read_text())
        }
        assert makers == {
            "domain/sharing/share_deliveries/commands.py",
            "domain/sharing/referral_deliveries/commands.py",
        }
        mailers = {
            path.relative_to(app).as_posix()
            for path in app.rglob("*.py")
            if re.search(r"\bmail\.send\(", path.read_text())
        }
        assert mailers >= {"jobs/recipients.py"}
        for name in mailers - {"jobs/recipients.py"}:
            assert not re.search(r"\bcontacts?\b", (app / name).read_text()), name


class TestWhatBendsIt:
    async def test_a_name_beside_the_old_one_is_another_person(self, school: School) -> None:
        child, kim = await a_mother(school)
        await change(school.api(Role.SCHOOL_ADMIN), child, kim, name="Lee Stone Kim Marsh")
        told = (await contact_of(school.lead, child, kim))["may_be_told"]
        assert (told["value"], told["reason_code"]) == (False, "identity_changed")

    async def test_a_form_that_sends_every_field_confirms_nothing(self, school: School) -> None:
        child, kim = await a_mother(school)
        admin = school.api(Role.SCHOOL_ADMIN)
        await change(admin, child, kim, name="Lee Stone", email=THIEF)
        form = {"name": "Lee Stone", "kind": "mother", "email": THIEF, "language": "Polish"}

        await change(school.lead, child, kim, **form, parental_responsibility="yes")

        now = await contact_of(school.lead, child, kim)
        assert now["email_confirmed_at"] is None
        assert now["may_be_told"]["reason_code"] == "identity_changed"

    async def test_a_signature_for_another_address_does_not_count(self, school: School) -> None:
        child, kim = await a_mother(school)
        await change(school.lead, child, kim, alleged_source_of_harm=True)
        share = await a_draft(school, child, kim)
        body = {"reason": "She has to know.", "guard_reason": "Social care asked for it."}
        first = await step(school.lead, share, "approve", body)
        assert len(first.json()["approvals"]) == 1, first.text
        await change(school.lead, child, kim, email="kim@new.example")

        second = await step(school.api(Role.DEPUTY_DSL), share, "approve", body)

        assert second.json()["state"] == "draft", second.text
        (left,) = second.json()["approvals"]
        assert left["by"]["id"] == str(school[Role.DEPUTY_DSL].id)


class TestAFileForAnotherSchool:
    @pytest.mark.parametrize(
        ("name", "right", "told"), [("Kim Marsh", "yes", True), ("Lee Stone", "unknown", None)]
    )
    async def test_leaves_the_rights_of_another_person_out(
        self, world: World, school: School, name: str, right: str, told: bool | None
    ) -> None:
        child, kim = await a_mother(school)
        await a_concern(school, child)
        await change(school.lead, child, kim, may_be_told=True, may_be_told_reason="She asked.")
        await change(school.api(Role.SCHOOL_ADMIN), child, kim, name=name, language="Polish")
        transfer = await packed(world, school, child)
        packet = await bytes_of(school, transfer["id"])
        _, files = files_of(packet, passphrase=await passphrase_of(school, transfer["id"]))

        (sent,) = json.loads(files["record.json"])["front_sheet"]["contacts"]

        assert (sent["name"], sent["parental_responsibility"]) == (name, right)
        assert sent["may_be_told"] is told
        assert "confirmed" not in sent
