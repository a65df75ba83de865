"""SQL for children, their names, identifiers, contacts, relationships and statuses."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, or_, select, text
from sqlalchemy.orm import aliased

from app.core.ids import new_id
from app.db.models import (
    Child,
    ChildIdentifier,
    ChildStatus,
    Contact,
    Enrolment,
    Relationship,
    Staff,
)
from app.db.repositories.repository import Repository

REPLACE_CHILD_TOKENS = text("""
with wanted as (select * from unnest(cast(:ids as uuid[]), cast(:tokens as text[]))
                as w(id, token)),
     gone as (delete from child_name_token t
              where t.school_id = :school_id and t.id = any(cast(:children as uuid[]))
                and not exists (select from wanted w where w.id = t.id and w.token = t.token))
insert into child_name_token (school_id, id, token)
select :school_id, w.id, w.token from wanted w
on conflict do nothing
""")

# In one order everywhere, so that two works that add the same names wait and do not deadlock.
ADD_NAME_TOKENS = text("""
insert into name_token (school_id, id, token)
select :school_id, w.id, w.token
from unnest(cast(:ids as uuid[]), cast(:tokens as text[])) as w(id, token)
where not exists (select from name_token n where n.school_id = :school_id and n.token = w.token)
order by w.token
on conflict (school_id, token) do nothing
""")


class ChildRepository(Repository):
    """Finds, locks and adds children and all that is true of them for a while."""

    async def index_names(self, child_id: UUID, tokens: Collection[str]) -> None:
        """Make a child, written already, findable by these words and by no others."""
        await self.index_names_of({child_id: tokens})

    async def index_names_of(self, words: Mapping[UUID, Collection[str]]) -> None:
        """The same for many children, in two statements whatever their number."""
        pairs = [(child_id, token) for child_id, tokens in words.items() for token in tokens]
        await self.session.execute(
            REPLACE_CHILD_TOKENS,
            {
                "school_id": self.school_id,
                "children": list(words),
                "ids": [child_id for child_id, _ in pairs],
                "tokens": [token for _, token in pairs],
            },
        )
        distinct = sorted({token for _, token in pairs})
        await self.session.execute(
            ADD_NAME_TOKENS,
            {
                "school_id": self.school_id,
                "ids": [new_id() for _ in distinct],
                "tokens": distinct,
            },
        )

    async def identifiers_of(self, child_id: UUID) -> Sequence[ChildIdentifier]:
        """Every identifier of a child, ended ones included, in a steady order."""
        found = await self.session.scalars(
            select(ChildIdentifier)
            .where(
                ChildIdentifier.school_id == self.school_id,
                ChildIdentifier.child_id == child_id,
            )
            .order_by(ChildIdentifier.system, ChildIdentifier.id)
        )
        return found.all()

    async def child_with(self, system: str, value: str) -> UUID | None:
        """The child of the school who has this identifier now, or None."""
        found: UUID | None = await self.session.scalar(
            select(ChildIdentifier.child_id).where(
                ChildIdentifier.school_id == self.school_id,
                ChildIdentifier.system == system,
                ChildIdentifier.value == value,
                ChildIdentifier.valid_to.is_(None),
            )
        )
        return found

    async def enrolments_of(self, child_id: UUID) -> Sequence[Enrolment]:
        """Every stay of a child on this school's roll, oldest first."""
        found = await self.session.scalars(
            select(Enrolment)
            .where(Enrolment.school_id == self.school_id, Enrolment.child_id == child_id)
            .order_by(Enrolment.valid_from, Enrolment.id)
        )
        return found.all()

    async def contacts_of(self, child_id: UUID) -> Sequence[Contact]:
        """Every contact of a child, ended ones included: by priority, then as added."""
        found = await self.session.scalars(
            select(Contact)
            .where(Contact.school_id == self.school_id, Contact.child_id == child_id)
            .order_by(Contact.priority.nulls_last(), Contact.id)
        )
        return found.all()

    async def lock_two(self, one: UUID, other: UUID) -> dict[UUID, Child]:
        """Two children, locked in one order everywhere; those that do not exist are missing."""
        found = await self.session.scalars(
            select(Child)
            .where(Child.school_id == self.school_id, Child.id.in_([one, other]))
            .order_by(Child.id)
            .with_for_update(key_share=True)
        )
        return {child.id: child for child in found}

    async def relationships_of(
        self, child_id: UUID, relationship_id: UUID | None = None
    ) -> Sequence[Row[Relationship, Child]]:
        """Relationships seen from a child, each with the other child; ended ones included."""
        other = aliased(Child)
        statement = (
            select(Relationship, other)
            .join(
                other,
                and_(
                    other.school_id == Relationship.school_id,
                    other.id.in_([Relationship.child_id, Relationship.other_child_id]),
                    other.id != child_id,
                ),
            )
            .where(Relationship.school_id == self.school_id, self._of_child(child_id))
            .order_by(Relationship.id)
        )
        if relationship_id is not None:
            statement = statement.where(Relationship.id == relationship_id)
        return (await self.session.execute(statement)).all()

    async def live_relationships(
        self, one: UUID, other: UUID, kind: str, today: date
    ) -> Sequence[Relationship]:
        """Relationships of a kind between two children that have not ended, either way round."""
        found = await self.session.scalars(
            select(Relationship).where(
                Relationship.school_id == self.school_id,
                self._of_child(one),
                self._of_child(other),
                Relationship.kind == kind,
                or_(Relationship.valid_to.is_(None), Relationship.valid_to > today),
            )
        )
        return found.all()

    @staticmethod
    def _of_child(child_id: UUID) -> ColumnElement[bool]:
        return or_(Relationship.child_id == child_id, Relationship.other_child_id == child_id)

    async def statuses_of(
        self, child_id: UUID, classes: Collection[str], status_id: UUID | None = None
    ) -> Sequence[Row[ChildStatus, str]]:
        """Statuses of the given classes, newest first, each with the name of who added it."""
        statement = (
            select(ChildStatus, Staff.name)
            .join(
                Staff,
                and_(Staff.school_id == ChildStatus.school_id, Staff.id == ChildStatus.added_by),
            )
            .where(
                ChildStatus.school_id == self.school_id,
                ChildStatus.child_id == child_id,
                ChildStatus.confidentiality.in_(classes),
            )
            .order_by(ChildStatus.valid_from.desc(), ChildStatus.id.desc())
        )
        if status_id is not None:
            statement = statement.where(ChildStatus.id == status_id)
        return (await self.session.execute(statement)).all()

    async def statuses_of_kind(self, child_id: UUID, kind: str) -> Sequence[ChildStatus]:
        """Every status of one kind, whatever its class."""
        found = await self.session.scalars(
            select(ChildStatus).where(
                ChildStatus.school_id == self.school_id,
                ChildStatus.child_id == child_id,
                ChildStatus.kind == kind,
            )
        )
        return found.all()
