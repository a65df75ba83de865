"""Pure rules of schools: the format of their official numbers."""

from collections.abc import Mapping

from app.domain.errors import FieldProblem
from app.formats.identifiers import IdentifierProblem, check_laestab, check_urn

CHECKS = {
    "urn": (check_urn, "A URN is six digits."),
    "laestab": (check_laestab, "A DfE number must be three digits, a slash and four digits."),
}


def normal_numbers(
    given: Mapping[str, str | None],
) -> tuple[dict[str, str | None], list[FieldProblem]]:
    """URN and LAESTAB in normal form, and errors for those without one."""
    normal: dict[str, str | None] = {}
    problems: list[FieldProblem] = []
    for name, (check, sentence) in CHECKS.items():
        if name not in given:
            continue
        value = given[name]
        checked = None if value is None else check(value)
        if isinstance(checked, IdentifierProblem):
            problems.append(FieldProblem(f"/{name}", checked.value, sentence))
        else:
            normal[name] = None if checked is None else checked.text
    return normal, problems


def name_key(name: str) -> str:
    """A name for comparison, without case and repeated spaces."""
    return " ".join(name.casefold().split())


def same_name(text: str, other: str) -> bool:
    """Whether two names differ in case and spaces at most."""
    return name_key(text) == name_key(other)
