"""Entries of earlier systems: who sees them, and taking up what was still open."""

import pytest

from app.core.words import Role
from tests.past import Past, csv_of, row, upn
from tests.world import World


@pytest.fixture
async def past(world: World) -> Past:
    return Past(await world.a_school())


class TestSight:
    async def test_is_that_of_a_concern_of_the_class(self, past: Past) -> None:
        child = await past.child(1)
        await past.bring(
            csv_of(
                row("4", f"upn:{upn(1)}", confidentiality="K4"),
                row("5", f"upn:{upn(1)}", confidentiality="K5"),
            )
        )
        seen = {
            role: len((await past.school.api(role).get("/v1/past-entries")).json().get("items", ()))
            for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.PASTORAL)
        }
        assert seen == {Role.DSL: 2, Role.DEPUTY_DSL: 1, Role.HEADTEACHER: 1, Role.PASTORAL: 0}
        assert (await past.school.staff.get("/v1/past-entries")).status_code == 403
        deputy = past.school.api(Role.DEPUTY_DSL)
        listed = (await deputy.get(f"/v1/children/{child}/chronology")).json()["items"]
        assert [entry["visibility"]["confidentiality"] for entry in listed] == ["K4"]
        sealed = past.sql("select id from past_entry where confidentiality = 'K5'"
                          " and school_id = %s", past.school.id)[0][0]  # fmt: skip
        assert (await deputy.get(f"/v1/past-entries/{sealed}")).status_code == 404

    async def test_a_relative_of_any_of_the_children_sees_it_nowhere(self, past: Past) -> None:
        one, other = await past.child(1, "Ann"), await past.child(2, "Bea")
        await past.bring(csv_of(row("1", f"upn:{upn(1)};linked=upn:{upn(2)}")))
        declared = await past.lead.post(
            "/v1/conflicts",
            {"staff_id": str(past.school[Role.DEPUTY_DSL].id), "child_id": str(other),
             "reason": "Her aunt."},
        )  # fmt: skip
        assert declared.status_code in (200, 201), declared.text
        deputy = past.school.api(Role.DEPUTY_DSL)
        assert (await deputy.get("/v1/past-entries")).json()["items"] == []
        assert (await deputy.get(f"/v1/children/{one}/chronology")).json()["items"] == []

    async def test_another_school_sees_nothing(self, past: Past, world: World) -> None:
        await past.child(1)
        found = await past.bring(csv_of(row("1", f"upn:{upn(1)}")))
        stranger = (await world.a_school()).lead
        entry = past.entries()[0][0]
        assert (await stranger.get(f"/v1/past-entries/{entry}")).status_code == 404
        assert (await stranger.get(f"/v1/imports/{found['id']}")).status_code == 404


class TestClassOfWhatIsTakenUp:
    @pytest.mark.parametrize(
        ("kept", "made"), [("K2", "K3"), ("K3", "K3"), ("K4", "K4"), ("K5", "K5")]
    )
    async def test_the_concern_is_as_closed_as_the_entry(
        self, past: Past, kept: str, made: str
    ) -> None:
        await past.child(1)
        await past.bring(
            csv_of(row("1", f"upn:{upn(1)}", open="true", confidentiality=kept)),
            confidentiality="K2",
        )
        (card,) = (await past.lead.get("/v1/past-entries?state=open")).json()["items"]
        assert card["confidentiality"] == kept
        taken = await past.lead.post(
            f"/v1/past-entries/{card['id']}/take-up", {"immediacy": "today"}, version=1
        )
        assert taken.status_code == 200, taken.text
        concern = taken.json()["followed_by"]
        opened = (await past.lead.get(f"/v1/concerns/{concern}")).json()
        assert opened["confidentiality"] == made
        seen = 404 if made == "K5" else 200
        deputy = past.school.api(Role.DEPUTY_DSL)
        assert (await deputy.get(f"/v1/concerns/{concern}")).status_code == seen
        told = past.sql("select recipient_id from alert where matter_id = %s", concern)
        lead, second = past.school[Role.DSL].id, past.school[Role.DEPUTY_DSL].id
        assert (lead,) in told
        assert ((second,) in told) is (made != "K5")
        owner = past.sql("select owner_id from concern where id = %s", concern)
        assert owner == [(past.school[Role.DSL].id,)]
        classes = past.sql(
            "select confidentiality from chronology_entry where thing_id = %s", concern
        )
        assert classes == [(made,)]

    async def test_one_about_several_children_is_as_closed_as_the_most_closed(
        self, past: Past
    ) -> None:
        await past.child(1, "Ann")
        await past.child(2, "Bea")
        await past.bring(
            csv_of(row("1", f"upn:{upn(1)};linked=upn:{upn(2)}", open="true", confidentiality="K4"))
        )
        past.sql(
            "update past_entry set confidentiality = 'K5' where id = (select id from past_entry"
            " where school_id = %s order by id desc limit 1)", past.school.id,
        )  # fmt: skip
        cards = (await past.lead.get("/v1/past-entries?state=open")).json()["items"]
        milder = next(card for card in cards if card["confidentiality"] == "K4")
        taken = await past.lead.post(
            f"/v1/past-entries/{milder['id']}/take-up", {"immediacy": "today"}, version=1
        )
        assert taken.status_code == 200, taken.text
        made = past.sql(
            "select confidentiality from concern where id = %s", taken.json()["followed_by"]
        )
        assert made == [("K5",)]

    async def test_without_a_reader_the_head_and_administrators_learn_of_it(
        self, past: Past
    ) -> None:
        await past.child(1)
        await past.bring(csv_of(row("1", f"upn:{upn(1)}", open="true", confidentiality="K5")))
        (card,) = (await past.lead.get("/v1/past-entries?state=open")).json()["items"]
        leads = past.sql(
            "select distinct m.staff_id from membership m where m.school_id = %s"
            " and m.role = 'dsl'", past.school.id,
        )  # fmt: skip
        body = {"immediacy": "today", "staff_named": [str(person) for (person,) in leads]}
        taken = await past.lead.post(f"/v1/past-entries/{card['id']}/take-up", body, version=1)
        assert taken.status_code == 200, taken.text
        [(concern,)] = past.sql("select followed_by from past_entry where id = %s", card["id"])
        told = past.sql("select recipient_id from alert where matter_id = %s", concern)
        head = past.school[Role.HEADTEACHER].id
        assert told == [(head,)]
        assert past.sql("select owner_id from concern where id = %s", concern) == [(head,)]


class TestTakeUp:
    async def test_a_concern_follows_what_was_still_open(self, past: Past) -> None:
        child = await past.child(1)
        await past.bring(csv_of(row("1", f"upn:{upn(1)}", open="true"), row("2", f"upn:{upn(1)}")))
        (card,) = (await past.lead.get("/v1/past-entries?state=open")).json()["items"]
        address = f"/v1/past-entries/{card['id']}"
        body = {"immediacy": "today", "account": "We are still worried."}
        taken = await past.lead.post(f"{address}/take-up", body, version=1)
        assert taken.status_code == 200, taken.text
        for state, found in (("open", 0), ("taken_up", 1), ("closed", 1)):
            listed = await past.lead.get(f"/v1/past-entries?state={state}")
            assert [one["state"] for one in listed.json()["items"]] == [state] * found
        assert taken.json()["state"] == "taken_up"
        concern = taken.json()["followed_by"]
        opened = (await past.lead.get(f"/v1/concerns/{concern}")).json()
        assert [one["text"] for one in opened["account"]] == [
            "Came without a coat.", "We are still worried.",
        ]  # fmt: skip
        assert opened["children"][0]["id"] == str(child)
        again = await past.lead.post(f"{address}/take-up", body, version=2)
        assert again.json()["code"] == "past_entry_not_open"
        listed = await past.lead.get(f"/v1/past-entries?followed_by={concern}")
        assert len(listed.json()["items"]) == 1
