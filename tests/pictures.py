"""Pictures for tests: with secrets in their metadata, and hostile ones."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

SECRET = b"SECRET-of-the-maker"


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """A maker, a thumbnail's worth of text, and a place on earth."""
    made = Image.Exif()
    made[0x010F] = SECRET.decode()
    made[0x0112] = orientation
    place = made.get_ifd(0x8825)
    place[1], place[2] = "N", (51.0, 30.0, 26.0)
    place[3], place[4] = "W", (0.0, 7.0, 39.0)
    return made


def photo(width: int = 60, height: int = 40, **options: Any) -> bytes:
    """A photograph of a phone: a place, a maker and a comment; it lies on its side."""
    picture = Image.new("RGB", (width, height), "teal")
    picture.paste("orange", (0, 0, width // 2, height))
    return encoded(picture, "JPEG", exif=exif(6), comment=SECRET, **options)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def bomb(side: int = 9_000) -> bytes:
    """A few kilobytes that say they are millions of pixels."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(side * (side // 8 + 1)))
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    )


def moving(kind: str) -> bytes:
    """Four different pictures in one, with a comment where the format has them."""
    frames = [Image.new("RGB", (30, 20), (60 * n, 255 - 60 * n, 40)) for n in range(4)]
    known: dict[str, dict[str, Any]] = {"GIF": {"comment": SECRET}, "WEBP": {"exif": exif()}}
    return encoded(
        frames[0], kind, save_all=True, append_images=frames[1:], duration=[40, 50, 60, 70], loop=0,
        **known.get(kind, {}),
    )  # fmt: skip
