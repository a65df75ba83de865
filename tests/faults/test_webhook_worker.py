"""A worker that is killed while it sends a webhook, and the one that goes on."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.core.settings import Settings
from app.core.words import AuditEvent, Role
from tests.jobs.delivering import verify
from tests.jobs.working import eventually
from tests.receiver import Receiver, a_receiver
from tests.sampling import in_turn
from tests.world import School, World

pytestmark = pytest.mark.machine_time

PATH = "/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as running:
        yield running


@contextmanager
def a_worker(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    """`cairn worker`, as operators start it, whose webhooks may go to this machine."""
    environment = os.environ | {
        "CAIRN_DATABASE_URL": settings.database_url.get_secret_value(),
        "CAIRN_KEYS_DIR": str(settings.keys_dir),
        "CAIRN_CHECKPOINT_FILE": str(settings.checkpoint_file),
        "CAIRN_STORAGE_URL": settings.storage_url,
        "CAIRN_MAIL_URL": settings.mail_url,
        "CAIRN_UNSAFE_DATABASE": "true",
        "CAIRN_UNSAFE_ADDRESSES": "true",
        "CAIRN_WEBHOOK_ALLOWED_NETWORKS": '["127.0.0.0/8", "::1/128"]',
        "CAIRN_WEBHOOK_SECONDS": "0.1",
        "CAIRN_LOG_LEVEL": "error",
    }
    command = [sys.executable, "-c", "from app.cli import main; main()", "worker"]
    process = subprocess.Popen(command, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


class TestAKilledWorker:
    @in_turn(3)
    async def test_is_followed_by_another_that_sends_under_the_same_id(
        self, world: World, school: School, receiver: Receiver
    ) -> None:
        admin = school.api(Role.SCHOOL_ADMIN)
        url = f"http://receiver.example:{receiver.port}{PATH}"
        answer = await admin.post("/v1/webhooks", {"url": url, "kinds": ["staff.changed"]})
        assert answer.status_code == 201, answer.text
        made = answer.json()
        world.sql(  # the server allows no address of this machine, the worker does
            "update webhook set url = replace(url, 'receiver.example', 'localhost') "
            "where id = %s", made["id"],
        )  # fmt: skip
        receiver.behave(PATH, "slow:20")
        async with world.work(school.id) as work:
            work.record(AuditEvent.STAFF_CHANGED, "staff", school[Role.STAFF].id)
        with a_worker(world.runtime.settings) as first:
            await eventually(lambda: len(receiver.got(PATH)) == 1, "nothing came")
            first.kill()
            first.wait(10)
        states = "select state, attempts from webhook_delivery where webhook_id = %s"
        assert world.sql(states, made["id"]) == [("pending", 1)]
        receiver.behave(PATH, "ok")
        world.sql(  # the claim of the dead has run out
            "update webhook_delivery set next_at = now(), claimed_until = now() "
            "where webhook_id = %s", made["id"],
        )  # fmt: skip
        with a_worker(world.runtime.settings):
            await eventually(
                lambda: world.sql(states, made["id"]) == [("delivered", 2)], "it never came again"
            )
        messages = receiver.got(PATH)
        assert len(messages) == 2
        assert len({one["headers"]["webhook-id"] for one in messages}) == 1
        assert verify(made["secret"], messages[1])["type"] == "staff.changed"
        await admin.request("DELETE", f"/v1/webhooks/{made['id']}", version=1)
