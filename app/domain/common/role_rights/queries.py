"""Roles of a school, built in or its own, and the rights of each."""

from collections.abc import Callable, Sequence

from app.core.words import Rights, Role
from app.db.unit_of_work import UnitOfWork
from app.domain.policy import BUILT_IN

NO_PERSONS = (Role.SYSTEM, Role.SERVICE_KEY, Role.CUSTOM, Role.RECIPIENT)
FOR_PEOPLE = {role.value: rights for role, rights in BUILT_IN.items() if role not in NO_PERSONS}
"""The built-in roles that a membership can carry."""


async def rights_here(work: UnitOfWork) -> dict[str, Rights]:
    """The rights of every role a person can hold in this school, by the role's name."""
    return {**FOR_PEOPLE, **await work.roles.defined()}


async def roles_where(work: UnitOfWork, test: Callable[[Rights], bool]) -> Sequence[str]:
    """The names of the roles of this school whose rights pass a test."""
    return sorted(name for name, rights in (await rights_here(work)).items() if test(rights))
