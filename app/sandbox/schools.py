"""A new school of a sandbox: the demo's story in small, with people of its own."""

import random
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.core import clock
from app.core.ids import new_id
from app.db.sandbox import take_number
from app.db.session import Database
from app.demo.families import Maker
from app.demo.loader import SEED, STORY_MONTHS
from app.demo.people import PASSWORD, Cast, school_like_the_secondary, sign_ins
from app.demo.plot import Plot
from app.demo.pupils import Child, admit, first_day, found_organisations, read_of_telling
from app.demo.secrets_kept import Secrets, make_secrets
from app.demo.sharing import add_agencies
from app.demo.stage import Stage, lived_at
from app.demo.terms import set_calendars
from app.domain.errors import StateConflict
from app.domain.people.second_factors.rules import Vault
from app.integrations.passwords import PasswordHasher

MOST_SCHOOLS: Final = 100
SEATS: Final = dict.fromkeys(("7", "8", "9", "10", "11"), 5)
ENDINGS: Final = ("closed", "monitoring", "in_progress", "triaged", "acknowledged", "raised")
DAYS: Final = 30
FULL = f"This sandbox has its {MOST_SCHOOLS} schools. Found another one in an empty database."


@dataclass(frozen=True, slots=True)
class Made:
    """A school as its developer gets it."""

    id: UUID
    cast: Cast
    children: list[Child]
    secrets: Secrets
    concerns: int

    def as_json(self) -> dict[str, Any]:
        """What is answered: how to sign in as each role, and as a program; and who is there."""
        codes = self.secrets.totp
        return {
            "id": self.id,
            "name": self.cast.places[0].name,
            "password": PASSWORD,
            "accounts": [
                {
                    "email": sign_in["email"],
                    "role": sign_in["role"],
                    "totp_secret": codes.get(sign_in["email"]),
                }
                for sign_in in sign_ins(self.cast)
            ],
            "service_keys": [
                {name: key[name] for name in ("name", "client_id", "client_secret", "scopes")}
                for key in self.secrets.service_keys
            ],
            "children": [{"id": child.id, "name": child.name} for child in self.children],
            "concerns": self.concerns,
        }


async def make_school(database: Database, hasher: PasswordHasher, vault: Vault) -> Made:
    """Found a school with people of each role, pupils and their families, and a few concerns.

    Raises `StateConflict` where there are as many as there may be.
    """
    number = await take_number(database, MOST_SCHOOLS)
    if number is None:
        raise StateConflict(FULL)
    cast = school_like_the_secondary(new_id(), number)
    place = cast.places[0]
    stage = Stage(database, clock.now(), cast, quiet=True)
    chance = random.Random(SEED + number)  # noqa: S311 - the same story for the same number
    password_hash = await hasher.hash(PASSWORD)
    with lived_at(first_day(stage.now, STORY_MONTHS)):
        await found_organisations(stage, password_hash)
        await stage.sign_everybody_in()
        await set_calendars(stage, cast.schools)
        families = Maker(chance, stage.now.date(), cast, SEATS).families()
        children = [child for family in families for child in await admit(stage, family)]
        await read_of_telling(stage)
        await add_agencies(stage, place, mark=f".{number}")  # no mail is another school's
    plot = Plot(stage, chance, children, ENDINGS, DAYS)
    plot.plan()
    for moment, do in stage.due():
        with lived_at(moment):
            await do()
    secrets = await make_secrets(stage, vault)
    await stage.sign_everybody_out()
    return Made(place.id, cast, children, secrets, len(plot.stories))
