"""Signing in, staying signed in and signing out."""

from app.core.words import Role
from tests.world import PASSWORD, School, World


class TestIssueToken:
    async def test_signs_in_with_a_password(self, world: World, school: School) -> None:
        teacher = school[Role.STAFF]
        await world.set_password(teacher)
        answer = await world.anybody.request(
            "POST",
            "/v1/auth/token",
            data={
                "grant_type": "password",
                "username": teacher.email.upper(),
                "password": PASSWORD,
            },
        )
        assert answer.status_code == 200
        me = await world.as_token(answer.json()["access_token"]).get("/v1/me")
        assert me.json()["id"] == str(teacher.id)
        assert me.json()["memberships"][0]["organisation_id"] == str(school.id)
