"""The keys of a school: one signs its packets and receipts, to the other packets are encrypted."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from joserfc.jwk import ECKey

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import Transfer, TransferKey
from app.db.repositories.sharing import transfers as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.people.second_factors.rules import Vault
from app.domain.steps import new, record_row
from app.formats.packets import import_key, key_dict, new_key, public_key, thumbprint

SIGNING, RECEIVING = b"signing", b"receiving"


async def current_key(work: UnitOfWork, vault: Vault) -> TransferKey:
    """The school's keys, made if it has none yet."""
    await stored.hold_keys(await work.driver(), work.actor.school_id)
    result = await stored.current_key(work.session, work.actor.school_id)
    return result if result is not None else await _make(work, vault)


async def rotate_keys(work: UnitOfWork, vault: Vault) -> TransferKey:
    """Make new keys; content encrypted to the old ones can still be opened.

    Raises `PermissionMissing`.
    """
    policy.require(work.actor, Permission.TRANSFER_APPROVE)
    await stored.hold_keys(await work.driver(), work.actor.school_id)
    old = await stored.current_key(work.session, work.actor.school_id)
    if old is not None:
        old.retired_at = work.now
        await work.session.flush()
    return await _make(work, vault)


async def _make(work: UnitOfWork, vault: Vault) -> TransferKey:
    signing, receiving, key_id = new_key("sig"), new_key("enc"), new_id()
    row = new(
        work, TransferKey, id=key_id,
        signing=key_dict(public_key(signing)) | {"use": "sig", "alg": "ES256"},
        receiving=key_dict(public_key(receiving)) | {"use": "enc", "alg": "ECDH-ES+A256KW"},
        sealed_signing=vault.seal(_private(signing), key_id.bytes + SIGNING),
        sealed_receiving=vault.seal(_private(receiving), key_id.bytes + RECEIVING),
        made_by=None if work.actor.is_system else work.actor.id,
    )  # fmt: skip
    work.session.add(row)
    record_row(
        work, AuditEvent.TRANSFER_KEY_MADE, row,
        details={"signing": row.signing["kid"], "receiving": row.receiving["kid"]},
    )  # fmt: skip
    await work.session.flush()
    return row


def _private(key: ECKey) -> bytes:
    return str(key_dict(key, private=True)["d"]).encode()


def signing_key(row: TransferKey, vault: Vault) -> ECKey:
    """The private key that signs. Raises `VaultError`."""
    secret = vault.open(bytes(row.sealed_signing), row.id.bytes + SIGNING).decode()
    return import_key(_bare(row.signing) | {"d": secret}, "sig")


def receiving_key(row: TransferKey, vault: Vault) -> ECKey:
    """The private key that opens content encrypted to it. Raises `VaultError`."""
    secret = vault.open(bytes(row.sealed_receiving), row.id.bytes + RECEIVING).decode()
    return import_key(_bare(row.receiving) | {"d": secret}, "enc")


def _bare(jwk: dict[str, Any]) -> dict[str, Any]:
    return {name: jwk[name] for name in ("kty", "crv", "x", "y")}


async def receiving_keys(work: UnitOfWork, vault: Vault) -> list[ECKey]:
    """Every key to which packets for this school may be encrypted, including retired ones."""
    rows = await stored.all_keys(work.session, work.actor.school_id)
    return [receiving_key(row, vault) for row in rows]


def published(rows: Sequence[TransferKey]) -> dict[str, list[dict[str, Any]]]:
    """The public halves as a JWKS: the current pair, and retired ones that still prove and open."""
    current = [row for row in rows if row.retired_at is None]
    retired = [row for row in rows if row.retired_at is not None]
    return {
        "keys": [key for row in current for key in (row.signing, row.receiving)]
        + [row.signing for row in retired]
    }


async def reseal_keys(work: UnitOfWork, vault: Vault) -> None:
    """Seal again the secrets of an older vault key."""
    for row in await stored.all_keys(work.session, work.actor.school_id):
        done = False
        for name, part in (("sealed_signing", SIGNING), ("sealed_receiving", RECEIVING)):
            sealed, bound = bytes(getattr(row, name)), row.id.bytes + part
            if not vault.is_current(sealed):
                setattr(row, name, vault.seal(vault.open(sealed, bound), bound))
                done = True
        if done:
            record_row(work, AuditEvent.TRANSFER_KEY_MADE, row, details={"resealed": True})


def bound_passphrase(transfer_id: UUID) -> bytes:
    """Context to which a sealed passphrase is bound."""
    return transfer_id.bytes + b"passphrase"


def receiver_thumbprint(transfer: Transfer) -> str | None:
    """RFC 7638 thumbprint of the only key that opens the packet; None without a key."""
    if transfer.receiver_key is None:
        return None
    return thumbprint(import_key(transfer.receiver_key, "enc"))
