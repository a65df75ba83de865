"""What a receiver gives back: a signed line that says which packet it has, by its hash."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from joserfc.jwk import ECKey

from app.formats.packets import layout, signatures
from app.formats.packets.canonical import NotCanonical, read_canonical, write_canonical
from app.formats.packets.errors import PacketMisuse, ReceiptInvalid
from app.formats.packets.jose import TokenRefused
from app.formats.packets.manifest import HASH, moment_text, read_moment

LONGEST_SYSTEM = 200


@dataclass(frozen=True)
class Receipt:
    """Who says to have received what, and when."""

    packet_id: UUID
    manifest_sha256: str
    received_at: datetime
    received_by: str
    """A name of the system; never of a person or a child."""
    signer: str = ""
    """RFC 7638 thumbprint of the key that signed it."""
    trusted: bool = False
    """Whether the signer is one of the keys the caller trusts."""


def write_receipt(signer: ECKey, receipt: Receipt) -> str:
    """The receipt as a compact JWS by ES256."""
    text = receipt.received_by
    if not 0 < len(text) <= LONGEST_SYSTEM or not text.isprintable():
        raise PacketMisuse(f"the receiving system is named in 1 to {LONGEST_SYSTEM} letters")
    content = {
        "format": layout.RECEIPT_FORMAT,
        "packet_id": str(receipt.packet_id),
        "manifest_sha256": receipt.manifest_sha256,
        "received_at": moment_text(receipt.received_at),
        "received_by": text,
    }
    return signatures.sign(write_canonical(content), signer, layout.TYP_RECEIPT).decode()


def read_receipt(token: str | bytes, receivers: Iterable[ECKey] | None = None) -> Receipt:
    """A receipt whose signature holds. Raises `ReceiptInvalid`.

    With `receivers` it has to be signed by one of them; without, `trusted` stays false.
    """
    try:
        raw = token.strip().encode("ascii") if isinstance(token, str) else token.strip()
        if len(raw) > layout.MAX_RECEIPT:
            raise ReceiptInvalid("a receipt is never that long")
        trusted = None if receivers is None else list(receivers)
        signed = signatures.open_signed(raw, layout.TYP_RECEIPT, trusted)
        receipt = _read(read_canonical(signed.payload), signed)
    except (TokenRefused, NotCanonical, ValueError) as error:
        raise ReceiptInvalid(f"this is no receipt: {error}") from None
    if trusted is not None and not signed.trusted:
        raise ReceiptInvalid(f"the receipt is signed by {signed.signer}, a key you do not trust")
    return receipt


def _read(content: dict[str, Any], signed: signatures.Signed) -> Receipt:
    by, digest = content.get("received_by"), content.get("manifest_sha256")
    if content.get("format") != layout.RECEIPT_FORMAT:
        raise ValueError("it is not in the format this reader knows")
    if not isinstance(by, str) or not 0 < len(by) <= LONGEST_SYSTEM or not by.isprintable():
        raise ValueError("it does not name the receiving system")
    if not isinstance(digest, str) or not HASH.fullmatch(digest):
        raise ValueError("it returns no hash")
    packet_id = UUID(str(content.get("packet_id")))
    moment = read_moment(str(content.get("received_at")))
    return Receipt(packet_id, digest, moment, by, signed.signer, signed.trusted)
