"""After a rotation every sealed secret is sealed again, so that no older key is needed."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.settings import Settings
from app.core.words import Role
from app.integrations.storage import storage_from_url
from app.integrations.vault import Vault
from app.jobs.resealing import reseal
from app.jobs.runner import Adapters, Run, TryLater
from tests.doubles import MemoryMail
from tests.monitoring import SOURCES, Tool, a_tool
from tests.signing_in import enrol, sign_in
from tests.vaults import retire
from tests.world import School, World

WEBHOOKS = "/v1/webhooks"
SEALED = {"intake_source": ("sealed", "former_sealed"), "webhook": ("secret", "former_secret")}


@pytest.fixture
def night(world: World, app_settings: Settings) -> Run:
    """The job as it is run at night."""
    storage = storage_from_url(app_settings.storage_url)
    adapters = Adapters(app_settings, world.runtime.database, MemoryMail(), storage)
    return Run(adapters, None, {})  # type: ignore[arg-type]


@pytest.fixture
def vault(app_settings: Settings) -> Vault:
    """The keys of the world."""
    return Vault(app_settings.keys_dir)


@pytest.fixture
async def tool(world: World, school: School) -> Tool:
    """A tool whose secret was changed today, so that two of them are in use."""
    made = await a_tool(world, school)
    await rotated(school, f"{SOURCES}/{made.id}")
    return made


@pytest.fixture
async def webhook(world: World, school: School) -> AsyncIterator[str]:
    """The id of an endpoint whose secret was changed today; it is removed afterwards."""
    api = school.api(Role.SCHOOL_ADMIN)
    answer = await api.post(WEBHOOKS, {"url": "https://example.org/cairn"})
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    await rotated(school, f"{WEBHOOKS}/{made}")
    yield made
    answer = await api.request("DELETE", f"{WEBHOOKS}/{made}", version=1)
    assert answer.is_success, answer.text


async def rotated(school: School, place: str) -> None:
    """Change a secret."""
    api = school.api(Role.SCHOOL_ADMIN)
    etag = (await api.get(place)).headers["ETag"]
    answer = await api.post(f"{place}/rotate", headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text


def kept(world: World, table: str, id_: str) -> list[bytes | None]:
    """The present and the former secret of a row, as they are sealed."""
    columns = ", ".join(SEALED[table])
    (row,) = world.sql(f"select {columns} from {table} where id = %s", id_)  # noqa: S608
    return [None if one is None else bytes(one) for one in row]


def told(world: World, id_: str) -> list[Any]:
    """Verb and details of everything that the trail says of a change."""
    found: list[Any] = world.sql(
        "select verb, details->'fields', actor_role from trail where noun_id = %s "
        "and verb like '%%.changed' order by seq", id_,
    )  # fmt: skip
    return found


class TestReseal:
    async def test_of_apps_makes_old_keys_needless(
        self, world: World, school: School, night: Run, vault: Vault
    ) -> None:
        lead = school[Role.DSL]
        await world.set_password(lead)
        app, _ = await enrol(school.lead)
        vault.rotate()
        with suppress(TryLater):  # schools of other tests have keys of their own
            await reseal(night)
        assert retire(vault) >= 1
        assert (await sign_in(world, lead.email, otp=app.code())).status_code == 200

    async def test_of_apps_goes_on_behind_one_that_no_key_opens(
        self, world: World, school: School, other_school: School, night: Run, vault: Vault
    ) -> None:
        people = sorted([school[Role.DSL], other_school[Role.DSL]], key=lambda one: one.id)
        for person in people:
            await world.set_password(person)
        broken, whole = people
        apps = [
            (await enrol(one.lead))[0]
            for one in sorted([school, other_school], key=lambda one: one[Role.DSL].id)
        ]
        world.sql(
            "update totp_secret set sealed = 'x' where account_id = %s returning id", broken.id
        )
        vault.rotate()
        with pytest.raises(TryLater):
            await reseal(night)
        assert retire(vault) >= 1
        assert (await sign_in(world, whole.email, otp=apps[1].code())).status_code == 200

    async def test_of_tools_makes_old_keys_needless(
        self, tool: Tool, night: Run, vault: Vault
    ) -> None:
        """`tool.secret` is the former one: both still prove who sends."""
        vault.rotate()
        with suppress(TryLater):  # schools of other tests have keys of their own
            await reseal(night)
        retire(vault)
        assert (await tool.send_signed()).status_code == 202

    @pytest.mark.parametrize("table", SEALED)
    async def test_seals_the_present_and_the_former_secret(
        self, world: World, tool: Tool, webhook: str, night: Run, vault: Vault, table: str
    ) -> None:
        id_ = {"intake_source": tool.id, "webhook": webhook}[table]
        bound = bytes.fromhex(id_.replace("-", ""))
        before = [vault.open(one or b"", bound) for one in kept(world, table, id_)]
        vault.rotate()
        with suppress(TryLater):  # schools of other tests have keys of their own
            await reseal(night)
        after = kept(world, table, id_)
        assert [vault.is_current(one or b"") for one in after] == [True, True]
        assert [vault.open(one or b"", bound) for one in after] == before

    async def test_leaves_a_trace_where_it_did_something(
        self, world: World, tool: Tool, webhook: str, night: Run, vault: Vault
    ) -> None:
        vault.rotate()
        with suppress(TryLater):  # schools of other tests have keys of their own
            await reseal(night)
        assert told(world, tool.id) == [("intake_source.changed", ["sealed"], "system")]
        assert told(world, webhook) == [("webhook.changed", ["sealed"], "system")]
        with suppress(TryLater):  # schools of other tests have keys of their own
            await reseal(night)
        assert len(told(world, tool.id)) == len(told(world, webhook)) == 1

    async def test_makes_no_copy_of_a_person_stale(
        self, school: School, tool: Tool, night: Run, vault: Vault
    ) -> None:
        api, place = school.api(Role.SCHOOL_ADMIN), f"{SOURCES}/{tool.id}"
        before = (await api.get(place)).headers["ETag"]
        vault.rotate()
        with suppress(TryLater):  # schools of other tests have keys of their own
            await reseal(night)
        assert (await api.get(place)).headers["ETag"] == before

    @pytest.mark.parametrize("table", SEALED)
    async def test_forgets_a_former_secret_whose_time_is_over(
        self, world: World, tool: Tool, webhook: str, night: Run, table: str
    ) -> None:
        id_ = {"intake_source": tool.id, "webhook": webhook}[table]
        # suppressed: schools of other tests have keys of their own
        with clock.shifted(timedelta(days=3)), suppress(TryLater):
            await reseal(night)
        assert kept(world, table, id_)[1] is None

    async def test_leaves_an_ended_tool_alone(
        self, world: World, school: School, tool: Tool, night: Run, vault: Vault
    ) -> None:
        answer = await school.api(Role.SCHOOL_ADMIN).post(f"{SOURCES}/{tool.id}/end", version=1)
        assert answer.status_code == 200, answer.text
        before = kept(world, "intake_source", tool.id)
        vault.rotate()
        with suppress(TryLater):  # schools of other tests have keys of their own
            await reseal(night)
        assert kept(world, "intake_source", tool.id) == before
