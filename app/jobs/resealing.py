"""Seals with the newest key, at night, every secret of the database that an older one sealed."""

from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor
from app.db.unit_of_work import open_work
from app.domain.exchange.intake_sources.commands import reseal_sources
from app.domain.exchange.webhooks.commands import reseal as reseal_webhooks
from app.domain.people.second_factors import commands as second_factors
from app.domain.sharing.agencies.commands import reseal_agencies
from app.domain.sharing.recipient_links.commands import reseal_links
from app.domain.sharing.transfer_keys.commands import reseal_keys
from app.integrations.vault import Vault
from app.jobs.runner import Backoff, Run, Task, TryLater
from app.jobs.schools import over_schools, with_a_record

AT_ONCE = 100


async def reseal(run: Run) -> None:
    """Secrets of authenticator apps, then those of webhooks, tools and links by school.

    Where this has ended well, no key but the newest is needed. Raises `TryLater`.
    """
    database, vault = run.adapters.database, Vault(run.adapters.settings.keys_dir)
    failed = await _reseal_apps(run, vault)

    async def act(school_id: UUID) -> None:
        async with open_work(database, Actor.system(school_id)) as work:
            await reseal_webhooks(work, vault)
            await reseal_sources(work, vault)
            await reseal_keys(work, vault)
            await reseal_links(work, vault)
            await reseal_agencies(work, vault)

    await over_schools(run, await with_a_record(run), act)
    if failed:
        raise TryLater(f"{failed} secrets of authenticator apps cannot be opened")


async def _reseal_apps(run: Run, vault: Vault) -> int:
    after: UUID | None = NIL
    failed = 0
    while after is not None:
        async with open_work(run.adapters.database, Actor.system(NIL)) as work:
            after, more = await second_factors.reseal(work, vault, after, AT_ONCE)
            failed += more
    return failed


RESEAL = Task("secrets.reseal", reseal, Backoff(attempts=5), every="40 3 * * *")
