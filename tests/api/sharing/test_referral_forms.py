"""Forms of referrals: local ones, what fills a draft, and the extract of the chronology."""

from typing import Any

import orjson
import pytest

from app.core import clock
from app.core.words import Role
from tests.api.records import a_concern, a_contact, a_share, a_status, classify, verbs_about
from tests.api.referring import ANSWERS, a_body, a_draft, a_sent, an_agency, step
from tests.security.capture import captured
from tests.world import School, World


def a_variant(**fields: Any) -> dict[str, Any]:
    """A local form of early help."""
    return {
        "variant": "ourshire", "variant_of": "early_help", "authority": "Ourshire",
        "title": "Ourshire family help",
        "add": [{"section": "early_help", "name": "agreed", "label": "Who agreed",
                 "required": True}],
    } | fields  # fmt: skip


@pytest.fixture
async def agency(school: School) -> str:
    return await an_agency(school)


class TestForms:
    async def test_are_shown_as_sections_and_as_json_schema(self, school: School) -> None:
        found = (await school.lead.get("/v1/referral-kinds/lado")).json()
        assert (found["kind"], found["variant"]) == ("lado", None)
        assert "description" in found["json_schema"]["required"]
        local = await school.lead.get(
            "/v1/referral-kinds/childrens_social_care?variant=ex1-social-care"
        )
        assert local.json()["authority"] == "EX1"
        assert "scale" in local.json()["json_schema"]["required"]
        for path in ("lado?variant=ex1-social-care", "lado?variant=nothing"):
            answer = await school.lead.get(f"/v1/referral-kinds/{path}")
            assert answer.json()["code"] == "referral_variant_not_found"
        assert (await school.lead.get("/v1/referral-kinds/nothing")).status_code in (404, 422)

    async def test_say_all_of_it_in_welsh_but_for_a_schools_own_words(self, school: School) -> None:
        for form in (await school.lead.get("/v1/referral-kinds")).json()["items"]:
            assert form["label_cy"]
            assert form["review_cy"].startswith("draft: ")
            for section in form["sections"]:
                assert section["label_cy"]
                for field in section["fields"]:
                    assert field["label_cy"]
                    assert (field["help"] is None) == (field["help_cy"] is None)
        await school.lead.post("/v1/referral-variants", a_variant())
        own = (await school.lead.get("/v1/referral-kinds/early_help?variant=ourshire")).json()
        unsaid = [
            field["name"]
            for section in own["sections"]
            for field in section["fields"]
            if field["label_cy"] is None
        ]
        assert unsaid == ["agreed"]


class TestAddReferralVariant:
    async def test_keeps_every_version_for_the_drafts_made_with_it(
        self, world: World, school: School
    ) -> None:
        agency = await an_agency(school, local_authority="Ourshire")
        first = await school.lead.post("/v1/referral-variants", a_variant())
        assert (first.status_code, first.json()["version"]) == (201, "1")
        id_ = await a_draft(school, await a_body(school, agency))
        found = (await school.lead.get(f"/v1/referrals/{id_}")).json()
        assert (found["form_variant"], found["form_version"]) == ("ourshire", "1")
        second = await school.lead.post("/v1/referral-variants", a_variant(add=[]))
        assert second.json()["version"] == "2"
        missing = (await school.lead.get(f"/v1/referrals/{id_}/missing")).json()
        assert "/fields/agreed" in {one["pointer"] for one in missing["items"]}
        field = {"fields": {"agreed": {"state": "value", "value": "Her mother."}}}
        changed = await school.lead.patch(f"/v1/referrals/{id_}", field, version=1)
        assert changed.status_code == 200, changed.text
        approved = await step(school.lead, id_, "approve", {"reason": "They ask."})
        assert approved.status_code == 200, approved.text
        snapshot = (await school.lead.get(f"/v1/referrals/{id_}/snapshot")).json()
        assert (snapshot["form"]["variant"], snapshot["form"]["version"]) == ("ourshire", "1")
        later = await a_draft(school, await a_body(school, agency))
        seen = (await school.lead.get(f"/v1/referrals/{later}")).json()
        assert seen["form_version"] == "2"

    async def test_is_chosen_by_the_agency_or_by_name(self, school: School) -> None:
        await school.lead.post("/v1/referral-variants", a_variant())
        agency = await an_agency(school, form_variants={"early_help": "ourshire"})
        id_ = await a_draft(school, await a_body(school, agency))
        found = (await school.lead.get(f"/v1/referrals/{id_}")).json()
        assert found["form_variant"] == "ourshire"
        plain = await an_agency(school)
        body = await a_body(school, plain, variant="ex2-early-help")
        other = await a_draft(school, body)
        seen = (await school.lead.get(f"/v1/referrals/{other}")).json()
        assert seen["form_variant"] == "ex2-early-help"
        wrong = await school.lead.post("/v1/referrals", {**body, "variant": "ex1-social-care"})
        assert wrong.json()["errors"][0]["pointer"] == "/variant"

    async def test_refuses_what_would_break_the_form(self, school: School) -> None:
        answer = await school.lead.post("/v1/referral-variants", a_variant(drops=["needs"]))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/drops/0"
        await school.lead.post("/v1/referral-variants", a_variant())
        other = a_variant(variant_of="police", add=[])
        answer = await school.lead.post("/v1/referral-variants", other)
        assert answer.json()["errors"][0]["pointer"] == "/variant_of"
        for role in (Role.DEPUTY_DSL, Role.HEADTEACHER, Role.STAFF):
            refused = await school.api(role).post("/v1/referral-variants", a_variant())
            assert refused.status_code == 403

    async def test_stays_in_its_school(self, school: School, other_school: School) -> None:
        await school.lead.post("/v1/referral-variants", a_variant())
        listed = (await other_school.lead.get("/v1/referral-variants")).json()["items"]
        assert {one["variant"] for one in listed} == {"ex1-social-care", "ex2-early-help"}
        path = "/v1/referral-kinds/early_help?variant=ourshire"
        assert (await other_school.lead.get(path)).status_code == 404
        assert (await school.lead.get(path)).status_code == 200


class TestPrefill:
    async def test_says_where_each_answer_came_from(
        self, world: World, school: School, agency: str
    ) -> None:
        child = await school.child(address="1 High Street")
        account = [
            {"kind": "observed", "text": "A bruise on her arm."},
            {"kind": "child_said", "text": "he hurted me", "prompted_by": "What happened?"},
        ]
        concern = await a_concern(school, child, account=account)
        await a_contact(world, school, child, lives_with="yes")
        await a_status(world, school, child)
        await a_status(world, school, child, confidentiality="K5")
        body = {
            "child_id": str(child), "agency_id": agency, "kind": "childrens_social_care",
            "urgency": "routine", "concern_id": concern,
            "fields": {"harm": {"state": "not_known"}},
        }  # fmt: skip
        found = (await school.lead.post("/v1/referrals", body)).json()
        fields, sources = found["fields"], found["sources"]
        assert fields["address"]["value"] == "1 High Street"
        assert sources["address"] == "child.address"
        assert fields["disclosures"]["value"] == "Asked: What happened?\n“he hurted me”"
        assert fields["worry"]["value"] == "A bruise on her arm."
        assert fields["household"]["value"][0]["name"] == "Kim Marsh"
        assert fields["statuses"]["value"].count("Young carer") == 1
        assert fields["referrer"]["value"]["name"]
        assert fields["harm"] == {"state": "not_known", "value": None}
        assert "harm" not in sources
        change = {"fields": {"address": {"state": "value", "value": "2 Low Street"}}}
        changed = await school.lead.patch(f"/v1/referrals/{found['id']}", change, version=1)
        assert "address" not in changed.json()["sources"]
        assert "worry" in changed.json()["sources"]

    async def test_says_words_and_not_codes(
        self, world: World, school: School, agency: str
    ) -> None:
        child = await school.child(sex="female", sen_provision="N", ethnicity="NOBT")
        order = {
            "kind": "non_molestation", "summary": "Not near the house.", "made_on": "2026-05-04",
            "ends_on": None, "forbids_telling": True,
        }  # fmt: skip
        contact = await a_contact(world, school, child, lives_with="no")
        world.sql(
            "update contact set court_orders = %s::jsonb where id = %s",
            orjson.dumps([order]).decode(), contact,
        )  # fmt: skip
        concern = await a_concern(school, child)
        world.sql(
            "insert into body_mark (school_id, id, concern_id, child_id, position, region, view, x,"
            " y, colour, shape, size_mm) values (%s, gen_random_uuid(), %s, %s, 0, 'knee_l',"
            " 'front', 0.5, 0.5, 'purple', 'parallel_lines', 20)",
            school.id, concern, child,
        )  # fmt: skip
        body = {
            "child_id": str(child), "agency_id": agency, "kind": "childrens_social_care",
            "urgency": "routine", "concern_id": concern,
        }  # fmt: skip
        answer = await school.lead.post("/v1/referrals", body)
        assert answer.status_code == 201, answer.text
        fields = answer.json()["fields"]
        assert fields["sex"]["value"] == "Female"
        assert "disability_or_sen" not in fields, "nobody asked about disability"
        assert "ethnicity" not in fields, "not yet obtained is no answer"
        told = "Non molestation, Not near the house., made on 2026-05-04, "
        assert any(
            one.get("value") == f"{told}keeps this person from being told"
            for one in fields.values()
        )
        injury = "Knee, left, 20 mm, Purple, Parallel lines"
        assert injury in [one.get("value") for one in fields.values()]

    @pytest.mark.parametrize(
        ("code", "said"),
        [("K", "Special educational needs: SEN support"), ("N", None), (None, None)],
    )
    async def test_says_of_special_needs_only_what_is_known(
        self, world: World, school: School, agency: str, code: str | None, said: str | None
    ) -> None:
        child = await school.child()
        world.sql("update child set sen_provision = %s where id = %s", code, child)
        body = {
            "child_id": str(child), "agency_id": agency, "kind": "childrens_social_care",
            "urgency": "routine",
        }  # fmt: skip
        fields = (await school.lead.post("/v1/referrals", body)).json()["fields"]
        assert fields.get("disability_or_sen", {}).get("value") == said

    async def test_names_no_other_child_and_no_suppressed_number(
        self, world: World, school: School, agency: str
    ) -> None:
        child, other = await school.child(), await school.child("Bea", "Stone")
        lead = school[Role.DSL].id
        world.sql(
            "insert into relationship (school_id, id, child_id, other_child_id, kind, source,"
            " confirmed_by, confirmed_at, created_at)"
            " values (%s, gen_random_uuid(), %s, %s, 'sibling', 'school', %s, now(), now())",
            school.id, child, other, lead,
        )  # fmt: skip
        for system, value, suppressed in (
            ("nhs_number", "9434765919", True), ("upn", "H801200001001", False),
        ):  # fmt: skip
            world.sql(
                "insert into child_identifier (school_id, id, child_id, system, value, source,"
                " suppressed, created_at)"
                " values (%s, gen_random_uuid(), %s, %s, %s, 'school', %s, now())",
                school.id, child, system, value, suppressed,
            )  # fmt: skip
        body = {
            "child_id": str(child), "agency_id": agency, "kind": "childrens_social_care",
            "urgency": "routine",
        }  # fmt: skip
        answer = await school.lead.post("/v1/referrals", body)
        assert "Bea" not in answer.text
        assert "9434765919" not in answer.text
        found = answer.json()
        assert {"relationship": "Sibling"}.items() <= found["fields"]["household"]["value"][
            0
        ].items()
        assert found["fields"]["upn"]["value"] == "H801200001001"
        named = {**body, "name_others": {"decided": True, "reason": "They live together."}}
        assert "Bea Stone" in (await school.lead.post("/v1/referrals", named)).text

    async def test_takes_nothing_from_a_sealed_concern(
        self, world: World, school: School, agency: str
    ) -> None:
        child = await school.child()
        concern = await a_concern(school, child, text="A secret of hers.")
        await classify(world, concern, "K5")
        body = {
            "child_id": str(child), "agency_id": agency, "kind": "childrens_social_care",
            "urgency": "routine", "concern_id": concern,
        }  # fmt: skip
        answer = await school.lead.post("/v1/referrals", body)
        assert answer.status_code == 201, answer.text
        assert "secret of hers" not in answer.text

    async def test_costs_the_same_however_much_there_is(
        self, world: World, school: School, agency: str
    ) -> None:
        bodies = []
        for many in (1, 6):
            child = await school.child()
            for _ in range(many):
                await a_contact(world, school, child)
                await a_status(world, school, child)
            bodies.append(
                {"child_id": str(child), "agency_id": agency, "kind": "other",
                 "urgency": "routine", "concern_id": await a_concern(school, child)}
            )  # fmt: skip
        counts = []
        for body in bodies:
            async with captured(world) as sent:
                assert (await school.lead.post("/v1/referrals", body)).status_code == 201
            counts.append(len(sent))
        assert counts[0] == counts[1] <= 20


class TestEarlierReferrals:
    """What a draft says of the referrals before it."""

    async def a_deputys(self, school: School, child: Any) -> str:
        """What fills a deputy's draft about the child."""
        agency = await an_agency(school, name="Front door")
        body = {
            "child_id": str(child), "agency_id": agency, "kind": "childrens_social_care",
            "urgency": "routine", "prefill": True, "chronology": {"choice": "significant"},
        }  # fmt: skip
        drafted = await school.api(Role.DEPUTY_DSL).post("/v1/referrals", body)
        assert drafted.status_code == 201, drafted.text
        return str(drafted.json()["fields"].get("previous_referrals"))

    async def an_earlier(self, school: School, child: Any, item: dict[str, str]) -> None:
        agency = await an_agency(school, name="Secret Unit", kind="police")
        concern = item["id"] if item["kind"] == "concern" else None
        fields = {"child_id": str(child), "concern_id": concern, "items": [item]}
        await a_sent(school, await a_body(school, agency, **fields))

    async def test_are_told_to_who_sees_what_they_hold(self, world: World, school: School) -> None:
        child = await school.child()
        status = await a_status(world, school, child, "K3")
        await self.an_earlier(school, child, {"kind": "status", "id": status})
        assert "Secret Unit" in await self.a_deputys(school, child)

    async def test_are_not_told_where_a_status_is_sealed(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        status = await a_status(world, school, child, "K5")
        await self.an_earlier(school, child, {"kind": "status", "id": status})
        assert "Secret Unit" not in await self.a_deputys(school, child)

    async def test_are_not_told_to_whom_their_concern_names(self, school: School) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        await self.an_earlier(school, child, {"kind": "concern", "id": concern})
        read = await school.lead.get(f"/v1/concerns/{concern}")
        body = {"staff_id": str(school[Role.DEPUTY_DSL].id), "reason": "It is about them."}
        named = await school.lead.post(
            f"/v1/concerns/{concern}/named-staff", body, version=read.headers["etag"].strip('"')
        )
        assert named.status_code == 201, named.text
        assert "Secret Unit" not in await self.a_deputys(school, child)


SIGNIFICANT = {"choice": "significant"}


class TestChronologyExtract:
    async def test_is_frozen_with_the_rest_and_names_no_other_child(
        self, world: World, school: School, agency: str
    ) -> None:
        child, other = await school.child(), await school.child("Éloïse", "Stone")
        shown = await a_concern(school, child, other, text="Eloise hit him.")
        hidden = await a_concern(school, child, text="A sealed thing.")
        plain = await a_concern(school, child, text="Nothing special.")
        world.sql(
            "update chronology_entry set significant = true where concern_id = any(%s::uuid[])",
            [shown, hidden],
        )
        await classify(world, hidden, "K5")
        body = {
            "child_id": str(child), "agency_id": agency, "kind": "early_help",
            "urgency": "emergency", "fields": ANSWERS, "prefill": False,
            "chronology": {"choice": "significant"},
        }  # fmt: skip
        id_ = await a_draft(school, body)
        found = (await school.lead.get(f"/v1/referrals/{id_}")).json()
        assert found["chronology"]["choice"] == "significant"
        assert len(found["chronology"]["entries"]) == 1
        assert found["items"] == []
        preview = await school.lead.get(f"/v1/referrals/{id_}/preview")
        [entry] = preview.json()["chronology"]
        assert entry["kind"] == "concern"
        assert "another pupil hit him" in entry["summary"]
        for word in ("Eloise", "Éloïse", "sealed", "special"):
            assert word not in preview.text
        assert plain
        assert verbs_about(world, id_)[-1] == "referral.opened"

    async def test_leaves_out_a_referral_that_holds_something_sealed(
        self, world: World, school: School, agency: str
    ) -> None:
        child = await school.child()
        concern, sealed = await a_concern(school, child), await a_concern(school, child)
        body = {
            "child_id": str(child), "agency_id": agency, "kind": "early_help",
            "urgency": "emergency", "fields": ANSWERS, "prefill": False,
        }  # fmt: skip
        item = {"kind": "concern", "id": sealed}
        first = await a_draft(school, body | {"concern_id": concern, "items": [item]})
        sending = {"route": "phoned", "at": clock.now().isoformat(), "to": "The front door"}
        await school.lead.post(f"/v1/referrals/{first}/send", sending, version=1)
        world.sql("update chronology_entry set significant = true where thing_id = %s", first)
        await classify(world, sealed, "K5")
        for api in (school.api(Role.DEPUTY_DSL), school.lead):
            drafted = await api.post("/v1/referrals", body | {"chronology": SIGNIFICANT})
            assert drafted.json()["chronology"]["entries"] == []

    async def test_holds_a_referral_that_came_from_no_concern(
        self, world: World, school: School, agency: str
    ) -> None:
        child = await school.child()
        body = {
            "child_id": str(child), "agency_id": agency, "kind": "early_help",
            "urgency": "emergency", "fields": ANSWERS, "prefill": False,
        }  # fmt: skip
        first = await a_draft(school, body)
        sending = {"route": "phoned", "at": clock.now().isoformat(), "to": "The front door"}
        sent = await school.lead.post(f"/v1/referrals/{first}/send", sending, version=1)
        assert sent.status_code == 200, sent.text
        world.sql("update chronology_entry set significant = true where thing_id = %s", first)
        id_ = await a_draft(school, body | {"chronology": SIGNIFICANT})
        preview = (await school.lead.get(f"/v1/referrals/{id_}/preview")).json()
        assert [entry["kind"] for entry in preview["chronology"]] == ["referral"]

    async def test_is_hidden_from_who_may_not_see_all_of_it(
        self, world: World, school: School, agency: str
    ) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        [(entry,)] = world.sql("select id from chronology_entry where concern_id = %s", concern)
        body = {
            "child_id": str(child), "agency_id": agency, "kind": "early_help",
            "urgency": "emergency", "fields": ANSWERS, "prefill": False,
            "chronology": {"choice": "chosen", "entries": [str(entry)]},
        }  # fmt: skip
        id_ = await a_draft(school, body)
        assert (await school.api(Role.DEPUTY_DSL).get(f"/v1/referrals/{id_}")).status_code == 200
        await classify(world, concern, "K5")
        refused = await school.api(Role.DEPUTY_DSL).get(f"/v1/referrals/{id_}")
        assert refused.status_code == 404

    async def test_refuses_entries_of_another_child(self, school: School, agency: str) -> None:
        other = await school.child("Sam")
        await a_concern(school, other)
        listed = (await school.lead.get(f"/v1/children/{other}/chronology")).json()["items"]
        body = {
            "child_id": str(await school.child()), "agency_id": agency, "kind": "early_help",
            "urgency": "routine", "prefill": False,
            "chronology": {"choice": "chosen", "entries": [listed[0]["id"]]},
        }  # fmt: skip
        answer = await school.lead.post("/v1/referrals", body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/chronology/entries/0"


class TestPassagesLeftOut:
    async def test_leave_by_no_other_text(self, world: World, school: School, agency: str) -> None:
        child, other = await school.child(), await school.child("Robin", "Vale")
        secret = "Robin Vale told me dad drinks"
        text = f"Seen. {secret} at night. Ann"
        concern = await a_concern(school, child, other, text=text)
        decided = {
            "kind": "support", "question": f"Tell that {secret}?", "options": [],
            "decision": f"No: {secret}", "reason": f"Ann said {secret.lower()}",
        }  # fmt: skip
        made = await school.lead.post(f"/v1/concerns/{concern}/decisions", decided)
        assert made.status_code == 201, made.text
        [(statement,), *_] = world.sql(
            "select id from account_statement where concern_id = %s order by position", concern
        )
        cuts = [
            {"statement_id": str(statement), "start": text.index(one),
             "end": text.index(one) + len(one), "reason": "medical"}
            for one in (secret, "Ann")
        ]  # fmt: skip
        include = ["account", "decisions"]
        item = {"kind": "concern", "id": concern, "include": include, "redactions": cuts}
        entries = await school.lead.get(f"/v1/children/{child}/chronology")
        ids = [one["id"] for one in entries.json()["items"]]
        body = await a_body(
            school, agency, child_id=str(child), concern_id=concern, items=[item], fields={},
            kind="childrens_social_care", prefill=True,
            chronology={"choice": "chosen", "entries": ids},
        )  # fmt: skip
        referral = await a_draft(school, body)
        contact = await a_contact(world, school, child)
        share = a_share(child, {"via": "contact", "contact_id": contact}) | {
            "items": [item], "purpose_detail": f"About this: {secret}. Ann",
        }  # fmt: skip
        drafted = await school.lead.post("/v1/shares", share)
        for path in (f"referrals/{referral}", f"shares/{drafted.json()['id']}"):
            seen = await school.lead.get(f"/v1/{path}/preview")
            assert seen.status_code == 200, seen.text
            assert "Tell that [redacted]?" in seen.text
            assert "dad drinks" not in seen.text, seen.text
            assert "Ann" not in seen.text, seen.text
