"""Who may do what with identity providers and identities."""

from typing import Any
from uuid import uuid4

from app.core import clock
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import Role
from app.db.models import AccountIdentity
from app.integrations.id_tokens import key_from
from tests.doubles import MemoryProviderKeys
from tests.openid import Key, signed
from tests.security.rows import ADMIN, ANYBODY, EVERYBODY, SIGNERS, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene

PATH = "/v1/identity-providers"
ISSUER = Settings().google_issuer
KEY = Key("sweep")


def a_provider() -> dict[str, Any]:
    """A body that trusts a Google Workspace."""
    return {
        "kind": "google", "label": "Google", "client_id": "sweep", "tenants": ["school.example"],
    }  # fmt: skip


async def _add(_scene: Scene) -> Call:
    return Call(json=a_provider())


def _provider(body: Any = None) -> Recipe:
    async def recipe(scene: Scene) -> Call:
        made = await scene.made_by(scene.by(Role.SCHOOL_ADMIN), PATH, a_provider())
        return Call({"provider_id": str(made["id"])}, body, version=1 if body else None)

    return recipe


async def _approve(scene: Scene) -> Call:
    made = await scene.made_by(scene.by(Role.SCHOOL_ADMIN), PATH, a_provider())
    return Call({"provider_id": str(made["id"])}, version=1)


async def _shown(scene: Scene) -> Call:
    provider = (await _approve(scene)).ids["provider_id"]
    await scene.made_by(scene.by(Role.DSL), f"{PATH}/{provider}/approve", None, 1)
    return Call({"organisation_id": str(scene.school.id)})


async def _link(scene: Scene) -> Call:
    """A token of a provider whose key is already known, so that nobody has to be asked."""
    key = key_from(KEY.public())
    assert key is not None
    scene.world.runtime.providers = MemoryProviderKeys({ISSUER: (key,)})
    client = f"sweep-{uuid4()}"
    body = a_provider() | {"client_id": client}
    provider = await scene.made_by(scene.by(Role.SCHOOL_ADMIN), PATH, body)
    await scene.by(Role.DSL).post(f"{PATH}/{provider['id']}/approve", version=1)
    made = (await scene.world.anybody.post("/v1/auth/nonce")).json()
    now = int(clock.now().timestamp())
    claims = {
        "iss": ISSUER, "aud": client, "sub": str(uuid4()), "iat": now, "exp": now + 600,
        "nonce": made["nonce"], "hd": "school.example", "email_verified": True,
        "email": f"{SENTINEL}@school.example",
    }  # fmt: skip
    return Call(json={"id_token": signed(claims, KEY), "nonce_verifier": made["nonce_verifier"]})


async def _unlink(scene: Scene) -> Call:
    async with scene.world.work(scene.school.id) as work:
        identity = AccountIdentity(
            id=new_id(), account_id=scene.actor.id, issuer=ISSUER, subject=str(uuid4()),
            linked_by="person", linked_at=work.now,
        )  # fmt: skip
        work.federation.add(identity)
    return Call({"identity_id": str(identity.id)})


async def _linked(scene: Scene) -> Call:
    await _unlink(scene)
    return Call()


ROWS = {
    "issue_nonce": Row(ANYBODY, plain()),
    "list_sign_in_providers": Row(ANYBODY, _shown),
    "list_identity_providers": Row(ADMIN | SIGNERS, plain(), foreign=None, narrower=True),
    "add_identity_provider": Row(ADMIN, _add, foreign=None),
    "get_identity_provider": Row(ADMIN | SIGNERS, _provider(), narrower=True),
    "update_identity_provider": Row(ADMIN, _provider({"label": "Workspace"})),
    "approve_identity_provider": Row(SIGNERS, _approve),
    "list_my_identities": Row(EVERYBODY, _linked, foreign=None),
    "link_my_identity": Row(EVERYBODY, _link, foreign=401),
    "unlink_my_identity": Row(EVERYBODY, _unlink),
}
