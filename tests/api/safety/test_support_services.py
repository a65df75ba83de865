"""Support services: numbers somebody has checked, those nobody has, and those always there."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from app.core import clock
from app.core.words import Role
from app.domain.safety.support_services.commands import ask_for_checks
from app.domain.safety.support_services.rules import national
from app.main import build_runtime
from tests.inconsistency import find_inconsistent
from tests.jobs.climbing import fresh
from tests.world import Api, School, World

COMPILED = ["999", "111", "116 123"]
PHONE = [{"kind": "phone", "contact": "01632 960001"}]


def today() -> date:
    """The day of the clock."""
    return clock.now().date()


async def add(api: Api, **fields: Any) -> Any:
    """Add a support service of the school's own, looked up today."""
    body = {
        "name": "Hill Top counsellor", "audiences": ["pupils"], "channels": PHONE,
        "checked_on": today().isoformat(),
    }  # fmt: skip
    return await api.post("/v1/support-services", body | fields)


async def here(api: Api, query: str = "") -> list[dict[str, Any]]:
    """What a school shows its people."""
    answer = await api.get(f"/v1/support-services/here{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def contacts(rows: list[dict[str, Any]]) -> list[str]:
    """The first contact of each."""
    return [row["channels"][0]["contact"] for row in rows]


def tasks_about(world: World, thing: str) -> list[tuple[UUID, str, str | None]]:
    """Owner, state and outcome of the tasks about a thing."""
    return world.sql(
        "select owner_id, state, outcome from task "
        "where about_id = %s and kind = 'support_service_check'"
        " order by id",
        thing,
    )


async def ask(world: World, school: School) -> int:
    """What the nightly job does in a school."""
    async with world.work(school.id) as work:
        return await ask_for_checks(work)


class TestPublic:
    async def test_t27_is_there_without_a_database_and_without_signing_in(
        self, world: World
    ) -> None:
        gone = SecretStr("postgresql://nobody@127.0.0.1:1/none")
        settings = world.runtime.settings.model_copy(update={"database_url": gone})
        broken = build_runtime(settings).database
        lender, world.runtime.database.lender = world.runtime.database.lender, broken.lender
        try:
            assert (await world.anybody.get("/readyz")).status_code == 503
            answer = await world.anybody.get("/v1/support-services")
        finally:
            world.runtime.database.lender = lender
        assert answer.status_code == 200
        rows = answer.json()["items"]
        assert contacts(rows)[:3] == COMPILED
        assert {"0800 1111", "85258"} <= {*contacts(rows)}

    async def test_t27_shows_old_checks_as_unconfirmed_and_the_compiled_ones_always(
        self, world: World
    ) -> None:
        async def confirmed() -> dict[str, bool]:
            items = (await world.anybody.get("/v1/support-services")).json()["items"]
            return {row["id"]: row["confirmed"] for row in items}

        with clock.shifted(timedelta(days=3)):
            now = await confirmed()
            assert now["childline"]
            assert now["emergency"]
        with clock.shifted(timedelta(days=200)):
            later = await confirmed()
        assert [name for name, holds in later.items() if holds] == [
            "emergency", "nhs111_mh", "samaritans",
        ]  # fmt: skip

    def test_ships_what_nobody_could_check_as_unconfirmed(self) -> None:
        rows = {row["id"]: row for row in national(date(2026, 11, 26))}
        unsure = {
            "hopeline247", "youngminds_parents", "education_support", "winstons_wish", "cbuk",
            "grief_encounter", "step_by_step",
        }  # fmt: skip
        assert {name for name, row in rows.items() if not row["confirmed"]} == unsure
        assert all(row["checked_on"] is None for name, row in rows.items() if name in unsure)

    def test_never_ships_a_check_that_holds_longer_than_half_a_year(self) -> None:
        for row in national(date(2026, 11, 26)):
            if row["check_by"] is not None:
                assert row["check_by"] - row["checked_on"] <= timedelta(days=180), row["id"]

    async def test_is_filtered_by_nation_and_audience(self, world: World) -> None:
        answer = await world.anybody.get("/v1/support-services?nation=scotland&audience=parents")
        ids = {row["id"] for row in answer.json()["items"]}
        assert {"emergency", "nhs111_mh", "samaritans", "youngminds_parents"} <= ids
        assert "childline" not in ids
        assert (await world.anybody.get("/v1/support-services?nation=atlantis")).status_code == 422

    async def test_says_that_its_words_are_drafts(self, world: World) -> None:
        rows = (await world.anybody.get("/v1/support-services")).json()["items"]
        assert {row["vocabulary_status"] for row in rows} == {
            "draft vocabulary, not yet clinically reviewed"
        }

    async def test_shows_nothing_of_a_school(self, world: World, school: School) -> None:
        assert (await add(school.lead, name="Only for Hill Top")).status_code == 201
        assert "Hill Top" not in (await world.anybody.get("/v1/support-services")).text


class TestSchool:
    async def test_shows_its_own_beside_the_national_ones(self, school: School) -> None:
        made = (await add(school.lead)).json()
        assert made["confirmed"] is True
        assert made["check_by"] == (today() + timedelta(days=180)).isoformat()
        rows = await here(school.staff)
        assert contacts(rows)[:4] == [*COMPILED, "01632 960001"]
        assert rows[3]["checked_by"]["id"] == str(school[Role.DSL].id)
        assert rows[3]["permissions"] == []
        assert "childline" in {row["id"] for row in rows}

    async def test_adopts_a_national_one_that_it_has_checked(self, school: School) -> None:
        body = {"national": "hopeline247", "checked_on": today().isoformat(), "hours": "24 hours"}
        made = await school.lead.post("/v1/support-services", body)
        assert made.status_code == 201, made.text
        found = [row for row in await here(school.staff) if row["id"] == "hopeline247"]
        assert [(row["origin"], row["confirmed"], row["hours"]) for row in found] == [
            ("adopted", True, "24 hours")
        ]
        assert found[0]["name"] == "HOPELINE247 (Papyrus)"
        again = await school.lead.post("/v1/support-services", body)
        assert (again.status_code, again.json()["code"]) == (409, "support_service_adopted")
        unknown = await school.lead.post("/v1/support-services", body | {"national": "emergency"})
        assert unknown.status_code == 422

    @pytest.mark.parametrize(
        ("checked", "by", "code"),
        [(0, 181, "too_far"), (1, 10, "in_future"), (0, -1, "too_early")],
    )
    async def test_refuses_days_that_promise_too_much(
        self, school: School, checked: int, by: int, code: str
    ) -> None:
        days = {
            "checked_on": (today() + timedelta(days=checked)).isoformat(),
            "check_by": (today() + timedelta(days=by)).isoformat(),
        }
        answer = await add(school.lead, **days)
        assert answer.status_code == 422
        assert [one["code"] for one in answer.json()["errors"]] == [code]

    async def test_takes_half_a_year_to_the_day(self, school: School) -> None:
        by = (today() + timedelta(days=180)).isoformat()
        assert (await add(school.lead, check_by=by)).status_code == 201

    async def test_needs_what_is_shown(self, school: School) -> None:
        answer = await school.lead.post("/v1/support-services", {"checked_on": today().isoformat()})
        pointers = [one["pointer"] for one in answer.json()["errors"]]
        assert (answer.status_code, pointers) == (422, ["/name", "/audiences", "/channels"])

    async def test_takes_no_new_number_that_nobody_looked_up(self, school: School) -> None:
        made = (await add(school.lead)).json()
        path, version = (
            f"/v1/support-services/{made['support_service_id']}",
            int(made["etag"].strip('"')),
        )
        new = {"channels": [{"kind": "phone", "contact": "01632 960002"}]}
        assert (await school.lead.patch(path, new, version=version)).status_code == 422
        words = await school.lead.patch(path, {"about": "In room 4."}, version=version)
        assert words.json()["about"] == "In room 4."
        looked = new | {"checked_on": today().isoformat()}
        stale = await school.lead.patch(path, looked, version=version)
        assert stale.status_code == 412
        good = await school.lead.patch(path, looked, version=int(words.json()["etag"].strip('"')))
        assert contacts([good.json()]) == ["01632 960002"]

    async def test_ends_one_and_shows_it_no_more(self, school: School) -> None:
        made = (await add(school.lead)).json()
        path = f"/v1/support-services/{made['support_service_id']}"
        ended = await school.lead.post(f"{path}/end", {"reason": "Closed."}, version=1)
        assert ended.json()["ended_at"] is not None
        assert made["id"] not in {row["id"] for row in await here(school.staff)}
        again = await school.lead.patch(path, {"about": "x"}, version=2)
        assert (again.status_code, again.json()["code"]) == (409, "support_service_ended")

    async def test_is_told_anew_to_whom_it_promises_something_else(
        self, world: World, school: School
    ) -> None:
        """And once its number is no longer looked up: nobody changed it."""
        path = f"/v1/support-services/{(await add(school.lead)).json()['id']}"
        first = await school.lead.get(path)
        known = {"If-None-Match": first.headers["etag"]}
        assert (await school.lead.get(path, headers=known)).status_code == 304
        assert (await school.staff.get(path, headers=known)).json()["permissions"] == []
        world.sql(
            "update support_service set checked_on = %s, check_by = %s where school_id = %s",
            today() - timedelta(days=9), today() - timedelta(days=1), school.id,
        )  # fmt: skip
        assert (await school.lead.get(path, headers=known)).status_code == 200
        headers = {"If-Match": first.headers["etag"]}
        done = await school.lead.patch(path, {"name": "Hill"}, headers=headers)
        assert done.status_code == 200, done.text

    async def test_is_no_other_schools(self, school: School, other_school: School) -> None:
        made = (await add(other_school.lead)).json()
        path = f"/v1/support-services/{made['support_service_id']}"
        assert (await school.lead.get(path)).status_code == 404
        assert (await school.lead.patch(path, {"about": "x"}, version=1)).status_code == 404
        assert made["id"] not in {row["id"] for row in await here(school.lead)}


class TestChecks:
    async def test_t27_one_past_its_check_is_unconfirmed_and_its_owner_has_a_task(
        self, world: World, school: School
    ) -> None:
        admin = school[Role.SCHOOL_ADMIN]
        made = (await add(school.lead, check_by=today().isoformat())).json()
        world.sql(
            "update support_service set checked_by = %s where school_id = %s", admin.id, school.id
        )
        assert await ask(world, school) == 0
        with clock.shifted(timedelta(days=2)):
            assert await ask(world, school) == 1
            assert await ask(world, school) == 0, "once for a check"
            rows = {row["id"]: row for row in await here(fresh(world, school[Role.STAFF]))}
            assert rows[made["id"]]["confirmed"] is False
            assert tasks_about(world, made["support_service_id"]) == [(admin.id, "open", None)]
            by_admin, lead = fresh(world, admin), fresh(world, school[Role.DSL])
            mine = (await by_admin.get("/v1/tasks?mine=true")).json()["items"]
            task = next(one for one in mine if one["kind"] == "support_service_check")
            assert (task["child"], task["about"]["id"]) == (None, made["support_service_id"])
            closed = await by_admin.post(f"/v1/tasks/{task['id']}/complete", {}, version=1)
            assert closed.json()["code"] == "task_of_record"
            path = f"/v1/support-services/{made['support_service_id']}"
            looked = {"checked_on": today().isoformat()}
            again = await lead.patch(path, looked, version=1)
            assert again.json()["confirmed"] is True
            assert tasks_about(world, made["support_service_id"]) == [(admin.id, "done", "checked")]
            async with world.work(school.id) as work:
                assert not await find_inconsistent(await work.driver(), school.id)

    async def test_goes_to_a_lead_where_whoever_looked_has_left(
        self, world: World, school: School
    ) -> None:
        deputy = await school.person(Role.DEPUTY_DSL)
        api = world.as_token(deputy.token)
        made = (await add(api, check_by=today().isoformat())).json()
        world.sql("update staff set suspended_at = now() where id = %s", deputy.id)
        with clock.shifted(timedelta(days=2)):
            assert await ask(world, school) == 1
            ((owner, state, _),) = tasks_about(world, made["support_service_id"])
            assert (owner, state) == (school[Role.DSL].id, "open")
            end = {"reason": "Not needed."}
            path = f"/v1/support-services/{made['support_service_id']}/end"
            lead = fresh(world, school[Role.DSL])
            assert (await lead.post(path, end, version=1)).status_code == 200
            assert tasks_about(world, made["support_service_id"])[0][1] == "done"

    async def test_asks_for_authority_contacts_too(self, world: World, school: School) -> None:
        contacts = {"checked_on": today().isoformat(), "check_by": today().isoformat()}
        path = "/v1/authority-contacts/E10000016"
        assert (await school.lead.request("PUT", path, json=contacts, version=0)).status_code == 200
        with clock.shifted(timedelta(days=2)):
            assert await ask(world, school) == 1
            assert (await fresh(world, school[Role.STAFF]).get(path)).json()["confirmed"] is False
            looked = {"checked_on": today().isoformat()}
            again = await fresh(world, school[Role.DSL]).request(
                "PUT", path, json=looked, version=1
            )
            assert again.json()["confirmed"] is True
            assert await ask(world, school) == 0


class TestAuthorityContacts:
    async def test_says_whom_to_call_first_and_what_not_to_do_yet(self, school: School) -> None:
        contacts = {
            "call_first": [
                {"name": "Emergency planning duty officer", "number": "01632 960010",
                 "hours": "Day and night", "note": "Before anybody but 999"},
            ],
            "do_not_yet": ["Write to parents"],
            "mash": {"name": "Front Door", "number": "01632 960011", "hours": "Weekdays 9 to 17"},
            "edt": {"name": "Night Team", "number": "01632 960012", "hours": "Nights and weekends"},
            "local_crisis": {"name": "Crisis Line", "number": "01632 960013"},
            "school_number": {"name": "Reception", "number": "01632 960014"},
            "checked_on": today().isoformat(),
        }  # fmt: skip
        path = "/v1/authority-contacts/E10000021"
        assert (await school.staff.get(path)).status_code == 404
        made = await school.lead.request("PUT", path, json=contacts, version=0)
        assert made.status_code == 200, made.text
        found = (await school.staff.get(path)).json()
        assert found["call_first"][0]["name"] == "Emergency planning duty officer"
        assert found["do_not_yet"] == ["Write to parents"]
        assert found["edt"]["number"] == "01632 960012"
        assert found["confirmed"] is True
        stale = await school.lead.request("PUT", path, json=contacts, version=0)
        assert stale.status_code == 412
        listed = (await school.staff.get("/v1/authority-contacts")).json()["items"]
        assert [one["authority"] for one in listed] == ["E10000021"]

    async def test_is_no_other_schools(self, school: School, other_school: School) -> None:
        contacts = {"checked_on": today().isoformat()}
        path = "/v1/authority-contacts/E10000030"
        await other_school.lead.request("PUT", path, json=contacts, version=0)
        assert (await school.lead.get(path)).status_code == 404

    async def test_is_set_by_who_looks_numbers_up(self, school: School) -> None:
        contacts = {"checked_on": today().isoformat()}
        for role in (Role.STAFF, Role.HEADTEACHER):
            answer = await school.api(role).request(
                "PUT", "/v1/authority-contacts/E1", json=contacts, version=0
            )
            assert answer.status_code == 403
