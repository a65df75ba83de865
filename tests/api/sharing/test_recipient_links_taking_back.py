"""A recipient who reads again and again keeps nobody from taking back, and puts off nothing."""

from datetime import timedelta

from app.core import clock
from tests.api.leaving_files import a_sent_file
from tests.api.shared import an_opened
from tests.world import School, World

FILE = "attachments/1"


class TestAShareThatIsReadAgainAndAgain:
    async def test_is_taken_back_by_who_saw_it_before(self, world: World, school: School) -> None:
        share, _ = await a_sent_file(world, school)
        recipient = await an_opened(world, school, share)
        path = f"/v1/shares/{share.id}"
        seen = (await school.lead.get(path)).headers["etag"].strip('"')
        assert (await recipient.read(FILE)).status_code == 200
        assert (await recipient.read(FILE)).status_code == 200
        said = {"kind": "reply", "text": "Thank you."}
        assert (await recipient.post("replies", said)).status_code == 201
        other = {"at": clock.now().isoformat(), "route": "in_person", "to": "Kim"}
        assert (await school.lead.post(f"{path}/hand-over", other, version=seen)).status_code == 412
        wrong = {"reason": "Sent in error."}
        ahead = int((await school.lead.get(path)).headers["etag"].strip('"').split("-")[0]) + 1
        assert (await school.lead.post(f"{path}/revoke", wrong, version=ahead)).status_code == 412
        answer = await school.lead.post(f"{path}/revoke", wrong, version=seen)
        assert (answer.status_code, answer.json()["state"]) == (200, "revoked"), answer.text
        assert (await recipient.read(FILE)).status_code == 401

    async def test_is_looked_at_again_when_it_was_due(self, world: World, school: School) -> None:
        share, _ = await a_sent_file(world, school)
        recipient = await an_opened(world, school, share)
        await recipient.read(FILE)
        path = f"/v1/shares/{share.id}"
        due = (await school.lead.get(path)).json()["due_at"]
        assert due is not None
        world.sql(
            "update recipient_session set idle_at = idle_at + interval '30 days',"
            " expires_at = expires_at + interval '30 days' where link_id in"
            " (select id from recipient_link where share_id = %s)", share.id,
        )  # fmt: skip
        with clock.shifted(timedelta(days=3)):
            assert (await recipient.read(FILE)).status_code == 200
        assert (await school.lead.get(path)).json()["due_at"] == due

    async def test_that_was_acknowledged_stays_as_it_ended(
        self, world: World, school: School
    ) -> None:
        share, _ = await a_sent_file(world, school)
        recipient = await an_opened(world, school, share)
        assert (await recipient.post("acknowledge", {})).status_code == 200
        path = f"/v1/shares/{share.id}"
        ended = (await school.lead.get(path)).json()["ended_at"]
        with clock.shifted(timedelta(minutes=2)):
            assert (await recipient.read(FILE)).status_code == 200
        told = (await school.lead.get(path)).json()
        assert (told["state"], told["ended_at"]) == ("acknowledged", ended)
