"""The pages by which staff come in: a mailed link, a new password, the second factor."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import segno

from app.api.pages.account import QUIET, picture_of
from app.core import clock
from app.core.ids import NIL
from app.core.words import Role
from app.domain.people.address_changes.commands import new_link
from app.domain.people.passwords.commands import new_account_token, new_invitation
from tests.account_pages import NEW, add, app_of, mailed_link, mailing, pass_in, post
from tests.api.people.test_address_changes import bend
from tests.api.people.test_invitations import accepted
from tests.api.scim import a_provider
from tests.recipient_pages import OURS, words_of
from tests.signing_in import enrol, prove_by_password_only, sign_in, status_of_me
from tests.world import PASSWORD, Person, School, World

SET, JOIN, REACH = (
    f"/account/{name}" for name in ("set-password", "accept-invitation", "confirm-reach")
)
RESET, FACTOR = "/account/new-password", "/account/second-factor"
CONFIRM = f"{FACTOR}/confirm"


async def a_reset(world: World, person: Person) -> str:
    """The token of a mailed link for a new password."""
    async with world.work(NIL) as work:
        return new_account_token(work, person.id, "reset")


async def newcomer(world: World, school: School) -> Person:
    """Somebody with a password and no second factor."""
    person = school[Role.DSL]
    await world.set_password(person)
    return person


async def confirm(world: World, carried: str, code: str) -> httpx.Response:
    """Send an app's code with what the page before it carried."""
    fields = {"pass": carried, "code": code}
    return await world.http.post(CONFIRM, data=fields, headers=OURS)


class TestEveryPage:
    @pytest.mark.parametrize("path", [SET, JOIN, REACH, RESET, FACTOR, "/account/done?what=asked"])
    async def test_is_kept_nowhere_and_sets_no_cookie(self, world: World, path: str) -> None:
        answer = await world.http.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert policy.endswith("script-src 'self'")
        assert "set-cookie" not in answer.headers
        assert 'lang="en"' in answer.text

    async def test_speaks_welsh(self, world: World) -> None:
        answer = await world.http.get(SET, headers={"Accept-Language": "cy"})
        assert "Dewiswch eich cyfrinair" in answer.text
        assert "Choose your password" in (await world.http.get(f"{SET}?lang=en")).text

    async def test_is_a_page_also_where_there_is_none(self, world: World) -> None:
        answer = await world.http.get("/account/nowhere")
        assert (answer.status_code, answer.headers["content-type"][:9]) == (404, "text/html")
        assert (await world.http.get("/account/done")).headers["location"] == RESET
        assert (await world.http.get(CONFIRM)).headers["location"] == FACTOR


class TestTheMailedLink:
    async def test_of_an_invitation_leads_to_the_page_and_joins(
        self, world: World, school: School, tmp_path: Path
    ) -> None:
        adapters = mailing(world, tmp_path)
        email = await add(school)
        link = await mailed_link(adapters, tmp_path, email)
        await adapters.database.close()
        base = world.runtime.settings.base_url
        address, _, token = link.partition("#token=")
        assert address == f"{base}{SET}"
        assert (await world.http.get(SET)).status_code == 200
        done = await post(world, SET, link=link, password=NEW, again=NEW)
        assert (done.status_code, done.headers["location"]) == (
            303, "/account/done?what=password&lang=en",
        )  # fmt: skip
        assert token not in str(done.headers)
        signed = await sign_in(world, email, NEW)
        assert signed.json()["second_factor"] == "enrol", signed.text

    async def test_goes_to_the_front_end_where_there_is_one(
        self, world: World, school: School, tmp_path: Path
    ) -> None:
        adapters = mailing(world, tmp_path, front_url="https://front.example")
        link = await mailed_link(adapters, tmp_path, await add(school))
        await adapters.database.close()
        assert link.startswith(f"https://front.example{SET}#token=")

    async def test_works_once(
        self, world: World, school: School, capfd: pytest.CaptureFixture[str]
    ) -> None:
        person = school[Role.STAFF]
        token = await a_reset(world, person)
        first = await post(world, SET, link=token, password=NEW, again=NEW)
        again = await post(world, SET, link=token, password=f"{NEW}!", again=f"{NEW}!")
        assert (first.status_code, again.status_code) == (303, 422)
        assert "already been used, or is too old" in words_of(again.text)
        assert token not in again.text
        said = capfd.readouterr()
        assert token not in said.out + said.err

    async def test_looks_alike_used_old_or_made_up(self, world: World, school: School) -> None:
        token = await a_reset(world, school[Role.STAFF])
        with clock.shifted(timedelta(hours=2)):
            old = await post(world, SET, link=token, password=NEW, again=NEW)
        made_up = await post(world, SET, link="x" * 43, password=NEW, again=NEW)
        assert old.text == made_up.text
        assert (old.status_code, made_up.status_code) == (422, 422)

    @pytest.mark.parametrize(
        ("password", "again", "said"),
        [
            ("", "", "Enter a password"),
            (NEW, f"{NEW}!", "not the same"),
            ("short", "short", "too short"),
            ("password1234", "password1234", "first passwords that thieves try"),
            ("x" * 300, "x" * 300, "too long"),
        ],
    )
    async def test_says_what_is_wrong_and_stays_good(
        self, world: World, school: School, password: str, again: str, said: str
    ) -> None:
        token = await a_reset(world, school[Role.STAFF])
        refused = await post(world, SET, link=token, password=password, again=again)
        assert refused.status_code == 422
        assert said in words_of(refused.text)
        assert f'value="{token}"' in refused.text
        assert not password or f'value="{password}"' not in refused.text
        done = await post(world, SET, link=token, password=NEW, again=NEW)
        assert done.status_code == 303

    async def test_is_asked_for_where_it_is_missing(self, world: World) -> None:
        answer = await post(world, JOIN, link=" ")
        assert answer.status_code == 422
        assert "Paste the whole link" in words_of(answer.text)

    async def test_joins_somebody_who_has_a_password(
        self, world: World, school: School, other_school: School
    ) -> None:
        known = other_school[Role.STAFF]
        await world.set_password(known)
        body = {"name": "Jo", "email": known.email, "roles": ["staff"]}
        await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
        async with world.work(school.id) as work:
            token, _ = await new_invitation(work, known.id)
        assert (
            (await post(world, JOIN, link=token))
            .headers["location"]
            .startswith("/account/done?what=joined")
        )
        assert accepted(world, school, known.id)
        assert (await post(world, JOIN, link=token)).status_code == 422

    async def test_confirms_how_somebody_is_reached(self, world: World, school: School) -> None:
        person, email = school[Role.DSL], "moved@example.org"
        await bend(await a_provider(world, school), person, email)
        async with world.work(school.id) as work:
            link = await new_link(work, person.id)
        assert link is not None
        done = await post(world, REACH, link=link.secret)
        assert done.headers["location"].startswith("/account/done?what=reach")
        rows = world.sql("select email from staff where id = %s", person.id)
        assert rows == [(email,)]


class TestAFormFromElsewhere:
    @pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
    async def test_is_refused(self, world: World, school: School, site: str) -> None:
        token = await a_reset(world, school[Role.STAFF])
        elsewhere = {"Sec-Fetch-Site": site}
        answer = await post(world, SET, elsewhere, link=token, password=NEW, again=NEW)
        assert answer.status_code == 403
        assert "Nothing was sent" in words_of(answer.text)
        for path in (RESET, FACTOR, CONFIRM):
            assert (await post(world, path, elsewhere)).status_code == 403
        done = await post(world, SET, link=token, password=NEW, again=NEW)
        assert done.status_code == 303

    async def test_is_refused_where_it_is_no_form(self, world: World) -> None:
        assert (await world.http.post(SET, json={"link": "x"})).status_code == 403
        assert (await post(world, SET, link="x" * 5_000)).status_code == 403


class TestANewPassword:
    async def test_is_mailed_and_tells_nobody_who_is_known(
        self, world: World, school: School, tmp_path: Path
    ) -> None:
        person, adapters = school[Role.STAFF], mailing(world, tmp_path)
        known = await post(world, RESET, email=person.email)
        unknown = await post(world, RESET, email="nobody@example.org")
        assert known.headers["location"] == unknown.headers["location"]
        assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
        link = await mailed_link(adapters, tmp_path, person.email)
        await adapters.database.close()
        assert (await post(world, SET, link=link, password=NEW, again=NEW)).status_code == 303
        assert (await sign_in(world, person.email, NEW)).status_code == 200

    async def test_needs_an_address(self, world: World) -> None:
        answer = await post(world, RESET, email=" ")
        assert (answer.status_code, "Enter your email" in answer.text) == (422, True)


class TestTheSecondFactor:
    async def test_is_added_and_used(self, world: World, school: School) -> None:
        person = await newcomer(world, school)
        shown = await post(world, FACTOR, email=person.email, password=PASSWORD)
        assert shown.status_code == 200, words_of(shown.text)
        app, token = app_of(shown.text), pass_in(shown.text)
        assert PASSWORD not in shown.text
        assert await status_of_me(world, token) == 200
        with clock.frozen(clock.now()):
            done = await confirm(world, token, app.code())
            signed = await sign_in(world, person.email, otp=app.code(1))
        assert done.status_code == 200, words_of(done.text)
        assert "You can sign in now" in done.text
        codes = [line.split("<")[0] for line in done.text.split("<li><code>")[1:]]
        assert len(codes) == 10
        assert await status_of_me(world, token) == 401, "the page leaves no session behind"
        assert signed.json()["second_factor"] == "done", signed.text
        assert (await sign_in(world, person.email)).json()["code"] == "otp_needed"
        assert (await sign_in(world, person.email, otp=codes[0])).status_code == 200
        assert (await sign_in(world, person.email, otp=codes[0])).status_code == 401

    async def test_is_asked_for_again_after_a_wrong_code(
        self, world: World, school: School
    ) -> None:
        person = await newcomer(world, school)
        shown = await post(world, FACTOR, email=person.email, password=PASSWORD)
        app, token = app_of(shown.text), pass_in(shown.text)
        wrong = await confirm(world, token, "12")
        assert (wrong.status_code, pass_in(wrong.text)) == (422, token)
        assert "Wait for the next one" in words_of(wrong.text)
        with clock.frozen(clock.now()):
            done = await confirm(world, token, app.code())
        assert "Keep these recovery codes" in done.text

    async def test_begins_again_where_it_took_too_long_or_is_done(
        self, world: World, school: School
    ) -> None:
        person = await newcomer(world, school)
        shown = await post(world, FACTOR, email=person.email, password=PASSWORD)
        app, token = app_of(shown.text), pass_in(shown.text)
        for by in (timedelta(minutes=11), timedelta(minutes=16)):
            with clock.shifted(by):
                late = await confirm(world, token, app.code())
            assert "Sign in again to start over" in words_of(late.text)
        forged = await confirm(world, "x.y.z", app.code())
        assert (forged.status_code, "Sign in again to start over" in words_of(forged.text)) == (
            422,
            True,
        )
        with clock.frozen(clock.now()):
            await confirm(world, token, app.code())
            again = await confirm(world, token, app.code(1))
        assert "Sign in again to start over" in words_of(again.text)

    async def test_takes_the_factor_that_is_there_to_replace_it(
        self, world: World, school: School
    ) -> None:
        person = await newcomer(world, school)
        prove_by_password_only(world, person)
        app, _ = await enrol(world.as_token(person.token))
        without = await post(world, FACTOR, email=person.email, password=PASSWORD)
        assert "You have a code app already" in words_of(without.text)
        wrong = await post(world, FACTOR, email=person.email, password=PASSWORD, otp="000000")
        assert "That code is wrong" in words_of(wrong.text)
        with clock.frozen(clock.now()):
            code = app.code(1)
            shown = await post(world, FACTOR, email=person.email, password=PASSWORD, otp=code)
        assert shown.status_code == 200, words_of(shown.text)

    async def test_needs_the_password_and_locks_as_signing_in_does(
        self, world: World, school: School
    ) -> None:
        person = await newcomer(world, school)
        empty = await post(world, FACTOR, email="", password="")
        assert {"Enter your email address", "Enter a password"} <= set(
            empty.text.replace("</a>", ">").split(">")
        )
        unknown = f"nobody.{person.email}"
        for _ in range(5):
            wrong = await post(world, FACTOR, email=person.email, password="wrong")
            nobody = await post(world, FACTOR, email=unknown, password="wrong")
            assert "do not match" in words_of(wrong.text)
            assert wrong.text.replace(person.email, unknown) == nobody.text
        locked = await post(world, FACTOR, email=person.email, password=PASSWORD)
        assert locked.status_code == 429
        assert int(locked.headers["retry-after"]) > 0
        assert "Too much at once" in locked.text

    async def test_is_of_the_account_whatever_the_role(
        self, world: World, school: School, other_school: School
    ) -> None:
        known = other_school[Role.STAFF]
        await world.set_password(known)
        body = {"name": "Jo", "email": known.email, "roles": ["staff"]}
        await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
        async with world.work(school.id) as work:
            token, _ = await new_invitation(work, known.id)
        await post(world, JOIN, link=token)
        assert (await sign_in(world, known.email)).json()["code"] == "membership_choice_needed"
        shown = await post(world, FACTOR, email=known.email, password=PASSWORD)
        assert "Scan this with your app" in words_of(shown.text)

    async def test_says_who_has_no_role_yet(self, world: World, school: School) -> None:
        email = await add(school)
        ((account_id,),) = world.sql("select id from account where email = %s", email)
        person = Person(account_id, "Jo Bell", email, Role.SCHOOL_ADMIN, school.id)
        await world.set_password(person)
        answer = await post(world, FACTOR, email=email, password=PASSWORD)
        assert "accept the invitation" in words_of(answer.text)


class TestThePicture:
    def test_is_the_code_with_its_quiet_border(self) -> None:
        uri = "otpauth://totp/Cairn%3Ajo%40example.org?secret=ABC&issuer=Cairn"
        picture, rows = picture_of(uri), segno.make(uri, error="m", micro=False).matrix
        drawn = [[0] * len(rows) for _ in rows]
        for stroke in picture["path"].split("M")[1:]:
            place, _, width = stroke.partition("h")
            x, y = (int(float(one)) - QUIET for one in place.split())
            for step in range(int(width)):
                drawn[y][x + step] = 1
        assert drawn == [list(row) for row in rows]
        assert picture["side"] == len(rows) + 2 * QUIET
