"""One child and concern with something of everything, shared by the operations that read them."""

from dataclasses import dataclass
from datetime import date

from app.core.words import Role
from tests.security.scenes import SENTINEL, Call, Scene, soon


@dataclass(frozen=True)
class Filled:
    """What was made, by its ids."""

    child: str
    concern: str


async def filled(scene: Scene, reporter: Role = Role.STAFF) -> Filled:
    """The school's filled child, with a concern by somebody in a role; made once for each role."""
    made = scene.school.filled
    if reporter not in made:
        made[reporter] = await _fill(scene, reporter)
    child, concern = made[reporter]
    return Filled(child, concern)


async def filled_child(scene: Scene) -> Call:
    """The child, as an operation asks for it."""
    return Call({"child_id": (await filled(scene)).child})


async def filled_concern(scene: Scene) -> Call:
    """The concern; one of their own for whoever reads nothing else."""
    role = scene.actor.role
    own = role in (Role.STAFF, Role.SCHOOL_ADMIN)
    return Call({"concern_id": (await filled(scene, role if own else Role.STAFF)).concern})


async def filled_own(scene: Scene) -> Call:
    """The concern that the actor reported."""
    return Call({"concern_id": (await filled(scene, scene.actor.role)).concern})


async def _fill(scene: Scene, reporter: Role) -> tuple[str, str]:
    child = await _with_family(scene, f"7 {SENTINEL} Lane, {reporter.value}")
    sealed = await scene.concern(child)
    scene.world.sql("update concern set confidentiality = 'K4' where id = %s", sealed)
    concern = await scene.concern(child, reporter)
    await scene.step(scene.lead, concern, "triage", scene.triage_body())
    await scene.step(scene.lead, concern, "correct", {"place": SENTINEL, "reason": SENTINEL})
    path, own = f"/v1/concerns/{concern}", scene.by(reporter)
    decision = {"question": SENTINEL, "decision": SENTINEL, "reason": SENTINEL}
    await scene.made_by(scene.lead, f"{path}/decisions", decision)
    await scene.made_by(scene.lead, f"{path}/comments", {"text": SENTINEL})
    asker = scene.by(Role.DEPUTY_DSL if reporter is Role.DSL else Role.DSL)
    await scene.made_by(asker, f"{path}/ask-reporter", {"text": SENTINEL})
    owner = str(scene.school[Role.DSL].id)
    action = {"what": SENTINEL, "owner_id": owner, "due_at": soon(days=1)}
    await scene.made_by(scene.lead, f"{path}/actions", action)
    await scene.made_by(own, f"{path}/amendments", {"text": SENTINEL, "reason": SENTINEL})
    sent = await own.request(
        "POST", f"{path}/attachments", content=SENTINEL.encode(),
        headers={"Content-Type": "text/plain"},
    )  # fmt: skip
    assert sent.status_code == 201, sent.text
    return child, concern


async def _with_family(scene: Scene, home: str) -> str:
    """A child with family, statuses, facts that changed, and one who may be it.

    The sister is of another year: a pastoral member reads nothing of her.
    """
    born = date(2016, 5, 1 + len(scene.school.filled))  # a day on which nobody else was
    child = await scene.child(address=SENTINEL, date_of_birth=born)
    await scene.child(address=home, date_of_birth=born)
    sister = await scene.child(year_group="9")
    await scene.concern(sister)
    sibling = {"other_child_id": sister, "kind": "sibling", "note": SENTINEL}
    await scene.around(child, "relationships", **sibling)
    status = {"valid_from": "2026-01-05", "source": "school", "evidence": SENTINEL}
    await scene.around(child, "statuses", kind="young_carer", **status)
    need = await scene.around(child, "statuses", kind="child_in_need", **status)
    contact, path = await scene.contact(child), f"/v1/children/{child}"
    await _change(scene, path, "child", child, address=home)
    await _change(scene, f"{path}/contacts/{contact}", "contact", contact, restriction=SENTINEL)
    await _change(scene, f"{path}/statuses/{need}", "child_status", need, evidence=home)
    return child


async def _change(scene: Scene, path: str, table: str, id_: str, **fields: str) -> None:
    """Change a fact as the lead does."""
    answer = await scene.lead.patch(path, fields, version=scene.version(table, id_))
    assert answer.status_code == 200, answer.text
