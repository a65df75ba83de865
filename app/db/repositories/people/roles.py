"""SQL for roles that a school defined, and for the people who have them."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any, Protocol, cast
from uuid import UUID

from sqlalchemy import or_, select, text

from app.core.words import PERMISSION_BY_NAME, Rights
from app.db.models import Membership, SchoolRole
from app.db.repositories.repository import Repository, Row
from app.db.session import Driver

HOLD = text("""
select id from school_role
where school_id = :school_id and slug = :slug and ended_at is null for share
""")

MOST = 500
COLUMNS = """
r.id, r.slug, r.label, r.permissions, r.classes, r.cohort_classes, r.cohort_only, r.version,
r.created_at, r.changed_at, r.ended_at
"""
ALL = f"""
select {COLUMNS} from school_role r where r.school_id = $1 and r.ended_at is {{end}}
order by r.slug limit {MOST}
"""
ONE = f"select {COLUMNS} from school_role r where r.school_id = $1 and r.id = $2"
KNOWN = "select exists (select from school_role r where r.school_id = $1 and r.slug = $2)"


class Content(Protocol):
    """The content of a defined role."""

    permissions: list[str]
    classes: list[str]
    cohort_classes: list[str]
    cohort_only: bool


def rights_in(role: Content) -> Rights:
    """The rights of a defined role; a permission no longer listed gives nothing."""
    known = (PERMISSION_BY_NAME.get(name) for name in role.permissions)
    return Rights(
        frozenset(permission for permission in known if permission),
        frozenset(role.classes),
        frozenset(role.cohort_classes),
        role.cohort_only,
    )


async def defined_in(driver: Driver, school_id: UUID) -> dict[str, Rights]:
    """The rights of each role that a school defined and has not ended, by name."""
    rows = await driver.rows(ALL.format(end="null"), school_id)
    return {row["slug"]: rights_in(SimpleNamespace(**row)) for row in rows}


class RoleRepository(Repository):
    """Finds, locks and adds the roles of a school."""

    _known: Mapping[str, Rights] | None = None
    _changes = False

    def add(self, row: Any) -> None:
        """Add a new role."""
        self._changes = True
        super().add(row)

    async def lock(self, model: type[Row], id_: UUID) -> Row | None:
        """The role, locked until the end of the work, or None."""
        self._changes = True
        return await super().lock(model, id_)

    async def defined(self) -> Mapping[str, Rights]:
        """The rights of each role that the school defined and has not ended, by name.

        Read once per work, unless the work changes or holds one.
        """
        if self._known is None or self._changes:
            self._known = await self._defined()
        return self._known

    async def _defined(self) -> dict[str, Rights]:
        result = await self.session.execute(
            select(
                SchoolRole.slug,
                SchoolRole.permissions,
                SchoolRole.classes,
                SchoolRole.cohort_classes,
                SchoolRole.cohort_only,
            ).where(SchoolRole.school_id == self.school_id, SchoolRole.ended_at.is_(None))
        )
        return {row.slug: rights_in(cast(Content, row)) for row in result}

    async def hold(self, slug: str) -> None:
        """Keep a defined role unchanged until this work ends."""
        self._known = None
        await self.session.execute(HOLD, {"school_id": self.school_id, "slug": slug})

    async def with_name(self, slug: str) -> SchoolRole | None:
        """The role with this name, ended or not, or None."""
        rows = await self.session.scalars(
            select(SchoolRole).where(
                SchoolRole.school_id == self.school_id, SchoolRole.slug == slug
            )
        )
        return rows.one_or_none()

    async def held_from(self, slug: str, day: date) -> Sequence[tuple[UUID, UUID]]:
        """(staff, membership) of everyone with a role on a day or later."""
        result = await self.session.execute(
            select(Membership.staff_id, Membership.id)
            .where(
                Membership.school_id == self.school_id,
                Membership.role == slug,
                or_(Membership.valid_to.is_(None), Membership.valid_to > day),
            )
            .order_by(Membership.staff_id, Membership.id)
        )
        return [(staff_id, membership_id) for staff_id, membership_id in result]


async def roles_of(driver: Driver, school_id: UUID, *, ended: bool = False) -> Sequence[Any]:
    """The roles of a school by name, or the ended ones."""
    return await driver.rows(ALL.format(end="not null" if ended else "null"), school_id)


async def role_of(driver: Driver, school_id: UUID, role_id: UUID) -> Any:
    """One role, or None."""
    return await driver.row(ONE, school_id, role_id)


async def is_known(driver: Driver, school_id: UUID, slug: str) -> bool:
    """Whether the school has or had a role with this name."""
    return bool(await driver.value(KNOWN, school_id, slug))
