"""What can be wrong with a packet: each failure says what was found, where, and what it means.

PacketError
    NotAPacket              these bytes are something else
    UnsupportedVersion      a packet, but of a later format
    Truncated               cut off, at a named entry
    Damaged                 an entry is not what was written
    TooMany, TooLarge       over the limits of the format
    WrongKey                locked to another key
    WrongPassphrase         this passphrase does not open it
    SignatureInvalid        not signed by the key it names
    Readdressed             signed for another receiver, or taken from another packet
    UnknownSender           well signed, by a key that is not trusted here
    ReceiptInvalid          a receipt that proves nothing
PacketMisuse                the caller asked for what the format cannot hold
"""


class PacketError(Exception):
    """A packet cannot be read or trusted; the text is a sentence without personal words."""


class NotAPacket(PacketError):
    """These bytes are no packet at all."""


class UnsupportedVersion(PacketError):
    """A packet of a format this reader does not know."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"this packet is in the format {version!r}; this reader knows only version 1"
        )
        self.version = version


class Truncated(PacketError):
    """The packet stops too early; `entry` is where, `at` the byte."""

    def __init__(self, entry: str, at: int) -> None:
        super().__init__(
            f"the packet is cut off in {entry}, after {at:,} bytes: the copy is not complete"
        )
        self.entry, self.at = entry, at


class Damaged(PacketError):
    """An entry is not what the sender wrote."""

    def __init__(self, entry: str, why: str) -> None:
        super().__init__(f"{entry} is damaged: {why}")
        self.entry, self.why = entry, why


class TooMany(PacketError):
    """More entries or files than the format allows."""

    def __init__(self, what: str, maximum: int) -> None:
        super().__init__(f"the packet holds more than {maximum:,} {what}, the most that is allowed")
        self.what, self.maximum = what, maximum


class TooLarge(PacketError):
    """An entry or a document is larger than the format allows."""

    def __init__(self, entry: str, maximum: int) -> None:
        super().__init__(f"{entry} is larger than {maximum:,} bytes, the most that is allowed")
        self.entry, self.maximum = entry, maximum


class WrongKey(PacketError):
    """The packet is locked to a key that was not given, or to a passphrase instead."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"none of the keys given opens this packet; it is locked to {wanted}")
        self.wanted = wanted


class WrongPassphrase(PacketError):
    """The passphrase does not open the packet."""

    def __init__(self) -> None:
        super().__init__(
            "this passphrase does not open the packet (capital letters, spaces and hyphens count)"
        )


class SignatureInvalid(PacketError):
    """The manifest is not signed by the key it names."""


class Readdressed(PacketError):
    """Signed by its sender, but not for this receiver or not in this packet."""


class UnknownSender(PacketError):
    """Well signed, but by nobody the caller trusts; `thumbprint` is the signer's key."""

    def __init__(self, thumbprint: str) -> None:
        super().__init__(
            f"the packet is signed by the key {thumbprint}, which is not among the keys you trust"
        )
        self.thumbprint = thumbprint


class ReceiptInvalid(PacketError):
    """A receipt that is not signed by the right school, or not for this packet."""


class PacketMisuse(ValueError):
    """The writer was asked for something the format cannot hold, or in the wrong order."""
