"""A recipient's files behind the link: as they were frozen, each time noted, stopped at once."""

import hashlib
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.api import attachments as giving
from app.api.attachments import NoLongerOpen, give_out_frozen
from app.core import clock
from app.domain.sharing.recipient_sessions import commands
from tests.api.leaving_files import CALLED, LETTER, a_file, a_sent_file
from tests.api.record.test_attachment_safety import digest_of
from tests.api.shared import Recipient, Sent, a_sent, an_opened, step
from tests.outgoing import texts_of_pdf
from tests.recipient_pages import Link, Visitor
from tests.world import School, World

FILE = "attachments/1"
LONG = b"A line of a long text.\n" * 60_000


def where(world: World, share: str) -> Path:
    """Where the bytes of a frozen file lie."""
    [(key,)] = world.sql(
        "select f.key from snapshot_file f join share s on s.snapshot_id = f.snapshot_id"
        " where s.id = %s", share,
    )  # fmt: skip
    return Path(urlsplit(world.runtime.settings.storage_url).path) / str(key)


async def openings(school: School, share: str) -> list[dict[str, Any]]:
    """How often it was opened, and which file."""
    answer = await school.lead.get(f"/v1/shares/{share}/openings")
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


class TestDownloading:
    async def test_gives_the_frozen_bytes_that_no_browser_runs(
        self, world: World, school: School
    ) -> None:
        share, _ = await a_sent_file(world, school, told="Letter of the day")
        recipient = await an_opened(world, school, share)
        given = await recipient.read(FILE)
        assert (given.status_code, given.content) == (200, LETTER)
        assert given.headers["content-type"] == "application/pdf"
        assert (
            given.headers["content-disposition"] == 'attachment; filename="Letter of the day.pdf"'
        )
        assert given.headers["x-content-type-options"] == "nosniff"
        assert given.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert given.headers["cache-control"] == "no-store"
        assert given.headers["repr-digest"] == digest_of(LETTER)
        assert given.headers["content-length"] == str(len(LETTER))

    async def test_is_listed_in_the_content(self, world: World, school: School) -> None:
        share, _ = await a_sent_file(world, school)
        read = await (await an_opened(world, school, share)).read()
        [told] = read.json()["snapshot"]["items"][0]["attachments"]
        assert (told["number"], told["name"]) == (1, "file-1.pdf")
        assert told["sha256"] == hashlib.sha256(LETTER).hexdigest()
        assert CALLED not in read.text

    async def test_is_an_opening_each_time(self, world: World, school: School) -> None:
        share, _ = await a_sent_file(world, school)
        recipient = await an_opened(world, school, share)
        await recipient.read(FILE)
        await recipient.read(FILE)
        found = await openings(school, share.id)
        assert [(one["how"], one["attachment"]) for one in found] == [("link", 1), ("link", 1)]
        await recipient.read()
        assert len(await openings(school, share.id)) == 2, "a session is opened once"
        traced = world.sql(
            "select details->>'attachment', details->>'sha256' from trail where noun_id = %s"
            " and verb = 'share.read' and details ? 'attachment'", share.id,
        )  # fmt: skip
        assert traced == [("1", hashlib.sha256(LETTER).hexdigest())] * 2

    async def test_knows_no_other_number(self, world: World, school: School) -> None:
        share, _ = await a_sent_file(world, school)
        recipient = await an_opened(world, school, share)
        missing = await recipient.read("attachments/2")
        assert (missing.status_code, missing.json()["code"]) == (404, "shared_file_not_found")
        plain = await a_sent(world, school)
        other = await an_opened(world, school, plain)
        assert (await other.read(FILE)).json()["code"] == "shared_file_not_found"

    async def test_is_for_nobody_without_a_code(self, world: World, school: School) -> None:
        share, _ = await a_sent_file(world, school)
        refused = await Recipient(world, share.token).read(FILE)
        assert (refused.status_code, refused.json()["code"]) == (401, "recipient_session_over")
        inside = await an_opened(world, school, share)
        other = Recipient(world, (await a_sent(world, school)).token)
        other.session = inside.session
        assert (await other.read(FILE)).status_code == 401


class TestWhatCameLater:
    async def test_changes_nothing_of_what_was_sent(self, world: World, school: School) -> None:
        share, made = await a_sent_file(world, school)
        await a_file(world, school, made.concern, LETTER + b"Another.", CALLED)
        world.sql("update attachment set file_name = 'other.pdf' where id = %s", made.file)
        recipient = await an_opened(world, school, share)
        assert (await recipient.read(FILE)).content == LETTER

    async def test_stops_a_file_that_is_held_since(self, world: World, school: School) -> None:
        share, made = await a_sent_file(world, school)
        world.sql(
            "update attachment set state = 'held', scan_result = 'found' where id = %s", made.file
        )
        recipient = await an_opened(world, school, share)
        refused = await recipient.read(FILE)
        assert (refused.status_code, refused.json()["code"]) == (409, "shared_file_stopped")
        assert (await recipient.read()).status_code == 200
        staff = await school.lead.get(f"/v1/shares/{share.id}/{FILE}")
        assert staff.json()["code"] == "shared_file_stopped"

    async def test_says_so_where_the_bytes_are_gone(self, world: World, school: School) -> None:
        share, _ = await a_sent_file(world, school)
        where(world, share.id).unlink()
        recipient = await an_opened(world, school, share)
        refused = await recipient.read(FILE)
        assert (refused.status_code, refused.json()["code"]) == (404, "shared_file_lost")
        assert await openings(school, share.id) == []

    async def test_never_gives_other_bytes(self, world: World, school: School) -> None:
        share, _ = await a_sent_file(world, school)
        place = where(world, share.id)
        place.chmod(0o600)
        place.write_bytes(LETTER.replace(b"day", b"dog"))
        recipient = await an_opened(world, school, share)
        given = await recipient.read(FILE)
        assert b"dog" not in given.content


async def revoked(world: World, school: School, share: Sent) -> None:
    await step(school.lead, share.id, "revoke", {"reason": "Sent in error."})


async def sent_again(world: World, school: School, share: Sent) -> None:
    await step(school.lead, share.id, "send", {"code_route": "phone", "by_hand": True})


async def barred(world: World, school: School, share: Sent) -> None:
    world.sql(
        "update contact set alleged_source_of_harm = true where child_id = %s", str(share.child)
    )


async def locked(world: World, school: School, share: Sent) -> None:
    world.sql(
        "update recipient_link set locked_at = made_at, wrong_codes = 5 where share_id = %s",
        share.id,
    )


class TestStopping:
    @pytest.mark.parametrize(
        ("stop", "code"),
        [
            (revoked, "recipient_session_over"),
            (sent_again, "recipient_session_over"),
            (barred, "link_stopped"),
            (locked, "link_locked"),
        ],
    )
    async def test_counts_from_the_next_request(
        self, world: World, school: School, stop: Any, code: str
    ) -> None:
        share, _ = await a_sent_file(world, school)
        recipient = await an_opened(world, school, share)
        assert (await recipient.read(FILE)).status_code == 200
        await stop(world, school, share)
        assert (await recipient.read(FILE)).json()["code"] == code

    async def test_counts_from_the_second_it_expires(self, world: World, school: School) -> None:
        share, _ = await a_sent_file(world, school)
        recipient = await an_opened(world, school, share)
        with clock.shifted(timedelta(days=29)):
            assert (await recipient.read(FILE)).json()["code"] == "recipient_session_over"

    @pytest.mark.parametrize("stop", [revoked, barred, locked])
    async def test_cuts_off_whoever_reads_slowly(
        self, world: World, school: School, stop: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(giving, "LOOK_EVERY_SECONDS", 0.0)
        share, _ = await a_sent_file(
            world, school, content=LONG, name="long.txt", kind="text/plain"
        )
        recipient = await an_opened(world, school, share)
        database, storage = world.runtime.database, world.runtime.storage
        file = await commands.give(database, share.token, recipient.session, 1)
        still = partial(commands.is_open, database, share.token, recipient.session)
        response: Any = await give_out_frozen(storage, file, while_open=still)
        pieces = aiter(response.body_iterator)
        assert await anext(pieces)
        await stop(world, school, share)
        with pytest.raises(NoLongerOpen):
            async for _ in pieces:
                pass

    async def test_leaves_a_slow_reader_alone_otherwise(
        self, world: World, school: School, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(giving, "LOOK_EVERY_SECONDS", 0.0)
        share, _ = await a_sent_file(
            world, school, content=LONG, name="long.txt", kind="text/plain"
        )
        recipient = await an_opened(world, school, share)
        assert (await recipient.read(FILE)).content == LONG


async def a_visitor(world: World, school: School, **more: Any) -> tuple[Visitor, Sent, str]:
    """Somebody at the page of a share with a file, its id last."""
    share, made = await a_sent_file(world, school, **more)
    visitor = Visitor(world, Link(share.id, share.token, share.code))
    page = await visitor.open()
    assert page.status_code == 200, page.text
    return visitor, share, made.file


class TestThePage:
    async def test_links_each_file_by_its_number(self, world: World, school: School) -> None:
        visitor, share, _ = await a_visitor(world, school, told="Letter", clean=False)
        assert f'href="/shared/{share.token}/attachments/1"' in visitor.page
        for said in ("Letter.pdf", "1 kB", "Nobody has checked it for viruses"):
            assert said in visitor.page
        assert "Zara" not in visitor.page

    async def test_gives_the_file_with_the_headers_of_the_pages(
        self, world: World, school: School
    ) -> None:
        visitor, share, _ = await a_visitor(world, school, told="Letter")
        given = await visitor.get("/attachments/1")
        assert given.content == LETTER
        assert given.headers["content-disposition"] == 'attachment; filename="Letter.pdf"'
        assert given.headers["content-security-policy"] == "default-src 'none'; sandbox"
        for name, value in (
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ):
            assert given.headers[name] == value
        assert [one["attachment"] for one in await openings(school, share.id)] == [None, 1]

    async def test_leads_to_the_code_without_a_session(self, world: World, school: School) -> None:
        share, _ = await a_sent_file(world, school)
        visitor = Visitor(world, Link(share.id, share.token, share.code))
        answer = await visitor.get("/attachments/1")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/shared/{share.token}"

    @pytest.mark.parametrize("number", ["2", "0", "-1", "x", "1e3", "99999", "\u0661"])
    async def test_knows_no_other_number(self, world: World, school: School, number: str) -> None:
        visitor, _, _ = await a_visitor(world, school)
        answer = await visitor.get(f"/attachments/{number}")
        assert answer.status_code == 404
        assert "This link does not open" in answer.text

    async def test_says_that_a_file_is_stopped(self, world: World, school: School) -> None:
        visitor, _, file = await a_visitor(world, school)
        world.sql("update attachment set state = 'held', scan_result = 'found' where id = %s", file)
        answer = await visitor.get("/attachments/1")
        assert (answer.status_code, "This file does not open" in answer.text) == (404, True)

    async def test_stops_with_the_share(self, world: World, school: School) -> None:
        visitor, share, _ = await a_visitor(world, school)
        await revoked(world, school, share)
        assert (await visitor.get("/attachments/1")).status_code == 303
        visitor, share, _ = await a_visitor(world, school)
        await barred(world, school, share)
        assert (await visitor.get("/attachments/1")).status_code == 404
        visitor, share, _ = await a_visitor(world, school)
        await locked(world, school, share)
        assert (await visitor.get("/attachments/1")).status_code == 403

    async def test_lists_them_in_the_document(self, world: World, school: School) -> None:
        visitor, share, _ = await a_visitor(world, school, told="Letter")
        document = "".join(texts_of_pdf((await visitor.get("/document.pdf")).content))
        assert "Letter.pdf" in document
        mine = await school.lead.get(f"/v1/shares/{share.id}/document.pdf")
        assert "Letter.pdf" in "".join(texts_of_pdf(mine.content))
