"""Where alerts go cannot be bent quietly: addresses, numbers, hours and who is said to be away."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from app.domain.common.alerts.commands import tell
from app.domain.duty.ladder.queries import team_of
from app.domain.exchange.roster.rules import DEFAULT_SOURCE
from app.jobs.accounts import SEND_LINK
from app.jobs.alerts import SEND_ALERT
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, Run
from tests.api.people.test_provisioning_holds import WATCHERS, path_of
from tests.api.scim import Provider, a_provider
from tests.rosters import Roster, package
from tests.unit.formats.roster_packages import user
from tests.world import Person, School, World

EVIL = "evil@example.net"


@pytest.fixture
async def provider(world: World, school: School) -> Provider:
    """The identity provider of the school."""
    return await a_provider(world, school)


async def bend(provider: Provider, person: Person, address: str = EVIL) -> None:
    """Say by SCIM that somebody is reached elsewhere."""
    operation = {"op": "replace", "value": {"emails": [{"value": address, "primary": True}]}}
    answer = await provider.patch(await path_of(provider, person), operation)
    assert answer.status_code == 200, answer.text


async def mailed(folder_adapters: Adapters, school: School, task: Any, **args: str) -> list[str]:
    """Whom the job of a task mails, and what: every message in the folder afterwards."""
    run = Run(folder_adapters, build_queue(folder_adapters), {"school_id": str(school.id), **args})
    await task.run(run)
    return texts_of(folder_adapters)


def texts_of(folder_adapters: Adapters) -> list[str]:
    """Every message in the folder."""
    folder = Path(folder_adapters.settings.mail_url.removeprefix("file://"))
    return [path.read_text() for path in sorted(folder.rglob("*.eml"))]


async def alerted(world: World, folder_adapters: Adapters, person: Person) -> set[str]:
    """The addresses that an alert to somebody goes to."""
    school_id = person.school_id
    async with world.work(school_id) as work:
        tell(work, person.id, "concern_urgent", urgent=True, matter_id=new_id())
    ((alert,),) = world.sql(
        "select id from alert where recipient_id = %s and kind = 'concern_urgent' "
        "order by created_at desc, id desc limit 1",
        person.id,
    )
    run = Run(
        folder_adapters,
        build_queue(folder_adapters),
        {"school_id": str(school_id), "alert_id": str(alert)},
    )
    await SEND_ALERT.run(run)
    texts = texts_of(folder_adapters)
    found = [re.search(r"^To: (.+)$", text, re.M) for text in texts if f"alert-{alert}" in text]
    return {one[1] for one in found if one}


def told(world: World, person: UUID, kind: str = "reach_changed") -> int:
    """How many alerts of a kind somebody has."""
    ((number,),) = world.sql(
        "select count(*) from alert where recipient_id = %s and kind = %s",
        person,
        kind,
    )
    return int(number)


class TestAddresses:
    async def test_alerts_go_to_both_until_one_is_confirmed(
        self, world: World, provider: Provider, folder_adapters: Adapters
    ) -> None:
        lead = provider.school[Role.DSL]
        await bend(provider, lead)
        assert await alerted(world, folder_adapters, lead) == {lead.email, EVIL}

    async def test_those_who_watch_hear_of_it_once(self, world: World, provider: Provider) -> None:
        school, lead = provider.school, provider.school[Role.DSL]
        await bend(provider, lead)
        await bend(provider, lead, "evil.too@example.net")
        for role in WATCHERS:
            assert told(world, school[role].id) == 1
        shown = (await school.api(Role.SCHOOL_ADMIN).get(f"/v1/staff/{lead.id}")).json()
        assert (shown["email"], shown["new_email"]) == (lead.email, "evil.too@example.net")

    async def test_the_person_confirms_it_signed_in(
        self, world: World, provider: Provider, folder_adapters: Adapters
    ) -> None:
        lead, api = provider.school[Role.DSL], provider.school.lead
        await bend(provider, lead)
        waiting = (await api.get("/v1/me")).json()["new_reach"]
        assert (waiting["email"], waiting["phone"]) == (EVIL, None)
        body = {"email": EVIL, "phone": None}
        other = await api.post("/v1/me/new-reach/confirm", body | {"email": "a@example.org"})
        assert (other.status_code, other.json()["code"]) == (409, "nothing_to_confirm")
        done = await api.post("/v1/me/new-reach/confirm", body)
        assert (done.status_code, done.json()) == (200, {"email": EVIL, "phone": None})
        assert (await api.get("/v1/me")).json()["new_reach"] is None
        assert await alerted(world, folder_adapters, lead) == {EVIL}
        again = await api.post("/v1/me/new-reach/confirm", body)
        assert again.status_code == 409

    async def test_the_person_declines_it_and_it_is_not_said_again(
        self, world: World, provider: Provider, folder_adapters: Adapters
    ) -> None:
        lead, api = provider.school[Role.DSL], provider.school.lead
        await bend(provider, lead)
        body = {"email": EVIL, "phone": None}
        done = await api.post("/v1/me/new-reach/decline", body)
        assert done.json() == {"email": lead.email, "phone": None}
        change = {"op": "replace", "path": "title", "value": "Lead"}
        await provider.patch(await path_of(provider, lead), change)
        assert await alerted(world, folder_adapters, lead) == {lead.email}

    async def test_the_present_address_confirms_it_by_a_link(
        self, world: World, provider: Provider, folder_adapters: Adapters
    ) -> None:
        school, lead = provider.school, provider.school[Role.DSL]
        await bend(provider, lead)
        args = {"account_id": str(lead.id), "purpose": "reach"}
        (text,) = await mailed(folder_adapters, school, SEND_LINK, **args)
        assert f"To: {lead.email}" in text
        assert EVIL in text
        token = re.search(r"token=3?D?([A-Za-z0-9_-]{20,})", text.replace("=\n", ""))
        assert token
        body = {"token": token[1]}
        assert (await world.anybody.post("/v1/new-reach/confirm", body)).status_code == 200
        assert (await world.anybody.post("/v1/new-reach/confirm", body)).status_code == 422
        assert world.sql("select email from staff where id = %s", lead.id) == [(EVIL,)]

    async def test_a_link_confirms_nothing_that_it_did_not_name(
        self, world: World, provider: Provider, folder_adapters: Adapters
    ) -> None:
        school, lead = provider.school, provider.school[Role.DSL]
        await bend(provider, lead, "right@example.org")
        args = {"account_id": str(lead.id), "purpose": "reach"}
        (text,) = await mailed(folder_adapters, school, SEND_LINK, **args)
        await bend(provider, lead)
        token = re.search(r"token=3?D?([A-Za-z0-9_-]{20,})", text.replace("=\n", ""))
        assert token
        answer = await world.anybody.post("/v1/new-reach/confirm", {"token": token[1]})
        assert (answer.status_code, answer.json()["code"]) == (422, "link_invalid")
        assert world.sql("select email from staff where id = %s", lead.id) == [(lead.email,)]

    async def test_back_to_the_present_address_leaves_nothing_to_confirm(
        self, provider: Provider
    ) -> None:
        lead = provider.school[Role.DSL]
        await bend(provider, lead)
        await bend(provider, lead, lead.email)
        assert (await provider.school.lead.get("/v1/me")).json()["new_reach"] is None


class TestNumbers:
    async def by_hand(self, school: School, person: Person, phone: str | None) -> Any:
        path = f"/v1/staff/{person.id}"
        tag = (await school.api(Role.SCHOOL_ADMIN).get(path)).headers["etag"]
        answer = await school.api(Role.SCHOOL_ADMIN).request(
            "PATCH", path, json={"phone": phone}, headers={"If-Match": tag}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def test_another_number_by_hand_stands_beside_the_first(
        self, world: World, school: School
    ) -> None:
        lead = school[Role.DSL]
        world.sql("update staff set phone = '01632 960001' where id = %s", lead.id)
        shown = await self.by_hand(school, lead, "01632 960002")
        assert (shown["phone"], shown["new_phone"]) == ("01632 960001", "01632 960002")
        shown = await self.by_hand(school, lead, None)
        assert (shown["phone"], shown["new_phone"]) == ("01632 960001", "")
        assert told(world, lead.id) == 1
        assert told(world, school[Role.HEADTEACHER].id) == 1
        body = {"email": None, "phone": ""}
        done = await school.lead.post("/v1/me/new-reach/confirm", body)
        assert done.json() == {"email": lead.email, "phone": None}

    async def test_a_first_one_of_who_watches_is_theirs_to_confirm(
        self, world: World, school: School
    ) -> None:
        lead = school[Role.DSL]
        shown = await self.by_hand(school, lead, "01632 960001")
        assert (shown["phone"], shown["new_phone"]) == (None, "01632 960001")
        assert told(world, lead.id) == told(world, school[Role.HEADTEACHER].id) == 1
        shown = await self.by_hand(school, lead, None)
        assert (shown["phone"], shown["new_phone"]) == (None, None), "taken back before it counted"
        await self.by_hand(school, lead, "01632 960001")
        body = {"email": None, "phone": "01632 960001"}
        done = await school.lead.post("/v1/me/new-reach/confirm", body)
        assert done.json() == {"email": lead.email, "phone": "01632 960001"}

    async def test_a_first_one_of_anybody_else_counts(self, school: School) -> None:
        shown = await self.by_hand(school, school[Role.STAFF], "01632 960001")
        assert (shown["phone"], shown["new_phone"]) == ("01632 960001", None)

    async def test_a_roster_brings_another_number_beside_the_first(
        self, world: World, school: School
    ) -> None:
        roster, mark = Roster(school), school.id.hex[-8:]

        async def bring(phone: str) -> tuple[Any, Any]:
            row = user(sourcedId=mark, role="teacher", email=f"{mark}@oak.example", phone=phone)
            await roster.bring(package(row))
            found = world.sql(
                "select phone, new_phone from staff where school_id = %s and source_id = %s",
                school.id, mark,
            )  # fmt: skip
            return found[0][0], found[0][1]

        assert await bring("01632 960001") == ("01632 960001", None)
        assert told(world, school[Role.DSL].id) == 0
        assert await bring("01632 960002") == ("01632 960001", "01632 960002")
        assert told(world, school[Role.DSL].id) == 1
        assert await bring("01632 960001") == ("01632 960001", None)

    async def test_a_first_one_of_a_lead_from_a_roster_waits_for_them(
        self, world: World, school: School
    ) -> None:
        """As one that is typed in: whoever is worried phones it."""
        lead, roster, mark = school[Role.DEPUTY_DSL], Roster(school), school.id.hex[-8:]
        world.sql(
            "update staff set source = %s, source_id = %s where id = %s",
            DEFAULT_SOURCE, mark, lead.id,
        )  # fmt: skip

        async def bring(phone: str) -> tuple[Any, ...]:
            row = user(sourcedId=mark, role="teacher", email=lead.email, phone=phone)
            await roster.bring(package(row))
            found = world.sql(
                "select phone, new_phone, reach_changed_at is not null from staff where id = %s",
                lead.id,
            )
            return tuple(found[0])

        assert await bring("01632 960001") == (None, "01632 960001", True)
        assert told(world, lead.id) == 1
        assert told(world, school[Role.DSL].id) == 1
        assert await bring("") == (None, "01632 960001", True), "a roster that says nothing"
        body = {"email": None, "phone": "01632 960001"}
        done = await world.as_token(lead.token).post("/v1/me/new-reach/confirm", body)
        assert done.json() == {"email": lead.email, "phone": "01632 960001"}

    async def test_ones_own_counts_at_once(self, school: School) -> None:
        admin = school[Role.SCHOOL_ADMIN]
        for number in ("01632 960001", "01632 960002"):
            shown = await self.by_hand(school, admin, number)
            assert (shown["phone"], shown["new_phone"]) == (number, None)

    async def test_the_schools_own_number_counts_once_a_lead_confirms_it(
        self, world: World, school: School
    ) -> None:
        path = f"/v1/schools/{school.id}"
        tag = (await school.api(Role.SCHOOL_ADMIN).get(path)).headers["etag"]
        answer = await school.api(Role.SCHOOL_ADMIN).request(
            "PATCH", path, json={"phone": "01632 960009"}, headers={"If-Match": tag}
        )
        assert (answer.status_code, answer.json()["phone"]) == (200, None), answer.text
        (change,) = (await school.lead.get("/v1/proposed-changes")).json()["items"]
        confirm = f"/v1/proposed-changes/{change['id']}/confirm"
        assert (await school.lead.post(confirm, version=1)).status_code == 204
        assert (await school.staff.get(path)).json()["phone"] == "01632 960009"
        for role in WATCHERS:
            assert told(world, school[role].id) == 0, "two people have seen it"


class TestCalendars:
    CALL: ClassVar = {"who": "Duty phone", "number": "01632 960001", "when": "Evenings"}
    HOURS: ClassVar = {"weekday": "monday", "from": "08:00", "to": "16:00"}

    async def change(self, school: School, role: Role, **content: Any) -> Any:
        path = f"/v1/schools/{school.id}/calendar"
        tag = (await school.api(role).get(path)).headers["etag"]
        return await school.api(role).request(
            "PATCH", path, json=content, headers={"If-Match": tag}
        )

    async def test_numbers_of_an_administrator_count_once_a_lead_confirms_them(
        self, school: School
    ) -> None:
        admin, other = Role.SCHOOL_ADMIN, {**self.CALL, "number": "01632 960666"}
        assert (await self.change(school, Role.DSL, call=[self.CALL])).status_code == 200
        for call in ([other, self.CALL], [other], [], None):
            answer = await self.change(school, admin, call=call)
            assert (answer.status_code, answer.json()["call"]) == (200, [self.CALL])
            (change,) = (await school.lead.get("/v1/proposed-changes")).json()["items"]
        confirm = f"/v1/proposed-changes/{change['id']}/confirm"
        assert (await school.lead.post(confirm, version=1)).status_code == 204
        path = f"/v1/schools/{school.id}/calendar"
        assert (await school.staff.get(path)).json()["call"] == []

    @pytest.mark.parametrize("name", ["lead_hours", "lead_days"])
    async def test_hours_that_were_said_only_those_change_who_look(
        self, world: World, school: School, name: str
    ) -> None:
        day = (clock.day_of(clock.now()) + timedelta(days=9)).isoformat()
        said: Any = {
            "lead_hours": [self.HOURS],
            "lead_days": [{"on": day, "spans": [{"from": "09:00", "to": "10:00"}]}],
        }[name]
        assert (await self.change(school, Role.SCHOOL_ADMIN, **{name: said})).status_code == 200
        answer = await self.change(school, Role.SCHOOL_ADMIN, **{name: []})
        assert (answer.status_code, answer.json()["code"]) == (403, "second_person_needed")
        assert (await self.change(school, Role.HEADTEACHER, **{name: None})).status_code == 200
        assert told(world, school[Role.DEPUTY_DSL].id, "calendar_changed") == 1

    async def test_opening_hours_change_under_their_eyes(
        self, world: World, school: School
    ) -> None:
        answer = await self.change(school, Role.SCHOOL_ADMIN, closes="17:30")
        assert answer.status_code == 200, answer.text
        assert told(world, school[Role.DSL].id, "calendar_changed") == 1


class TestAbsences:
    async def rung(self, world: World, school: School) -> tuple[UUID, ...]:
        """Whom the ladder would tell in the place of the lead."""
        async with world.work(school.id) as work:
            team = await team_of(await work.driver(), school.id, clock.now(), [])
        return team.present(school[Role.DSL].id)

    async def say(self, school: School, by: Role) -> Any:
        today = clock.day_of(clock.now())
        body = {
            "away_id": str(school[Role.DSL].id),
            "valid_from": today.isoformat(),
            "valid_to": (today + timedelta(days=3)).isoformat(),
            "covered_by_ids": [str(school[Role.DEPUTY_DSL].id)],
        }
        answer = await school.api(by).post("/v1/cover", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def test_an_administrators_word_takes_no_alert_from_a_lead(
        self, world: World, school: School
    ) -> None:
        await self.say(school, Role.SCHOOL_ADMIN)
        both = (school[Role.DSL].id, school[Role.DEPUTY_DSL].id)
        assert await self.rung(world, school) == both

    @pytest.mark.parametrize("by", [Role.DSL, Role.HEADTEACHER])
    async def test_their_own_word_and_a_heads_does(
        self, world: World, school: School, by: Role
    ) -> None:
        await self.say(school, by)
        assert await self.rung(world, school) == (school[Role.DEPUTY_DSL].id,)

    async def test_nobody_is_said_to_be_back_in_silence(self, world: World, school: School) -> None:
        cover = await self.say(school, Role.HEADTEACHER)
        world.sql("update alert set acknowledged_at = now() where kind = 'cover_set'")
        done = await school.api(Role.SCHOOL_ADMIN).post(
            f"/v1/cover/{cover['id']}/end", {}, version=1
        )
        assert done.status_code == 200, done.text
        assert told(world, school[Role.DSL].id, "cover_set") == 2

    async def test_nor_to_be_away_without_cover(self, world: World, school: School) -> None:
        today = clock.day_of(clock.now())
        body = {
            "staff_id": str(school[Role.DSL].id),
            "valid_from": today.isoformat(),
            "valid_to": (today + timedelta(days=3)).isoformat(),
        }
        answer = await school.api(Role.SCHOOL_ADMIN).post("/v1/staff-absences", body)
        assert answer.status_code == 201, answer.text
        assert told(world, school[Role.DSL].id, "cover_set") == 1
        assert told(world, school[Role.HEADTEACHER].id, "cover_set") == 1
