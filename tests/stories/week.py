"""What the stories of a school's week look at: who was told and how, until when, and the inbox."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.words import Role
from tests.inboxes import about_id
from tests.stories.telling import Story, readers

LEADS = {Role.DSL, Role.DEPUTY_DSL}
READ_IT = {*LEADS, Role.HEADTEACHER, Role.PASTORAL, Role.STAFF}
"""Who may read the words of a teacher's concern: of the teachers only the one who wrote them."""
STILL_ASKS = {"concern_raised", "concern_urgent", "overdue"}
"""What an inbox asks about a concern that nobody has."""


def told(story: Story, concern: str) -> dict[Role, bool]:
    """Who was alerted to a new concern, by role, and whether it was urgent."""
    rows = story.world.sql(
        "select recipient_id, urgent from alert where concern_id = %s and kind = 'concern_raised'",
        concern,
    )
    by_id = {person.id: role for role, person in story.school.people.items()}
    return {by_id[person]: urgent for person, urgent in rows}


async def due(story: Story, concern: str) -> datetime:
    """Until when a lead has to have read it."""
    record = await story.read(Role.DSL, f"/v1/concerns/{concern}")
    return datetime.fromisoformat(record["due_at"])


def advice(receipt: dict[str, Any]) -> str:
    """What the reporter is told to do now, in one text."""
    return " ".join(receipt["guidance"]["first"])


async def next_codes(story: Story, concern: str) -> list[str]:
    """What comes next, as the lead sees it."""
    found = await story.read(Role.DSL, f"/v1/concerns/{concern}/next-steps")
    return [one["code"] for one in found["items"]]


async def waiting(story: Story, *roles: Role) -> dict[Role, set[str]]:
    """Which records the inboxes of people still ask about."""
    return {
        role: {about for one in await story.inbox(role) if (about := about_id(one))}
        for role in roles
    }


async def at_the_end(
    story: Story, concern: str, *words: str, children: tuple[UUID | str, ...]
) -> None:
    """Nobody reads the words who may not, and no inbox asks about a concern that somebody has."""
    everything = await story.everybody(*children)
    seen = readers(everything, *words)
    assert str(Role.DSL) in seen, "what is looked for is there"
    assert seen <= {str(role) for role in READ_IT}
    other = await story.school.person(Role.STAFF, "Another Teacher")
    found = await story.everything(other, *children)
    assert not [path for path, text in found.items() if any(one in text for one in words)]
    for role in (*LEADS, Role.HEADTEACHER):
        inbox = [one for one in await story.inbox(role) if about_id(one) == concern]
        assert not {one["kind"] for one in inbox} & STILL_ASKS, role
    mails = " ".join(mail.as_string() for mail in story.sink.delivered)
    assert not any(one in mails for one in words)
    assert await story.whole()


async def triage(story: Story, concern: str, level: int, until: tuple[int, str], **of: Any) -> Any:
    """The lead decides what it is."""
    body = {
        "level": level, "primary_category": of.pop("primary_category", "neglect"),
        "owner_id": str(story.person(Role.DSL).id), "due_at": story.moment(*until).isoformat(),
        "reason": "They told us themselves, and we have seen it before.",
    } | of  # fmt: skip
    return await story.step(Role.DSL, concern, "triage", body)


async def decides(story: Story, concern: str, kind: str, why: str) -> None:
    """The lead writes down a decision."""
    body = {"kind": kind, "question": "What now?", "decision": why, "reason": why}
    await story.does(Role.DSL, f"/v1/concerns/{concern}/decisions", body)
