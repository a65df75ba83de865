"""Mails about changed credentials, and challenges nobody answered."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.core import clock
from app.core.ids import NIL
from app.core.settings import Settings
from app.core.words import Role
from app.integrations.storage import storage_from_url
from app.jobs import credentials
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, JobImpossible, Run
from tests.doubles import MemoryMail
from tests.world import School, World


@pytest.fixture
def mail() -> MemoryMail:
    """What was mailed."""
    return MemoryMail()


@pytest.fixture
def adapters(world: World, app_settings: Settings, mail: MemoryMail) -> Adapters:
    """What jobs work with."""
    return Adapters(
        app_settings, world.runtime.database, mail, storage_from_url(app_settings.storage_url)
    )


def a_run(adapters: Adapters, **args: str) -> Run:
    return Run(adapters, build_queue(adapters), {"school_id": str(NIL), **args})


class TestTell:
    @pytest.mark.parametrize("what", credentials.NOTICES)
    async def test_mails_what_happened_and_nothing_else(
        self, school: School, adapters: Adapters, mail: MemoryMail, what: str
    ) -> None:
        teacher = school[Role.STAFF]
        await credentials.tell(a_run(adapters, account_id=str(teacher.id), what=what))
        (message,) = mail.sent
        assert message.to == teacher.email
        assert credentials.NOTICES[what] in message.text
        said = message.subject + message.text
        for personal in (teacher.name, teacher.email, school.name, str(teacher.id)):
            assert personal not in said

    async def test_gives_up_on_what_it_does_not_know(
        self, school: School, adapters: Adapters
    ) -> None:
        for args in (
            {"account_id": str(school[Role.STAFF].id), "what": "unheard_of"},
            {"account_id": str(NIL), "what": "password_changed"},
        ):
            with pytest.raises(JobImpossible):
                await credentials.tell(a_run(adapters, **args))

    def test_knows_everything_the_domain_tells(self) -> None:
        source = Path(credentials.__file__).parents[1] / "domain"
        told = {
            line.split('"')[1]
            for path in source.rglob("*.py")
            for line in path.read_text().splitlines()
            if "tell_sign_in_changed(" in line and '"' in line
        }
        assert told <= set(credentials.NOTICES)
        assert len(told) >= 8


class TestForgetChallenges:
    async def test_removes_those_nobody_answered(self, world: World, adapters: Adapters) -> None:
        for _ in range(3):
            await world.anybody.post("/v1/auth/passkeys/options")
        counted = "select count(*) from passkey_challenge"
        await credentials.forget_challenges(a_run(adapters))
        assert world.sql(counted)[0][0] >= 3
        with clock.shifted(timedelta(minutes=6)):
            await credentials.forget_challenges(a_run(adapters))
        assert world.sql(counted) == [(0,)]
