"""Second factors and service keys of the demo: made once, and written down for its users."""

from dataclasses import asdict, dataclass, field
from typing import Any

from app.core.ids import NIL
from app.core.words import Actor, Role
from app.db.unit_of_work import open_work
from app.demo.people import Person
from app.demo.stage import Stage
from app.domain import policy
from app.domain.people.second_factors import rules
from app.domain.people.second_factors.commands import enrol_known
from app.domain.people.second_factors.rules import Vault
from app.domain.people.service_keys.commands import AddServiceKey, create_service_key


@dataclass(slots=True)
class Secrets:
    """What only its owners know: codes' secrets by email address, and the keys of programs."""

    totp: dict[str, str] = field(default_factory=dict)
    service_keys: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As it is kept beside the database."""
        return asdict(self)


async def make_secrets(stage: Stage, vault: Vault) -> Secrets:
    """Enrol everybody whose role must have a second factor, and add a key for each program."""
    made = Secrets()
    for person in stage.cast.people:
        if needs_code(person):
            made.totp[person.email] = await _enrol(stage, person, vault)
    for connection in stage.cast.connections:
        admin = stage.team(connection.place, Role.SCHOOL_ADMIN)[0]
        command = AddServiceKey(connection.name, [connection.scope.value])
        async with open_work(stage.database, admin.actor) as work:
            key, secret = await create_service_key(work, command)
        made.service_keys.append(
            {
                "name": connection.name,
                "client_id": str(key.id),
                "client_secret": secret,
                "scopes": list(key.scopes),
                "organisation_id": str(connection.place.id),
            }
        )
    return made


def needs_code(person: Person) -> bool:
    """Whether one of the person's roles must have a second factor."""
    return any(policy.needs_second_factor(policy.BUILT_IN[post.role]) for post in person.posts)


async def _enrol(stage: Stage, person: Person, vault: Vault) -> str:
    secret, account_id = rules.new_totp_secret(), stage.accounts[person.email]
    async with open_work(stage.database, Actor.system(NIL)) as work:
        await enrol_known(work, account_id, secret, vault)
    return rules.written_secret(secret)
