"""Requests to premises staff: what is to be done, never why."""

from app.core.words import Role
from tests.world import School, World


class TestSiteRequests:
    async def test_tells_who_sees_to_it_what_and_never_why(
        self, world: World, school: School
    ) -> None:
        keeper = await school.person(Role.STAFF, "Site Manager")
        body = {
            "place": "Top of the east stairs", "needs": "Lock the door", "reason": "Zyxglorp sat",
            "owner_id": str(keeper.id),
        }  # fmt: skip
        made = await school.lead.post("/v1/site-requests", body)
        assert made.status_code == 201, made.text
        path = f"/v1/site-requests/{made.json()['id']}"
        api = world.as_token(keeper.token)
        seen = await api.get(path)
        assert seen.json()["reason"] == "Needs attention; the reason is held by the lead."
        assert "Zyxglorp" not in seen.text
        assert (await school.lead.get(path)).json()["reason"] == "Zyxglorp sat"
        assert (await school.staff.get(path)).status_code == 404
        (task,) = (await api.get("/v1/tasks")).json()["items"]
        assert (task["kind"], task["child"]) == ("place_attention", None)
        done = await api.post(f"/v1/tasks/{task['id']}/complete", {}, version=1)
        assert done.status_code == 200

    async def test_goes_to_the_lead_or_to_somebody_here(
        self, school: School, other_school: School
    ) -> None:
        body = {"place": "Bridge", "needs": "Look at it"}
        assert (await school.lead.post("/v1/site-requests", body)).status_code == 201
        body["owner_id"] = str(other_school[Role.STAFF].id)
        answer = await school.lead.post("/v1/site-requests", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "site_request_owner_unsuitable")
