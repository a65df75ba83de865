"""Characters that act on a screen never stand raw in a page: each is named, as in documents."""

import re

import pytest

from app.api.pages.languages import LANGUAGES
from app.api.pages.rendering import FOLDER, rendered
from tests.recipient_pages import Visitor, a_rich_link
from tests.world import School, World

ACTS = [*range(0x01, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)]
TURNS = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]
RAW = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
HOSTILE = "".join(chr(one) for one in (*ACTS, *TURNS))


async def test_in_a_share_they_are_named(world: World, school: School) -> None:
    text = f"He said{HOSTILE}no more."
    link = await a_rich_link(
        world, school, name="Kim\x1b Marsh\u202e", place=f"The hall{HOSTILE}",
        account=[{"kind": "observed", "text": text}],
    )  # fmt: skip
    visitor = Visitor(world, link)
    page = await visitor.open()
    assert page.status_code == 200
    assert RAW.findall(page.text) == []
    assert "\u2039U+001B\u203a" in page.text
    assert "\u2039U+202E\u203a" in page.text
    again = await visitor.send("replies", kind="reply", text="x" * 5_001 + HOSTILE)
    assert RAW.findall(again.text) == []


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_in_whatever_a_template_prints(language: str) -> None:
    page = rendered(
        "code.html", LANGUAGES[language], values={"code": HOSTILE}, school=HOSTILE, phone=HOSTILE,
        noun="share", route="phone", used=False, expires_at=None, home="/x", locked=False,
    )  # fmt: skip
    assert RAW.findall(page) == []


def test_nothing_is_taken_for_markup() -> None:
    """`safe` and `Markup` would go around both the escaping and this."""
    for path in FOLDER.rglob("*"):
        if path.suffix == ".html":
            assert not re.search(r"\|\s*safe\b|autoescape", path.read_text()), path.name
        elif path.suffix == ".py" and path.name != "rendering.py":
            assert "Markup" not in path.read_text(), path.name
