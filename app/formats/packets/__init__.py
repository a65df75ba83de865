"""Transfer packets: a child's file on its way to another system (`docs/transfer-packet.md`).

`PacketWriter` makes one in a single pass, `PacketReader` opens one and trusts nothing in it,
`write_receipt` and `read_receipt` are the answer. Keys are P-256 keys in JWK, `joserfc`'s `ECKey`.
"""

from app.formats.packets.errors import (
    Damaged,
    NotAPacket,
    PacketError,
    PacketMisuse,
    Readdressed,
    ReceiptInvalid,
    SignatureInvalid,
    TooLarge,
    TooMany,
    Truncated,
    UnknownSender,
    UnsupportedVersion,
    WrongKey,
    WrongPassphrase,
)
from app.formats.packets.keys import (
    KeyRefused,
    Passphrase,
    import_key,
    key_dict,
    new_key,
    new_passphrase,
    public_key,
    read_keys,
    thumbprint,
    write_keys,
)
from app.formats.packets.layout import MEDIA_TYPE
from app.formats.packets.manifest import Header, Manifest, PacketFile
from app.formats.packets.names import safe_name, unique_name
from app.formats.packets.reader import Outside, PacketReader
from app.formats.packets.receipts import Receipt, read_receipt, write_receipt
from app.formats.packets.writer import PacketWriter

__all__ = [
    "MEDIA_TYPE",
    "Damaged",
    "Header",
    "KeyRefused",
    "Manifest",
    "NotAPacket",
    "Outside",
    "PacketError",
    "PacketFile",
    "PacketMisuse",
    "PacketReader",
    "PacketWriter",
    "Passphrase",
    "Readdressed",
    "Receipt",
    "ReceiptInvalid",
    "SignatureInvalid",
    "TooLarge",
    "TooMany",
    "Truncated",
    "UnknownSender",
    "UnsupportedVersion",
    "WrongKey",
    "WrongPassphrase",
    "import_key",
    "key_dict",
    "new_key",
    "new_passphrase",
    "public_key",
    "read_keys",
    "read_receipt",
    "safe_name",
    "thumbprint",
    "unique_name",
    "write_keys",
    "write_receipt",
]
