"""Calendars of schools: read, changed as versions, checked, and shown day by day."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.words import Role
from tests.world import School, World

TERMS = [
    {"name": "Autumn 1", "starts_on": "2026-09-02", "ends_on": "2026-10-23"},
    {"name": "Autumn 2", "starts_on": "2026-11-02", "ends_on": "2026-12-18"},
    {"name": "Spring", "starts_on": "2027-01-04", "ends_on": "2027-03-25"},
]


def path(school: School, more: str = "") -> str:
    """Where the calendar of a school is."""
    return f"/v1/schools/{school.id}/calendar{more}"


async def change(
    school: School, version: int = 0, role: Role = Role.SCHOOL_ADMIN, **fields: Any
) -> httpx.Response:
    """Change the calendar, as the school's administrator if nothing else is said."""
    return await school.api(role).patch(path(school), fields, version=version)


def problems(answer: httpx.Response) -> list[tuple[str, str]]:
    """What is wrong, by pointer and code."""
    assert answer.status_code == 422, answer.text
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]


class TestGetCalendar:
    async def test_answers_defaults_where_nobody_made_one(self, school: School) -> None:
        answer = await school.staff.get(path(school))
        assert answer.status_code == 200
        assert answer.headers["ETag"].startswith('"0-')
        found = answer.json()
        assert (found["opens"], found["closes"], found["zone"]) == (
            "08:30", "16:00", "Europe/London",
        )  # fmt: skip
        assert found["terms"] == found["days"] == []
        assert found["changed_at"] is None
        assert found["permissions"] == []

    async def test_tells_who_may_change_it(self, school: School) -> None:
        for role in (Role.DSL, Role.HEADTEACHER, Role.SCHOOL_ADMIN):
            found = (await school.api(role).get(path(school))).json()
            assert found["permissions"] == ["update_calendar"]

    async def test_is_not_sent_again_to_who_has_it(self, school: School) -> None:
        tag = (await school.staff.get(path(school))).headers["ETag"]
        answer = await school.staff.get(path(school), headers={"If-None-Match": tag})
        assert answer.status_code == 304

    async def test_hides_another_school(self, school: School, other_school: School) -> None:
        for more in ("", "/versions", "/days?since=2026-11-01&until=2026-11-02"):
            answer = await school.lead.get(path(other_school, more))
            assert answer.status_code == 404
            assert answer.json()["code"] == "school_not_found"


class TestChangeCalendar:
    async def test_makes_a_version_and_leaves_a_trace(self, world: World, school: School) -> None:
        answer = await change(school, opens="08:45", terms=TERMS)
        assert answer.status_code == 200, answer.text
        assert answer.headers["ETag"] == '"1"'
        found = answer.json()
        assert (found["version"], found["opens"], found["terms"]) == (1, "08:45", TERMS)
        assert found["changed_by"]["id"] == str(school[Role.SCHOOL_ADMIN].id)
        second = await change(school, 1, opens=None, days=[{"on": "2026-11-27", "kind": "inset"}])
        assert second.json()["opens"] == "08:30"
        assert second.json()["terms"] == TERMS
        rows = world.sql(
            "select details->>'number', details->>'fields' from trail "
            "where school_id = %s and verb = 'calendar.changed' order by seq",
            school.id,
        )
        assert rows == [("1", '["opens", "terms"]'), ("2", '["days", "opens"]')]

    async def test_leaves_the_version_before_as_it_was(self, world: World, school: School) -> None:
        await change(school, terms=TERMS)
        await change(school, 1, terms=TERMS[:1])
        kept = world.sql(
            "select content->'terms' from school_calendar where school_id = %s order by number",
            school.id,
        )
        assert kept == [(TERMS,), (TERMS[:1],)]

    async def test_makes_no_version_of_a_change_of_nothing(self, school: School) -> None:
        await change(school, terms=TERMS)
        again = await change(school, 1, terms=TERMS)
        assert again.headers["ETag"] == '"1"'

    async def test_tells_leads_and_heads_of_quiet_hours_and_limits(
        self, world: World, school: School
    ) -> None:
        def told() -> list[UUID]:
            rows = world.sql(
                "select recipient_id from alert where school_id = %s and kind = 'calendar_changed'",
                school.id,
            )
            return sorted(person for (person,) in rows)

        assert (await change(school, terms=TERMS)).status_code == 200
        assert (await change(school, 1, quiet_from="17:30")).status_code == 200
        leads = sorted(school[r].id for r in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER))
        assert told() == leads
        two = {"calendar": "working_day", "days": 2}
        assert (await change(school, 2, limits={"share.follow_up": two})).status_code == 200
        assert told() == leads
        times = world.sql(
            "select distinct times from alert where school_id = %s and kind = 'calendar_changed'",
            school.id,
        )
        assert times == [(3,)]

    async def test_lets_a_longer_notice_before_a_conference(self, school: School) -> None:
        five = {"calendar": "working_day", "days": 5}
        assert (await change(school, limits={"conference.report": five})).status_code == 200

    async def test_merges_limits_one_by_one(self, school: School) -> None:
        two = {"calendar": "working_day", "days": 2}
        await change(school, limits={"csc.written_confirm": two, "share.follow_up": two})
        answer = await change(school, 1, limits={"csc.written_confirm": None})
        assert answer.json()["limits"] == {
            "share.follow_up": {
                **two, "minutes": 0, "months": 0, "until": "closes", "early": 0,
                "before": False,
            }
        }  # fmt: skip

    async def test_refuses_stale_and_missing_if_match(self, school: School) -> None:
        stale = await change(school, 3, opens="09:00")
        admin = school.api(Role.SCHOOL_ADMIN)
        missing = await admin.patch(path(school), {"opens": "09:00"})
        assert (stale.status_code, missing.status_code) == (412, 428)

    async def test_refuses_who_may_not(self, school: School, other_school: School) -> None:
        for role in (Role.STAFF, Role.PASTORAL, Role.DEPUTY_DSL, Role.GOVERNOR):
            answer = await school.api(role).patch(path(school), {"opens": "09:00"}, version=0)
            assert answer.status_code == 403
        elsewhere = await school.lead.patch(path(other_school), {"opens": "09:00"}, version=0)
        assert elsewhere.status_code == 404

    @pytest.mark.parametrize(
        ("fields", "pointer", "code"),
        [
            ({"zone": "Europe/Atlantis"}, "/zone", "unknown_zone"),
            ({"zone": "../etc/passwd"}, "/zone", "unknown_zone"),
            ({"opens": "15:30"}, "/closes", "day_too_short"),
            ({"quiet_from": "07:00"}, "/quiet_until", "quiet_equal"),
            (
                {"quiet_from": "07:01"}, "/quiet_until", "quiet_too_long",
            ),
            ({"quiet_from": "16:59"}, "/quiet_until", "quiet_too_long"),
            ({"quiet_until": "08:31"}, "/quiet_until", "quiet_in_school_hours"),
            (
                {"quiet_from": "15:59", "quiet_until": "05:30"},
                "/quiet_from", "quiet_in_school_hours",
            ),
            (
                {"quiet_from": "12:00", "quiet_until": "13:00"},
                "/quiet_from", "quiet_in_school_hours",
            ),
            ({"opens": "06:30"}, "/quiet_until", "quiet_in_school_hours"),
            (
                {"limits": {"strategy.discussion": {"calendar": "working_day", "days": 4}}},
                "/limits/strategy.discussion", "limit_too_long",
            ),
            (
                {"limits": {"conference.report": {"calendar": "working_day", "days": 1}}},
                "/limits/conference.report", "limit_too_long",
            ),
            (
                {"terms": [{**TERMS[0], "ends_on": "2026-09-01"}]},
                "/terms/0/ends_on", "term_ends_before",
            ),
            (
                {"terms": [TERMS[1], {**TERMS[0], "ends_on": "2026-11-02"}]},
                "/terms/0/starts_on", "terms_overlap",
            ),
            (
                {"terms": [{**TERMS[0], "ends_on": "2027-10-23"}]},
                "/terms/0/ends_on", "term_too_long",
            ),
            (
                {"terms": [{**TERMS[0], "starts_on": "1926-09-02"}]},
                "/terms/0/starts_on", "date_out_of_range",
            ),
            (
                {"days": [{"on": "2026-11-27", "kind": "inset"},
                          {"on": "2026-11-27", "kind": "closed"}]},
                "/days/1/on", "day_twice",
            ),
            (
                {"days": [{"on": f"2026-11-{day}", "kind": "bank_holiday"}
                          for day in range(10, 16)]},
                "/days/5/kind", "too_many_bank_holidays",
            ),
            (
                {"limits": {"no.such": {"calendar": "clock", "minutes": 5}}},
                "/limits/no.such", "unknown_rule",
            ),
            (
                {"limits": {"csc.decision": {"calendar": "working_day", "days": 3}}},
                "/limits/csc.decision", "limit_fixed",
            ),
            (
                {"limits": {"csc.written_confirm": {"calendar": "working_day", "days": 3}}},
                "/limits/csc.written_confirm", "limit_too_long",
            ),
            (
                {"limits": {"csc.written_confirm": {"calendar": "clock"}}},
                "/limits/csc.written_confirm", "limit_unsuitable",
            ),
            (
                {"limits": {"csc.written_confirm": {"calendar": "working_day", "minutes": 5}}},
                "/limits/csc.written_confirm", "limit_unsuitable",
            ),
        ],
    )  # fmt: skip
    async def test_points_at_what_is_wrong(
        self, school: School, fields: dict[str, Any], pointer: str, code: str
    ) -> None:
        assert (pointer, code) in problems(await change(school, **fields))

    @pytest.mark.parametrize(
        "fields",
        [
            {"opens": "8:30"},
            {"opens": "25:00"},
            {"nation": "wales"},
            {"days": [{"on": "2026-11-27", "kind": "weekend"}]},
            {"limits": {"concern.review": {"calendar": "lunar"}}},
            {"terms": [{**TERMS[0], "name": " "}]},
            {"limits": {"\x00": {"calendar": "clock", "minutes": 5}}},
            {"limits": {"a/b~": {"calendar": "clock", "minutes": 5}}},
        ],
    )
    async def test_refuses_what_is_no_calendar(
        self, school: School, fields: dict[str, Any]
    ) -> None:
        assert (await change(school, **fields)).status_code == 422


class TestListCalendarVersions:
    async def test_shows_who_changed_it_when_page_by_page(self, school: School) -> None:
        await change(school, terms=TERMS)
        await school.lead.patch(path(school), {"opens": "09:00"}, version=1)
        await change(school, 2, opens="08:00")
        first = (await school.staff.get(path(school, "/versions?limit=2"))).json()
        rest = (
            await school.staff.get(path(school, f"/versions?limit=2&cursor={first['next']}"))
        ).json()
        found = [*first["items"], *rest["items"]]
        assert [(one["version"], one["opens"]) for one in found] == [
            (3, "08:00"), (2, "09:00"), (1, "08:30"),
        ]  # fmt: skip
        assert found[1]["changed_by"]["id"] == str(school[Role.DSL].id)
        assert found[0]["nation"] == "england"
        assert rest["next"] is None


class TestListCalendarDays:
    async def test_names_each_day(self, school: School) -> None:
        await change(school, terms=TERMS, days=[{"on": "2026-11-27", "kind": "inset"}])
        answer = await school.staff.get(path(school, "/days?since=2026-12-18&until=2026-12-28"))
        found = {day["on"]: day for day in answer.json()["items"]}
        assert len(found) == 11
        assert found["2026-12-18"] == {
            "on": "2026-12-18", "kind": "school_day", "working_day": True,
            "bank_holiday": None, "term": "Autumn 2",
        }  # fmt: skip
        assert (found["2026-12-21"]["kind"], found["2026-12-21"]["term"]) == ("holiday", None)
        assert found["2026-12-25"]["bank_holiday"] == "Christmas Day"
        assert not found["2026-12-28"]["working_day"]
        inset = await school.staff.get(path(school, "/days?since=2026-11-27&until=2026-11-27"))
        assert inset.json()["items"][0]["kind"] == "inset"

    async def test_answers_400_days_and_no_more(self, school: School) -> None:
        most = await school.staff.get(path(school, "/days?since=2026-01-01&until=2027-02-04"))
        assert len(most.json()["items"]) == 400
        more = await school.staff.get(path(school, "/days?since=2026-01-01&until=2027-02-05"))
        back = await school.staff.get(path(school, "/days?since=2026-01-02&until=2026-01-01"))
        assert problems(more) == problems(back) == [("/query/until", "span_unsuitable")]
        for span in ("since=0001-01-01&until=0001-01-02", "since=9999-12-30&until=9999-12-31"):
            far = await school.staff.get(path(school, f"/days?{span}"))
            assert [where for where, _ in problems(far)] == ["/query/since", "/query/until"]
        odd = await school.staff.get(path(school, "/days?since=2026-01-01&until=2026-01-02&x=1"))
        assert odd.status_code == 422
