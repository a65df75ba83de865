"""Two people act on one thing at once: one of them wins, and exactly one clock is left, or none."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

from app.core import clock
from app.core.words import Role
from app.db.repositories.duty.open_things import INCONSISTENT
from app.db.repositories.idempotency import IdempotencyRepository, KeptAnswer
from tests.api.records import a_concern, verbs_about
from tests.exports import order
from tests.past import Past, csv_of, row, upn
from tests.world import Api, School, World

ROUNDS = range(3)
"""How often each race is run: who comes first is chance."""


def in_days(days: int) -> str:
    return (clock.now() + timedelta(days=days)).isoformat()


async def triage(api: Api, concern: str, owner: Any, version: int = 1) -> httpx.Response:
    body = {
        "level": 2, "primary_category": "physical_abuse", "owner_id": str(owner),
        "due_at": in_days(2), "reason": "A mark without an explanation.",
    }  # fmt: skip
    return await api.post(f"/v1/concerns/{concern}/triage", body, version=version)


async def close(api: Api, concern: str, version: int) -> httpx.Response:
    body = {"outcome": "explained", "reason": "The GP explained it."}
    return await api.post(f"/v1/concerns/{concern}/close", body, version=version)


async def merge(api: Api, concern: str, into: str, version: int) -> httpx.Response:
    body = {"into": into, "reason": "The same mark."}
    return await api.post(f"/v1/concerns/{concern}/merge", body, version=version)


def codes(answers: Sequence[httpx.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def one_won(answers: Sequence[httpx.Response]) -> None:
    """One of two was done, and the other told that it came too late."""
    first, second = codes(answers)
    assert first in (200, 201)
    assert second in (409, 412, 422), [answer.text for answer in answers]


def clocks_kept(world: World, school: School, thing: object, *, is_open: bool) -> None:
    """Nothing of the school is astray, and the thing has one clock while it is open."""
    assert world.sql(INCONSISTENT.replace("$1", f"'{school.id}'::uuid")) == []
    found = world.sql(
        "select count(*) from deadline where thing_id = %s and ended_at is null", thing
    )
    assert found == [(int(is_open),)]


class TestOneKey:
    async def test_waits_for_the_first_request_and_says_so(
        self, world: World, school: School
    ) -> None:
        """The first one still runs: its key is claimed, in a transaction that has not ended."""
        concern = await a_concern(school, await school.child())
        path, body = f"/v1/concerns/{concern}/comments", {"text": "I have rung her mother."}
        url = make_url(world.owner_url).set(drivername="postgresql").render_as_string(False)
        with psycopg.connect(url) as first:
            first.execute(
                "insert into idempotency_key (school_id, actor_id, key, fingerprint, created_at)"
                " values (%s, %s, 'one-key', 'x', now())",
                (school.id, school[Role.DSL].id),
            )
            early = await school.lead.post(path, body, key="one-key")
            first.rollback()
        assert early.status_code == 409
        assert early.json()["code"] == "idempotency_key_in_progress"
        assert early.headers["Retry-After"]
        assert (await school.lead.post(path, body, key="one-key")).status_code == 201

    async def test_is_free_again_after_a_refusal(self, world: World, school: School) -> None:
        """It is claimed before anybody knows that the role may not; that goes with the rest."""
        teacher, child = school.api(Role.STAFF), await school.child()
        concern = await a_concern(school, child)
        report = {
            "children": [{"child_id": str(child), "role": "subject"}],
            "account": [{"kind": "observed", "text": "A bruise."}],
        }
        refused = await teacher.post(
            f"/v1/concerns/{concern}/acknowledge", version=1, key="of-a-teacher"
        )
        assert refused.status_code == 403
        invalid = await teacher.post("/v1/concerns", {"children": []}, key="of-a-teacher")
        assert invalid.status_code == 422
        assert world.sql("select key from idempotency_key where key = 'of-a-teacher'") == []
        raised = await teacher.post("/v1/concerns", report, key="of-a-teacher")
        assert raised.status_code == 201
        again = await teacher.post("/v1/concerns", report, key="of-a-teacher")
        assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
        assert again.json()["id"] == raised.json()["id"]

    async def test_that_expires_while_it_is_sent_again_is_new(
        self, world: World, school: School, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its answer is deleted after it was found taken, and before it is read."""
        concern = await a_concern(school, await school.child())
        path, body = f"/v1/concerns/{concern}/comments", {"text": "I have rung her mother."}
        first = await school.lead.post(path, body, key="of-long-ago")
        kept = IdempotencyRepository.kept

        async def expired(keys: IdempotencyRepository, key: str) -> KeptAnswer:
            world.sql("delete from idempotency_key where key = 'of-long-ago'")
            return await kept(keys, key)

        monkeypatch.setattr(IdempotencyRepository, "kept", expired)
        second = await school.lead.post(path, body, key="of-long-ago")
        assert (first.status_code, second.status_code) == (201, 201), second.text
        assert "Idempotency-Replayed" not in second.headers
        monkeypatch.undo()
        again = await school.lead.post(path, body, key="of-long-ago")
        assert (again.content, again.headers["Idempotency-Replayed"]) == (second.content, "true")


class TestAcknowledging:
    @pytest.mark.parametrize("_round", ROUNDS)
    async def test_is_done_by_one_of_two_leads(
        self, world: World, school: School, _round: int
    ) -> None:
        concern = await a_concern(school, await school.child())
        path = f"/v1/concerns/{concern}/acknowledge"
        second = await school.person(Role.DSL)
        answers = await asyncio.gather(
            school.lead.post(path, version=1), world.as_token(second.token).post(path, version=1)
        )
        one_won(answers)
        assert verbs_about(world, concern).count("concern.acknowledged") == 1
        assert world.sql("select due_rule from concern where id = %s", concern) == [
            ("concern.triage",)
        ]
        clocks_kept(world, school, concern, is_open=True)


class TestClosing:
    @pytest.mark.parametrize("_round", ROUNDS)
    async def test_and_merging_do_not_both_end_a_concern(
        self, world: World, school: School, _round: int
    ) -> None:
        child = await school.child()
        concern, other = await a_concern(school, child), await a_concern(school, child)
        assert (await triage(school.lead, concern, school[Role.DSL].id)).status_code == 200
        answers = await asyncio.gather(
            close(school.lead, concern, 2),
            merge(school.api(Role.DEPUTY_DSL), concern, other, 2),
        )
        one_won(answers)
        clocks_kept(world, school, concern, is_open=False)
        clocks_kept(world, school, other, is_open=True)

    @pytest.mark.parametrize("_round", ROUNDS)
    async def test_meets_a_merge_into_the_same_concern(
        self, world: World, school: School, _round: int
    ) -> None:
        child = await school.child()
        concern, other = await a_concern(school, child), await a_concern(school, child)
        assert (await triage(school.lead, concern, school[Role.DSL].id)).status_code == 200
        closed, merged = await asyncio.gather(
            close(school.lead, concern, 2),
            merge(school.api(Role.DEPUTY_DSL), other, concern, 1),
        )
        # Merging changes the concern it merges into, so that who closes it next has to look again.
        statuses = (closed.status_code, merged.status_code)
        assert statuses in {(200, 200), (200, 422), (412, 200)}, closed.text + merged.text
        clocks_kept(world, school, concern, is_open=closed.status_code != 200)
        clocks_kept(world, school, other, is_open=merged.status_code != 200)


class TestMerging:
    @pytest.mark.parametrize("_round", ROUNDS)
    async def test_two_into_each_other_leaves_one_open(
        self, world: World, school: School, _round: int
    ) -> None:
        child = await school.child()
        one, two = await a_concern(school, child), await a_concern(school, child)
        answers = await asyncio.gather(
            merge(school.lead, one, two, 1), merge(school.api(Role.DEPUTY_DSL), two, one, 1)
        )
        one_won(answers)
        gone, kept = (one, two) if answers[0].status_code == 200 else (two, one)
        clocks_kept(world, school, gone, is_open=False)
        clocks_kept(world, school, kept, is_open=True)


class TestTriage:
    async def test_of_what_somebody_else_holds_is_refused_and_can_be_sent_again(
        self, world: World, school: School
    ) -> None:
        concern = await a_concern(school, await school.child())
        url = make_url(world.owner_url).set(drivername="postgresql").render_as_string(False)
        with psycopg.connect(url) as holder:
            holder.execute("select from concern where id = %s for update", (concern,))
            held = await triage(school.lead, concern, school[Role.DSL].id)
        assert (held.status_code, held.json()["code"]) == (503, "record_busy")
        assert int(held.headers["Retry-After"]) > 0
        again = await triage(school.lead, concern, school[Role.DSL].id)
        assert again.status_code == 200, again.text

    @pytest.mark.parametrize("_round", ROUNDS)
    async def test_gives_nothing_to_who_is_named_meanwhile(
        self, world: World, school: School, _round: int
    ) -> None:
        concern = await a_concern(school, await school.child())
        deputy = school[Role.DEPUTY_DSL].id
        body = {"staff_id": str(deputy), "reason": "She was there."}
        given, named = await asyncio.gather(
            triage(school.lead, concern, deputy),
            school.api(Role.HEADTEACHER).post(f"/v1/concerns/{concern}/named-staff", body),
        )
        assert named.status_code == 201
        assert given.status_code in (200, 409, 412, 422), given.text
        ((owner, due_at),) = world.sql(
            "select owner_id, due_at from concern where id = %s", concern
        )
        assert owner != deputy
        assert due_at is not None
        clocks_kept(world, school, concern, is_open=True)


class TestActions:
    @pytest.mark.parametrize("_round", ROUNDS)
    async def test_are_completed_or_given_to_another(
        self, world: World, school: School, _round: int
    ) -> None:
        concern = await a_concern(school, await school.child())
        assert (await triage(school.lead, concern, school[Role.DSL].id)).status_code == 200
        body = {"what": "Phone home", "owner_id": str(school[Role.DSL].id), "due_at": in_days(1)}
        made = await school.lead.post(f"/v1/concerns/{concern}/actions", body)
        action = made.json()["id"]
        passed_on = {"owner_id": str(school[Role.DEPUTY_DSL].id), "due_at": in_days(3)}
        completed, reassigned = await asyncio.gather(
            school.lead.post(f"/v1/actions/{action}/complete", {"outcome": "Done."}, version=1),
            school.api(Role.DEPUTY_DSL).post(
                f"/v1/actions/{action}/reassign", passed_on, version=1
            ),
        )
        one_won([completed, reassigned])
        clocks_kept(world, school, action, is_open=completed.status_code != 200)


class TestOrderingExports:
    @pytest.mark.parametrize("_round", ROUNDS)
    async def test_of_one_school_begins_one(
        self, world: World, school: School, _round: int
    ) -> None:
        answers = await asyncio.gather(*(order(school.lead) for _ in range(4)))
        assert codes(answers) == [202, 409, 409, 409], [answer.text for answer in answers]
        found = world.sql("select count(*) from school_export where school_id = %s", school.id)
        assert found == [(1,)]


class TestApprovingPastImports:
    @pytest.mark.parametrize("_round", ROUNDS)
    async def test_of_the_same_rows_lets_one_in(self, school: School, _round: int) -> None:
        past = Past(school)
        await past.child(1)
        content = csv_of(row("1", f"upn:{upn(1)}"))
        plans = [(await past.planned(content))["id"] for _ in range(2)]
        answers = await asyncio.gather(*(past.approve(one) for one in plans))
        assert codes(answers) == [200, 409], [answer.text for answer in answers]
        late = next(one for one in answers if one.status_code == 409)
        assert late.json()["code"] == "import_overtaken"
