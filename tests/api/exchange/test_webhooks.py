"""Endpoints: adding, changing, rotating, testing and removing them."""

import asyncio
import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.world import Api, School, World

URL = "https://receiver.example/hook"


async def add(api: Api, **fields: Any) -> dict[str, Any]:
    """An endpoint that was added."""
    answer = await api.post("/v1/webhooks", {"url": URL, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def verbs(world: World, id_: str) -> list[str]:
    """What the trail says of an endpoint."""
    rows = world.sql("select verb from trail where noun_id = %s order by xid, seq", id_)
    return [verb for (verb,) in rows]


def problem(answer: httpx.Response) -> tuple[str, str]:
    """Pointer and code of the first fault."""
    assert answer.status_code == 422, answer.text
    first = answer.json()["errors"][0]
    return first["pointer"], first["code"]


@pytest.fixture
def admin(school: School) -> Api:
    return school.api(Role.SCHOOL_ADMIN)


class TestAddWebhook:
    async def test_shows_its_secret_this_once(
        self, world: World, school: School, admin: Api
    ) -> None:
        made = await add(admin, kinds=["staff.added", "roster.applied"], description="SIS")
        assert made["secret"].startswith("whsec_")
        assert len(base64.b64decode(made["secret"].removeprefix("whsec_"))) == 32
        assert made["kinds"] == ["roster.applied", "staff.added"]
        assert (made["state"], made["waiting"]) == ("active", 0)
        person = str(school[Role.SCHOOL_ADMIN].id)
        assert made["owner"]["id"] == person
        sees_as = made["sees_as"]
        assert (sees_as["person"]["id"], sees_as["role"]) == (person, "school_admin")
        read = await admin.get(f"/v1/webhooks/{made['id']}")
        assert "secret" not in read.json()
        assert verbs(world, made["id"]) == ["webhook.added"]

    async def test_keeps_the_secret_sealed_only(self, world: World, admin: Api) -> None:
        made = await add(admin)
        key = base64.b64decode(made["secret"].removeprefix("whsec_"))
        rows = world.sql("select w.*::text from webhook w where id = %s", made["id"])
        assert key.hex() not in str(rows)
        assert made["secret"] not in str(rows)
        sealed = world.sql("select secret from webhook where id = %s", made["id"])[0][0]
        from uuid import UUID

        assert world.runtime.vault.open(bytes(sealed), UUID(made["id"]).bytes) == key

    async def test_keeps_no_answer_with_a_secret_for_replays(self, admin: Api) -> None:
        bodies = [
            (await admin.post("/v1/webhooks", {"url": URL}, key="same")).json() for _ in range(2)
        ]
        assert bodies[0]["secret"] != bodies[1]["secret"]

    @pytest.mark.parametrize(
        ("url", "code"),
        [
            ("https://localhost/hook", "target_address"),
            ("https://API.LocalHost./hook", "target_address"),
            ("https://127.0.0.1/hook", "target_address"),
            ("https://10.0.0.1/hook", "target_address"),
            ("https://169.254.169.254/latest/", "target_address"),
            ("https://2130706433/hook", "target_host"),
            ("https://[::ffff:127.0.0.1]/", "target_address"),
            ("https://u:p@receiver.example/", "target_credentials"),
            ("https://receiver.example:25/", "target_port"),
            ("ftp://receiver.example/x", "target_scheme"),
            ("https://receiver.example/#x", "target_unreadable"),
        ],
    )
    async def test_refuses_an_address_that_is_never_called(
        self, admin: Api, url: str, code: str
    ) -> None:
        answer = await admin.post("/v1/webhooks", {"url": url})
        assert problem(answer) == ("/url", code)
        assert url not in answer.text

    async def test_writes_the_address_in_one_form(self, admin: Api) -> None:
        made = await add(admin, url="https://SCHÜLE.example:443")
        assert made["url"] == "https://xn--schle-mva.example/"

    @pytest.mark.parametrize("kinds", [["nothing.happened"], ["staff.added", "staff.added"], [1]])
    async def test_refuses_kinds_that_are_not(self, admin: Api, kinds: list[Any]) -> None:
        answer = await admin.post("/v1/webhooks", {"url": URL, "kinds": kinds})
        assert answer.status_code == 422

    async def test_takes_an_owner_who_may_change_webhooks(self, school: School, admin: Api) -> None:
        lead = str(school[Role.DSL].id)
        assert (await add(admin, owner_id=lead))["owner"]["id"] == lead
        for nobody in (str(school[Role.STAFF].id), str(new_id())):
            answer = await admin.post("/v1/webhooks", {"url": URL, "owner_id": nobody})
            assert problem(answer) == ("/owner_id", "not_suitable")

    async def test_asks_for_a_recent_proof_of_identity(
        self, world: World, school: School, admin: Api
    ) -> None:
        world.sql(
            "update auth_session set auth_time = %s where id = %s",
            clock.now() - timedelta(hours=1), school[Role.SCHOOL_ADMIN].session_id,
        )  # fmt: skip
        answer = await admin.post("/v1/webhooks", {"url": URL})
        assert (answer.status_code, answer.json()["code"]) == (401, "step_up_needed")

    async def test_refuses_more_than_a_school_can_have_whoever_asks_at_once(
        self, world: World, school: School, admin: Api
    ) -> None:
        for _ in range(18):
            await add(admin)
        answers = await asyncio.gather(
            *(admin.post("/v1/webhooks", {"url": URL}) for _ in range(6))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409, 409]
        full = [answer.json()["code"] for answer in answers if answer.status_code == 409]
        assert set(full) == {"webhooks_full"}
        rows = world.sql(
            "select count(*) from webhook where school_id = %s and state <> 'ended'", school.id
        )
        assert rows == [(20,)]

    async def test_refuses_other_roles(self, school: School) -> None:
        for role in (Role.STAFF, Role.HEADTEACHER, Role.DEPUTY_DSL, Role.GOVERNOR):
            answer = await school.api(role).post("/v1/webhooks", {"url": URL})
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")


class TestListWebhooks:
    async def test_pages_from_the_newest(self, admin: Api) -> None:
        made = [(await add(admin))["id"] for _ in range(3)]
        first = (await admin.get("/v1/webhooks", params={"limit": 2})).json()
        rest = await admin.get("/v1/webhooks", params={"limit": 2, "cursor": first["next"]})
        found = [one["id"] for one in (*first["items"], *rest.json()["items"])]
        assert found == made[::-1]
        assert rest.json()["next"] is None

    async def test_shows_removed_ones_apart(self, admin: Api) -> None:
        kept, gone = await add(admin), await add(admin)
        await admin.request("DELETE", f"/v1/webhooks/{gone['id']}", version=1)
        found = {
            state: [
                one["id"]
                for one in (await admin.get("/v1/webhooks", params={"state": state})).json()[
                    "items"
                ]
            ]
            for state in ("open", "active", "paused", "ended")
        }
        assert found == {
            "open": [kept["id"]], "active": [kept["id"]], "paused": [], "ended": [gone["id"]],
        }  # fmt: skip

    async def test_refuses_unknown_parameters(self, admin: Api) -> None:
        assert (await admin.get("/v1/webhooks", params={"secret": "x"})).status_code == 422


class TestGetWebhook:
    async def test_says_what_may_be_done_next(self, admin: Api) -> None:
        made = await add(admin)
        answer = await admin.get(f"/v1/webhooks/{made['id']}")
        tag = answer.headers["etag"]
        assert tag.startswith('"1-')
        assert "rotate_webhook" in answer.json()["permissions"]
        again = await admin.get(f"/v1/webhooks/{made['id']}", headers={"If-None-Match": tag})
        assert again.status_code == 304

    async def test_hides_another_schools(self, admin: Api, other_school: School) -> None:
        made = await add(admin)
        answer = await other_school.api(Role.SCHOOL_ADMIN).get(f"/v1/webhooks/{made['id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "webhook_not_found")

    async def test_offers_no_log_of_what_is_told_to_a_wider_role(
        self, school: School, admin: Api
    ) -> None:
        made = await add(school.lead)
        assert "list_webhook_deliveries" in made["permissions"]
        found = (await admin.get(f"/v1/webhooks/{made['id']}")).json()
        assert "list_webhook_deliveries" not in found["permissions"]
        for path in ("deliveries", f"deliveries/{new_id()}"):
            answer = await admin.get(f"/v1/webhooks/{made['id']}/{path}")
            assert (answer.status_code, answer.json()["code"]) == (403, "webhook_wider")
        assert (await school.lead.get(f"/v1/webhooks/{made['id']}/deliveries")).status_code == 200


class TestChangeWebhook:
    async def test_changes_what_is_named(self, world: World, admin: Api) -> None:
        made = await add(admin, kinds=["staff.added"], description="SIS")
        answer = await admin.patch(
            f"/v1/webhooks/{made['id']}", {"kinds": [], "description": None}, version=1
        )
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert (found["kinds"], found["description"], found["url"]) == ([], None, URL)
        assert answer.headers["etag"] == '"2"'
        assert verbs(world, made["id"]) == ["webhook.added", "webhook.changed"]

    async def test_makes_who_names_another_address_stand_for_it(
        self, school: School, admin: Api
    ) -> None:
        made = await add(school.lead)
        path = f"/v1/webhooks/{made['id']}"
        same = await admin.patch(path, {"description": "SIS", "url": URL}, version=1)
        assert same.json()["sees_as"]["role"] == "dsl"
        moved = await admin.patch(
            path, {"url": "https://elsewhere.example/", "kinds": ["staff.added"]}, version=2
        )
        sees_as = moved.json()["sees_as"]
        assert sees_as["person"]["id"] == str(school[Role.SCHOOL_ADMIN].id)
        assert sees_as["role"] == "school_admin"

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "10.1.2.3", "[::1]"])
    async def test_refuses_an_address_of_this_house(self, admin: Api, host: str) -> None:
        made = await add(admin)
        url = f"https://{host}/hook"
        answer = await admin.patch(f"/v1/webhooks/{made['id']}", {"url": url}, version=1)
        assert problem(answer) == ("/url", "target_address")

    @pytest.mark.parametrize("fields", [{"kinds": []}, {"kinds": [], "url": URL}])
    async def test_lets_nobody_widen_what_they_may_not_see(
        self, school: School, admin: Api, fields: dict[str, Any]
    ) -> None:
        made = await add(school.lead, kinds=["action.set"])
        answer = await admin.patch(f"/v1/webhooks/{made['id']}", fields, version=1)
        assert (answer.status_code, answer.json()["code"]) == (403, "webhook_wider")
        assert (await school.lead.get(f"/v1/webhooks/{made['id']}")).json()["kinds"] == [
            "action.set"
        ]

    async def test_lets_anybody_stop_it_but_not_switch_it_on(
        self, school: School, admin: Api
    ) -> None:
        made = await add(school.lead)
        path = f"/v1/webhooks/{made['id']}"
        assert (await admin.patch(path, {"state": "paused"}, version=1)).status_code == 200
        on = await admin.patch(path, {"state": "active"}, version=2)
        assert (on.status_code, on.json()["code"]) == (403, "webhook_wider")
        assert (await school.lead.patch(path, {"state": "active"}, version=2)).status_code == 200

    async def test_tells_the_sponsor_what_others_do(
        self, world: World, school: School, admin: Api
    ) -> None:
        made = await add(school.lead)
        path = f"/v1/webhooks/{made['id']}"

        def told() -> list[Any]:
            return world.sql(
                "select recipient_id, times from alert "
                "where school_id = %s and kind = 'webhook_changed'",
                school.id,
            )  # fmt: skip

        await school.lead.patch(path, {"description": "mine"}, version=1)
        assert told() == []
        await admin.patch(path, {"description": "theirs"}, version=2)
        assert told() == [(school[Role.DSL].id, 1)]
        await admin.request("DELETE", path, version=1)  # what stops a leak takes an older one
        assert told() == [(school[Role.DSL].id, 2)], "one alert about one webhook"

    async def test_pauses_and_goes_on(self, admin: Api) -> None:
        made = await add(admin)
        path = f"/v1/webhooks/{made['id']}"
        assert (await admin.patch(path, {"state": "paused"}, version=1)).json()["state"] == "paused"
        back = await admin.patch(path, {"state": "active", "resume": "from_now"}, version=2)
        assert back.json()["state"] == "active"

    @pytest.mark.parametrize("state", ["disabled", "ended", None])
    async def test_refuses_states_that_nobody_sets(self, admin: Api, state: str | None) -> None:
        made = await add(admin)
        answer = await admin.patch(f"/v1/webhooks/{made['id']}", {"state": state}, version=1)
        assert answer.status_code == 422

    async def test_refuses_a_stale_and_a_missing_version(self, admin: Api) -> None:
        made = await add(admin)
        path = f"/v1/webhooks/{made['id']}"
        assert (await admin.patch(path, {"kinds": []}, version=7)).status_code == 412
        assert (await admin.patch(path, {"kinds": []})).status_code == 428

    async def test_lets_one_of_two_at_once(self, admin: Api) -> None:
        made = await add(admin)
        answers = await asyncio.gather(
            *(
                admin.patch(f"/v1/webhooks/{made['id']}", {"description": name}, version=1)
                for name in ("one", "two")
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412]

    async def test_hides_another_schools(self, admin: Api, other_school: School) -> None:
        made = await add(admin)
        foreign = other_school.api(Role.SCHOOL_ADMIN)
        answer = await foreign.patch(f"/v1/webhooks/{made['id']}", {"kinds": []}, version=1)
        assert answer.status_code == 404


class TestRotateWebhook:
    async def test_gives_a_new_secret_and_keeps_the_former_for_a_day(
        self, world: World, admin: Api
    ) -> None:
        made = await add(admin)
        answer = await admin.post(f"/v1/webhooks/{made['id']}/rotate", version=1)
        assert answer.status_code == 200, answer.text
        assert answer.json()["secret"] not in ("", made["secret"])
        assert answer.json()["former_until"] is not None
        assert verbs(world, made["id"])[-1] == "webhook.rotated"
        stale = await admin.post(f"/v1/webhooks/{made['id']}/rotate", version=1)
        assert stale.status_code == 412

    async def test_refuses_the_secret_of_what_is_told_to_a_wider_role(
        self, school: School, admin: Api
    ) -> None:
        made = await add(school.lead)
        answer = await admin.post(f"/v1/webhooks/{made['id']}/rotate", version=1)
        assert (answer.status_code, answer.json()["code"]) == (403, "webhook_wider")
        again = await admin.post(
            f"/v1/webhooks/{made['id']}/replay",
            {"since": (clock.now() - timedelta(days=1)).isoformat()},
        )
        assert (again.status_code, again.json()["code"]) == (403, "webhook_wider")
        found = (await admin.get(f"/v1/webhooks/{made['id']}")).json()["permissions"]
        assert not {"rotate_webhook", "replay_webhook"} & set(found)


class TestRemoveWebhook:
    async def test_ends_it_for_good_and_forgets_its_secret(self, world: World, admin: Api) -> None:
        made = await add(admin)
        path = f"/v1/webhooks/{made['id']}"
        await admin.post(f"{path}/test")
        for _ in range(2):
            assert (await admin.request("DELETE", path, version=1)).status_code == 204
        found = (await admin.get(path)).json()
        assert (found["state"], found["permissions"][:1]) == ("ended", ["list_webhook_deliveries"])
        rows = world.sql("select secret, former_secret from webhook where id = %s", made["id"])
        assert rows == [(None, None)]
        rows = world.sql(
            "select state, last_code from webhook_delivery where webhook_id = %s", made["id"]
        )
        assert rows == [("withheld", "webhook_removed")]
        assert verbs(world, made["id"])[-2:] == ["webhook.removed", "webhook.removed"]
        for method, more, version in (("POST", "/test", None), ("POST", "/rotate", 2)):
            answer = await admin.request(method, path + more, version=version)
            assert (answer.status_code, answer.json()["code"]) == (409, "webhook_ended")

    async def test_hides_another_schools(self, admin: Api, other_school: School) -> None:
        made = await add(admin)
        foreign = other_school.api(Role.SCHOOL_ADMIN)
        hidden = await foreign.request("DELETE", f"/v1/webhooks/{made['id']}", version=1)
        assert hidden.status_code == 404


class TestTestWebhook:
    async def test_puts_a_message_that_tells_nothing_on_its_way(
        self, world: World, school: School, admin: Api
    ) -> None:
        made = await add(admin)
        answer = await admin.post(f"/v1/webhooks/{made['id']}/test")
        assert answer.status_code == 202, answer.text
        found = answer.json()
        assert (found["kind"], found["state"], found["attempts"]) == ("webhook.test", "pending", 0)
        assert answer.headers["location"].endswith(found["id"])
        assert (await admin.get(answer.headers["location"])).json()["attempt_log"] == []
        assert verbs(world, made["id"])[-1] == "webhook.tested"
