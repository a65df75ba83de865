"""What is said after a death: written by one, read by another, sent by people, amended by new."""

from typing import Any

from app.core import clock
from app.core.words import Role
from tests.bereavement import PATH, code_of, opened
from tests.world import Api, School, World


async def words(api: Api, case: str, **fields: Any) -> dict[str, Any]:
    """Words to be said to families."""
    body = {"audience": "families", "text": "A pupil died suddenly.", "names_cause": False}
    answer = await api.post(f"{PATH}/{case}/communications", body | fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def sent() -> dict[str, Any]:
    """That somebody sent the words."""
    return {"route": "Letter home", "happens_at": clock.now().isoformat()}


class TestCommunications:
    async def test_count_when_another_person_has_read_them(self, school: School) -> None:
        case = (await opened(school, await school.child()))["id"]
        one = await words(school.lead, case)
        path = f"{PATH}/{case}/communications/{one['id']}"
        assert code_of(await school.lead.post(f"{path}/record-sending", sent())) == (
            409, "communication_not_read"
        )  # fmt: skip
        assert code_of(await school.lead.post(f"{path}/approve")) == (403, "another_person_reads")
        read = await school.api(Role.HEADTEACHER).post(f"{path}/approve")
        assert (read.status_code, read.json()["about_id"]) == (201, one["id"])
        done = await school.lead.post(f"{path}/record-sending", sent())
        assert (done.status_code, done.json()["route"]) == (201, "Letter home")

    async def test_name_a_cause_only_where_family_and_police_agreed(self, school: School) -> None:
        case = (await opened(school, await school.child()))["id"]
        one = await words(school.lead, case, text="She took her own life.", names_cause=True)
        path = f"{PATH}/{case}/communications/{one['id']}"
        await school.api(Role.HEADTEACHER).post(f"{path}/approve")
        assert code_of(await school.lead.post(f"{path}/record-sending", sent())) == (
            409,
            "cause_not_agreed",
        )
        cause, at = f"{PATH}/{case}/cause-wording", clock.now().isoformat()
        family = {"who": "family", "name": "Kim Marsh", "at": at}
        police = {"who": "police", "name": "Sergeant Roe", "at": at}
        body: dict[str, Any] = {"wording": "took her own life", "approvals": [family]}
        for approvals in ([], [family], [police]):
            refused = await school.lead.post(cause, body | {"approvals": approvals}, version=2)
            assert code_of(refused) == (409, "cause_not_agreed")
        agreed = await school.lead.post(cause, body | {"approvals": [family, police]}, version=2)
        assert agreed.json()["cause_wording"] == "took her own life"
        assert {one["who"] for one in agreed.json()["cause_approvals"]} == {"family", "police"}
        assert (await school.lead.post(f"{path}/record-sending", sent())).status_code == 201
        back = await school.lead.post(cause, {"wording": "died suddenly"}, version=3)
        assert back.json()["cause_approvals"] == [], "the usual words need nobody's yes"

    async def test_are_replaced_by_new_words_that_are_read_again(self, school: School) -> None:
        case = (await opened(school, await school.child()))["id"]
        head = school.api(Role.HEADTEACHER)
        one = await words(school.lead, case)
        path = f"{PATH}/{case}/communications"
        await head.post(f"{path}/{one['id']}/approve")
        new = await words(
            school.lead, case, text="Other words.", amends_id=one["id"], reason="The family asked."
        )
        assert code_of(await school.lead.post(f"{path}/{one['id']}/record-sending", sent())) == (
            409, "bereavement_entry_amended"
        )  # fmt: skip
        assert code_of(await school.lead.post(f"{path}/{new['id']}/record-sending", sent())) == (
            409, "communication_not_read"
        )  # fmt: skip

    async def test_are_written_and_read_by_the_team(self, world: World, school: School) -> None:
        case = (await opened(school, await school.child()))["id"]
        teacher = await school.person(Role.STAFF)
        api, path = world.as_token(teacher.token), f"{PATH}/{case}"
        body = {"audience": "pupils", "text": "x", "names_cause": False}
        assert (await api.post(f"{path}/communications", body)).status_code == 404
        member = {"role": "communications", "staff_id": str(teacher.id)}
        await school.lead.post(f"{path}/team", member)
        one = await words(school.lead, case)
        read = await api.post(f"{path}/communications/{one['id']}/approve")
        assert read.status_code == 201, read.text
        refused = await api.post(f"{path}/affected", {"staff_id": str(teacher.id)})
        assert code_of(refused) == (403, "permission_missing")

    async def test_nothing_is_mailed_by_them(self, world: World, school: School) -> None:
        case = (await opened(school, await school.child()))["id"]
        asked = (
            "select count(*) from procrastinate_jobs"
            " where args ->> 'school_id' = %s and task_name like 'recipient%%'"
        )
        before = world.sql(asked, str(school.id))
        one = await words(school.lead, case)
        path = f"{PATH}/{case}/communications/{one['id']}"
        await school.api(Role.HEADTEACHER).post(f"{path}/approve")
        await school.lead.post(f"{path}/record-sending", sent())
        assert world.sql(asked, str(school.id)) == before


class TestEntries:
    async def test_are_kept_and_amended_by_new_ones(self, world: World, school: School) -> None:
        case = (await opened(school, await school.child()))["id"]
        path = f"{PATH}/{case}/entries"
        rumour = {"kind": "rumour", "text": "That it was on the news.", "found": "It was not."}
        one = (await school.lead.post(path, rumour)).json()
        assert (one["found"], one["answered"]) == ("It was not.", None)
        more = rumour | {"answered": "Told the year group.", "amends_id": one["id"]}
        without = await school.lead.post(path, more)
        assert without.status_code == 422
        two = await school.lead.post(path, more | {"reason": "Answered since."})
        assert two.status_code == 201, two.text
        again = await school.lead.post(path, more | {"reason": "Answered since."})
        assert code_of(again) == (409, "bereavement_entry_amended")
        other = await school.lead.post(
            path, {"kind": "media", "text": "x", "amends_id": two.json()["id"], "reason": "x"}
        )
        assert other.status_code == 422
        found = (await school.lead.get(f"{path}?kind=rumour")).json()["items"]
        assert [(one["id"], one["amended_by_id"]) for one in found] == [
            (two.json()["id"], None), (one["id"], two.json()["id"])
        ]  # fmt: skip
        granted = world.sql(
            "select distinct privilege_type from information_schema.role_table_grants "
            "where table_name = 'bereavement_entry' and grantee = 'cairn_app'"
        )
        assert {one for (one,) in granted} == {"SELECT", "INSERT"}

    async def test_keep_what_was_asked_told_and_given_back(self, school: School) -> None:
        case = (await opened(school, await school.child()))["id"]
        path = f"{PATH}/{case}/entries"
        for body in (
            {"kind": "media", "text": "A reporter rang.", "referred_to": "The council's office"},
            {"kind": "other_school", "text": "By telephone.", "school": "Hill", "person": "Ms Roe"},
            {"kind": "funeral", "text": "Private.", "happens_at": clock.now().isoformat()},
            {"kind": "tribute", "text": "A book, until the end of term."},
            {"kind": "belongings", "text": "Her coat.", "person": "Her aunt"},
            {"kind": "roll_and_mailing", "text": "Off every list."},
            {"kind": "coroner", "text": "Asked for the record."},
        ):  # fmt: skip
            answer = await school.lead.post(path, body)
            assert answer.status_code == 201, answer.text
        first = (await school.lead.get(f"{path}?limit=4")).json()
        rest = (await school.lead.get(f"{path}?limit=4&cursor={first['next']}")).json()
        kinds = [one["kind"] for one in first["items"] + rest["items"]]
        assert kinds == [
            "coroner", "roll_and_mailing", "belongings", "tribute", "funeral", "other_school",
            "media",
        ]  # fmt: skip

    async def test_of_another_case_are_not_reached(
        self, school: School, other_school: School
    ) -> None:
        case = (await opened(school, await school.child()))["id"]
        theirs = (await opened(other_school, await other_school.child()))["id"]
        one = await words(school.lead, case)
        path = f"{PATH}/{theirs}/communications/{one['id']}/approve"
        assert (await other_school.lead.post(path)).status_code == 404
        own = (await opened(school, await school.child("Bo", "Reed")))["id"]
        wrong = await school.api(Role.HEADTEACHER).post(
            f"{PATH}/{own}/communications/{one['id']}/approve"
        )
        assert code_of(wrong) == (404, "bereavement_part_not_found")
