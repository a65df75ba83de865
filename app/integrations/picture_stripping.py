"""Makes a copy of a picture that holds its pixels and nothing else: a program of its own.

Pictures are hostile, and what reads them is large: it runs apart, with little memory and time and
without our settings, and says by its exit status how it went. Reads the file that is its
standard input and writes to the one that is its standard output.
"""

import contextlib
import io
import os
import resource
import sys
import warnings
from collections.abc import Iterator
from typing import Any, BinaryIO

from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

DONE, TOO_LARGE, UNREADABLE, NO_ROOM = 0, 3, 4, 5
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MOST_PIXELS = 64_000_000
MOST_PIXELS_OF_ALL = 128_000_000
MOST_FRAMES = 500
MOST_BYTES = 100_000_000
MEMORY_BYTES = 1_300_000_000
SECONDS = 20
QUALITY = 92
WIDE = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")
STILL: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": QUALITY, "optimize": True, "comment": b""},
    "WEBP": {"quality": QUALITY, "method": 2},
}
MOVING: dict[str, dict[str, Any]] = {
    "WEBP": {"quality": QUALITY, "method": 0},
    "GIF": {"disposal": 2},
}
PLAIN = ("1", "L", "LA", "RGB", "RGBA")


class TooMuch(Exception):
    """More pixels or frames than are taken."""


def main() -> int:
    """Strip standard input into standard output; the exit status."""
    confine()
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        copy = stripped(sys.stdin.buffer)
    except (TooMuch, MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return TOO_LARGE
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, ArithmeticError, KeyError,
            IndexError, TypeError, EOFError, RuntimeError):  # fmt: skip
        return UNREADABLE
    try:
        sys.stdout.buffer.write(copy)
        sys.stdout.buffer.flush()
    except OSError:
        return NO_ROOM
    return DONE


def confine() -> None:
    """Little memory and time, no core file with a child's picture in it."""
    limits = {
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_CPU: SECONDS,
        resource.RLIMIT_CORE: 0,
    }
    for which, maximum in limits.items():
        with contextlib.suppress(ValueError, OSError):  # not every system knows each of them
            resource.setrlimit(which, (maximum, maximum))


def stripped(source: BinaryIO) -> memoryview:
    """The copy. Raises `TooMuch`, and what Pillow raises for what it cannot read."""
    with Image.open(source, formats=FORMATS) as picture:
        _check_size(picture, 1)
        kind = "JPEG" if picture.format == "MPO" else str(picture.format)
        frames = 1 if kind == "JPEG" else int(getattr(picture, "n_frames", 1))
        _check_size(picture, frames)
        out = io.BytesIO()
        if frames > 1:
            _save_moving(picture, kind, out)
        else:
            _save_still(_bare(picture, kind), kind, out)
        out.seek(0, io.SEEK_END)
    if out.tell() > MOST_BYTES:
        raise TooMuch
    return out.getbuffer()


def _check_size(picture: Image.Image, frames: int) -> None:
    pixels = picture.width * picture.height
    if pixels > MOST_PIXELS or frames > MOST_FRAMES or pixels * frames > MOST_PIXELS_OF_ALL:
        raise TooMuch


def _bare(picture: Image.Image, kind: str) -> Image.Image:
    """Upright, in the colours that screens show, as pixels alone."""
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    mode = _mode_for(_in_srgb(upright), kind)
    bare = Image.new(mode.mode, mode.size)
    bare.paste(mode)
    return bare


def _in_srgb(picture: Image.Image) -> Image.Image:
    """The profile goes with the rest: what it says of the colours is worked into them first."""
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "RGBA", "CMYK", "L"):
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(
                picture, own, ImageCms.createProfile("sRGB"), outputMode=mode
            )
            if turned is not None:
                return turned
    return picture


def _mode_for(picture: Image.Image, kind: str) -> Image.Image:
    if kind == "PNG" and picture.mode in WIDE:
        return picture if picture.mode.startswith("I") else picture.convert("L")
    if kind == "JPEG":
        return picture if picture.mode in ("L", "RGB") else picture.convert("RGB")
    if picture.mode in PLAIN and "transparency" not in picture.info:
        return picture
    clear = picture.has_transparency_data
    return picture.convert("RGBA" if clear else "RGB")


def _save_still(bare: Image.Image, kind: str, out: BinaryIO) -> None:
    bare.save(out, kind, **STILL.get(kind, {}))


def _save_moving(picture: Image.Image, kind: str, out: BinaryIO) -> None:
    durations: list[int] = []

    def frames() -> Iterator[Image.Image]:
        for frame in ImageSequence.Iterator(picture):
            durations.append(int(frame.info.get("duration", 100)))
            upright = ImageOps.exif_transpose(frame).convert("RGBA")
            bare = Image.new("RGBA", upright.size)
            bare.paste(upright)
            yield bare

    made = list(frames())
    loop = int(picture.info.get("loop", 0))
    made[0].save(
        out, kind, save_all=True, append_images=made[1:], duration=durations, loop=loop,
        **MOVING.get(kind, {}),
    )  # fmt: skip


if __name__ == "__main__":
    os._exit(main())
