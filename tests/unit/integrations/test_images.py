"""Copies of pictures: their pixels and nothing else, whatever the picture tries."""

import io
import os
import resource
import tempfile
import time

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from app.integrations import images, picture_stripping
from app.integrations.images import ConfinedPictures
from tests.pictures import SECRET, bomb, encoded, exif, moving, photo

SIDE = (60, 40)


@pytest.mark.parametrize("name", ["DONE", "TOO_LARGE", "UNREADABLE", "NO_ROOM"])
def test_both_sides_know_how_the_program_ends(name: str) -> None:
    assert getattr(images, name) == getattr(picture_stripping, name)


async def outcome(content: bytes) -> tuple[str, bytes]:
    """What comes of a picture, and its copy."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        done = await ConfinedPictures().strip(file)
    if done.copy is None:
        return done.outcome, b""
    with done.copy as copy:
        return done.outcome, copy.read()


async def stripped(content: bytes) -> Image.Image:
    """The copy, which has lost every secret."""
    said, copy = await outcome(content)
    assert said == "stripped"
    assert SECRET not in copy
    assert b"Exif" not in copy
    found = Image.open(io.BytesIO(copy))
    assert not found.getexif()
    assert not {"comment", "icc_profile", "xmp", "photoshop", "exif"} & set(found.info)
    return found


class TestPhotographs:
    async def test_lose_place_maker_and_comment_and_stand_upright(self) -> None:
        content = photo()
        assert SECRET in content
        found = await stripped(content)
        assert (found.format, found.size) == ("JPEG", (40, 60))
        red, _, blue = found.convert("RGB").getpixel((20, 5))  # type: ignore[misc]
        assert red > blue, "what was on the left is on top"

    async def test_in_inks_become_what_screens_show(self) -> None:
        found = await stripped(encoded(Image.new("CMYK", SIDE), "JPEG", comment=SECRET))
        assert found.mode == "RGB"

    async def test_lose_what_stands_behind_their_end(self) -> None:
        await stripped(photo() + SECRET + b"<script>alert(1)</script>")

    async def test_of_two_in_one_keep_the_first(self) -> None:
        first, second = (Image.new("RGB", SIDE, colour) for colour in ("red", "blue"))
        content = encoded(first, "MPO", save_all=True, append_images=[second])
        found = await stripped(content)
        assert (found.format, getattr(found, "n_frames", 1)) == ("JPEG", 1)

    async def test_with_a_profile_keep_their_colours(self) -> None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        picture = Image.new("RGB", SIDE, (200, 100, 50))
        found = await stripped(encoded(picture, "PNG", icc_profile=profile))
        assert found.convert("RGB").getpixel((5, 5)) == (200, 100, 50)


class TestDrawings:
    @pytest.mark.parametrize(
        ("mode", "kept"), [("1", "1"), ("L", "L"), ("RGBA", "RGBA"), ("I;16", "I;16")]
    )
    async def test_keep_their_depth(self, mode: str, kept: str) -> None:
        found = await stripped(encoded(Image.new(mode, SIDE), "PNG", exif=exif()))
        assert (found.format, found.mode, found.size) == ("PNG", kept, SIDE)

    async def test_keep_what_is_clear(self) -> None:
        picture = Image.new("P", SIDE, 0)
        picture.putpalette([255, 0, 0, 0, 255, 0])
        picture.putpixel((5, 5), 1)
        content = encoded(picture, "PNG", transparency=0)
        found = await stripped(content)
        assert found.getpixel((1, 1))[3] == 0  # type: ignore[index]
        assert found.getpixel((5, 5)) == (0, 255, 0, 255)

    async def test_lose_their_texts(self) -> None:
        texts = PngInfo()
        texts.add_text("Author", SECRET.decode(), zip=False)
        texts.add_itxt("Comment", SECRET.decode())
        content = encoded(Image.new("RGB", SIDE), "PNG", pnginfo=texts)
        assert SECRET in content
        found = await stripped(content)
        assert not getattr(found, "text", {})


class TestMovingPictures:
    @pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
    async def test_move_on(self, kind: str) -> None:
        found = await stripped(moving(kind))
        assert (found.format, getattr(found, "n_frames", 1)) == (kind, 4)
        assert found.size == (30, 20)


class TestHostilePictures:
    async def test_that_swell_are_refused_quickly(self) -> None:
        began = time.monotonic()
        assert await outcome(bomb()) == ("too_large", b"")
        assert time.monotonic() - began < 10

    async def test_of_very_many_frames_are_refused(self) -> None:
        frames = [Image.new("L", (2, 2), n % 250) for n in range(520)]
        content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
        assert (await outcome(content))[0] == "too_large"

    async def test_that_are_cut_off_or_nonsense_are_unreadable(self) -> None:
        noise = Image.effect_noise((300, 200), 60).convert("RGB")
        whole = encoded(noise, "JPEG")
        for content in (whole[: len(whole) // 2], b"\x89PNG\r\n\x1a\n" + bytes(64), b"GIF89a"):
            assert await outcome(content) == ("unreadable", b"")

    async def test_take_no_other_way_into_the_library(self) -> None:
        """Formats beside the four, EPS with its interpreter above all, are never opened."""
        for kind in ("TIFF", "BMP", "EPS", "PDF", "ICO", "PPM"):
            content = encoded(Image.new("RGB", SIDE), kind)
            assert await outcome(content) == ("unreadable", b"")

    async def test_that_take_too_long_are_ended(self) -> None:
        noise = encoded(Image.new("RGB", (7_000, 7_000)), "PNG")
        with tempfile.TemporaryFile() as file:
            file.write(noise)
            done = await ConfinedPictures(seconds=0.05).strip(file)
        assert done.outcome == "too_large"


class TestFullDisk:
    async def test_is_no_fault_of_the_picture(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(encoded(Image.effect_noise((300, 200), 60), "PNG"))
            file.flush()
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
            try:
                with pytest.raises(OSError, match="room"):
                    await ConfinedPictures().strip(file)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    async def test_leaves_nothing_open(self) -> None:
        before = len(os.listdir("/proc/self/fd"))
        for content in (photo(), bomb(), b"GIF89a"):
            await outcome(content)
        assert len(os.listdir("/proc/self/fd")) <= before + 1
