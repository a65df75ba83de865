"""What goes out of a concern about self-harm: no name and no word of what it is about, anywhere."""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr
from typing import Any

import httpx
import pytest

from app.core import clock
from app.core import log as logs
from app.core.vocabularies import VOCABULARIES
from app.core.words import Role
from app.domain.exchange.webhook_deliveries.commands import body_of
from app.jobs.runner import Adapters
from tests.api.safety.test_self_harm import SAID, a_report, lead, staff
from tests.jobs.climbing import MONDAY, a_trust, after, fresh, tick
from tests.jobs.delivering import Endpoint, end_endpoints
from tests.jobs.working import Sink, a_worker, eventually, states
from tests.kept_safe import a_kept_record, a_plan
from tests.receiver import Receiver, a_receiver
from tests.world import School, World

NAMES = ("Zyxandra", "Wobblethorpe")
KINDS = ("self_harm_kinds", "self_harm_means", "pathway_states", "task_kinds")
PLAIN = frozenset(
    {"other", "something else", "not known", "closed", "settled", "emergency", "school_export"}
)
ROOTS = ("self-harm", "self_harm", "selfharm", "suicid", "sh_", "safety plan", "safety_plan")


def forbidden() -> set[str]:
    """Names, words said, and every code and label of what such a concern can be about."""
    words = {term.code for name in KINDS for term in VOCABULARIES[name].terms}
    words |= {term.label.lower() for name in KINDS for term in VOCABULARIES[name].terms}
    return {*(name.lower() for name in NAMES), *ROOTS, SAID.lower(), *(words - PLAIN)}


def found_in(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """What must not be there, by where it is."""
    words = sorted(forbidden())
    return {
        where: said
        for where, text in texts.items()
        if (said := [one for one in words if re.search(rf"(?<!\w){re.escape(one)}", text.lower())])
    }


def outside(answer: httpx.Response) -> str:
    """The headers of an answer: its body went to somebody who may read it."""
    return str(dict(answer.headers))


def said_back(answer: httpx.Response) -> list[str]:
    """What a refusal says back of what was sent, or of whom it was about."""
    sent = {*(name.lower() for name in NAMES), SAID.lower(), "thoughts_of_suicide"}
    whole = f"{outside(answer)} {answer.text}".lower()
    return [one for one in sent if one in whole]


@pytest.fixture
def receiver(world: World) -> Iterator[Receiver]:
    """A receiver that takes everything; endpoints of other tests are gone."""
    end_endpoints(world)
    with a_receiver() as running:
        yield running


class TestNothingGoesOut:
    async def test_t25_with_a_name_or_a_kind_in_anything_that_leaves(
        self, world: World, school: School, adapters: Adapters, sink: Sink, receiver: Receiver
    ) -> None:  # fmt: skip
        """It is raised, rings up to the trust, is kept, and refused; all of it is looked at."""
        texts: dict[str, str] = {}
        log = io.StringIO()
        await a_trust(world, school)
        hook = await Endpoint(world, school, receiver, school.lead, f"/hook-{school.id}").add()
        with redirect_stderr(log), clock.frozen(MONDAY):
            logs.configure("debug")
            try:
                await self.live(world, school, texts)
                async with a_worker(adapters):
                    await eventually(lambda: sink.delivered)
                    await eventually(
                        lambda: (
                            "todo" not in states(world, school, "alert.send")
                            and "doing" not in states(world, school, "alert.send")
                        )
                    )
                await hook.settle()
                events = await lead(world, school).get("/v1/changes?since=start&limit=200")
            finally:
                logs.configure("error")
        texts["log"] = log.getvalue()
        texts |= {
            f"mail {place}": f"{one.items()} {one.get_content()}"
            for place, one in enumerate(sink.delivered)
        }
        told = events.json()["items"]
        assert {"task.set", "concern.raised"} <= {one["kind"] for one in told}
        texts["events"] = "\n".join(body_of(school.id, event) for event in told)
        texts["webhooks"] = "\n".join(f"{one['headers']} {one['body']}" for one in hook.got())
        assert len(hook.got()) > 10
        texts["jobs"] = "\n".join(
            f"{name} {args}"
            for name, args in world.sql("select task_name, args::text from procrastinate_jobs")
        )
        assert len(sink.delivered) > 3
        assert found_in(texts) == {}

    async def live(self, world: World, school: School, texts: dict[str, str]) -> None:
        """What happens with a concern; answers and refusals are added to the texts."""
        child = await school.child(*NAMES)
        raised = await staff(world, school).post(
            "/v1/concerns", a_report(child, immediacy="immediate_danger")
        )
        texts["raised"] = outside(raised)
        concern = raised.json()["id"]
        lead(world, school)
        await a_kept_record(
            world,
            school,
            child,
            "safety_plan",
            a_plan(None, "Somebody"),
            SAID,
            confidentiality="K3",
        )
        for minutes in (10, 15, 20, 25, 60, 6 * 60):
            with after(minutes=minutes):
                await tick(world, school)
        api = lead(world, school)
        texts["inbox"] = str((await api.get("/v1/alerts")).json())
        for place, refused in enumerate(await self.refused(world, school, concern, str(child))):
            assert refused.status_code >= 400
            texts[f"refused {place}"] = outside(refused)
            assert said_back(refused) == [], refused.text

    async def refused(
        self, world: World, school: School, concern: str, child: str
    ) -> list[httpx.Response]:
        """Requests that are not done, each with the child's words in it."""
        api, teacher = lead(world, school), fresh(world, school[Role.GOVERNOR])
        said = {"note": f"{SAID} {' '.join(NAMES)}", "unheard_of": SAID}
        path = f"/v1/concerns/{concern}"
        requests: list[Any] = [
            api.post(f"{path}/check", said, version=1),
            api.post(f"{path}/check", {"seen_by": " ".join(NAMES)}, version=99),
            api.post(f"{path}/settle", {"unheard_of": SAID}, version=1),
            api.get(f"{path}-{NAMES[0]}"),
            teacher.get(path),
            api.post(
                f"/v1/children/{child}/records", {"kind": "safety_check"} | {"unheard_of": SAID}
            ),
            api.post("/v1/concerns", a_report(kind="unheard_of")),
        ]
        return [await one for one in requests]

    def test_would_be_found(self) -> None:
        assert found_in({"mail": "About Zyxandra"}) == {"mail": ["zyxandra"]}
        assert found_in({"event": '{"task": "sh_check"}'}) == {"event": ["sh_", "sh_check"]}
        assert found_in({"mail": "A share is due. She shows this."}) == {}
