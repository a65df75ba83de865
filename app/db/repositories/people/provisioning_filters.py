"""Filters over users and groups as SQL: names from a closed list, values always separate."""

from collections.abc import Mapping
from dataclasses import dataclass

from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from app.db.paging import Conditions
from app.db.repositories.people.provisioning import RESOURCE_ID

USER = "urn:ietf:params:scim:schemas:core:2.0:user:"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:group:"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user"
EMAILS = "exists (select from jsonb_array_elements(p.attributes->'emails') e where {})"
MEMBERS = f"""
exists (select from scim_group_member m join staff s on s.school_id = $1 and s.id = m.staff_id
        left join scim_user u on u.school_id = $1 and u.staff_id = s.id
        cross join lateral (select {RESOURCE_ID}::text as value) e
        where m.school_id = $1 and m.group_id = g.id and ({{}}))
"""


@dataclass(frozen=True, slots=True)
class Plain:
    """A single value: its SQL expression, of text or of a boolean."""

    sql: str
    exact: bool = False
    boolean: bool = False


@dataclass(frozen=True, slots=True)
class Many:
    """Several values: a condition that one of them meets, and the parts of each."""

    sql: str
    parts: Mapping[str, Plain]


Fields = Mapping[str, Plain | Many]
USERS: Fields = {
    "id": Plain("p.id::text", exact=True),
    "username": Plain("p.user_name"),
    "externalid": Plain("p.external_id", exact=True),
    "active": Plain("p.active", boolean=True),
    "displayname": Plain("p.attributes->>'displayName'"),
    "title": Plain("p.attributes->>'title'"),
    "name.formatted": Plain("p.attributes->'name'->>'formatted'"),
    "name.familyname": Plain("p.attributes->'name'->>'familyName'"),
    "name.givenname": Plain("p.attributes->'name'->>'givenName'"),
    f"{ENTERPRISE}:employeenumber": Plain("p.attributes->>'employeeNumber'"),
    f"{ENTERPRISE}:department": Plain("p.attributes->>'department'"),
    "emails": Many(
        EMAILS,
        {
            "value": Plain("e.value->>'value'"),
            "type": Plain("e.value->>'type'"),
            "primary": Plain("(e.value->>'primary')::boolean", boolean=True),
        },
    ),
}
GROUPS: Fields = {
    "id": Plain("g.id::text", exact=True),
    "displayname": Plain("g.display_name"),
    "externalid": Plain("g.external_id", exact=True),
    "members": Many(MEMBERS, {"value": Plain("e.value", exact=True)}),
}
TEXT_OPERATORS: Mapping[CompareOperator, str] = {
    CompareOperator.eq: "{} = {}",
    CompareOperator.co: "strpos({}, {}) > 0",
    CompareOperator.sw: "starts_with({}, {})",
    CompareOperator.ew: "right({0}, length({1})) = {1}",
}


class FilterUnknown(ValueError):
    """The filter uses a name or comparison that is not supported."""


def users_where(where: Conditions, tree: FilterNode) -> None:
    """Add a filter over users (alias `p`). Raises `FilterUnknown`."""
    where.add(_Reader(USERS, USER, where).condition(tree))


def groups_where(where: Conditions, tree: FilterNode) -> None:
    """Add a filter over groups (alias `g`). Raises `FilterUnknown`."""
    where.add(_Reader(GROUPS, GROUP, where).condition(tree))


class _Reader:
    """Turns one filter into one condition, adding its values to the statement's."""

    def __init__(self, fields: Fields, prefix: str, where: Conditions) -> None:
        self._fields = fields
        self._prefix = prefix
        self._where = where

    def condition(self, tree: FilterNode) -> str:
        """The condition, with braces doubled because `Conditions.add` formats it."""
        return self._of(tree).replace("{", "{{").replace("}", "}}")

    def _of(self, node: FilterNode) -> str:
        match node:
            case LogicalExpr():
                word = " and " if node.op is LogicalOperator.and_ else " or "
                return "(" + word.join(self._of(term) for term in node.terms) + ")"
            case Not():
                return f"not {self._of(node.expr)}"
            case ValuePath():
                return self._selection(node)
            case Present() | Comparison():
                return self._test(node, self._field(node.attr_path))
            case _:
                raise FilterUnknown

    def _field(self, path: AttrPath) -> Plain | Many:
        name = str(path).lower().removeprefix(self._prefix)
        result = self._fields.get(name)
        if result is not None:
            return result
        whole, _, part = name.rpartition(".")
        many = self._fields.get(whole)
        if isinstance(many, Many) and part in many.parts:
            return Many(many.sql, {"value": many.parts[part]})
        raise FilterUnknown

    def _test(self, node: Present | Comparison, field: Plain | Many) -> str:
        if isinstance(field, Many):
            return field.sql.format(self._plain(node, field.parts["value"]))
        return self._plain(node, field)

    def _plain(self, node: Present | Comparison, field: Plain) -> str:
        if isinstance(node, Present):
            return f"({field.sql} is not null)"
        compare = self._boolean if field.boolean else self._text
        return f"coalesce({compare(node, field)}, false)"

    def _boolean(self, node: Comparison, field: Plain) -> str:
        value = node.value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            value = value.lower() == "true"
        if not isinstance(value, bool):
            raise FilterUnknown
        if node.op is CompareOperator.eq:
            return f"{field.sql} = {self._where.place(value)}"
        if node.op is CompareOperator.ne:
            return f"{field.sql} is distinct from {self._where.place(value)}"
        raise FilterUnknown

    def _text(self, node: Comparison, field: Plain) -> str:
        if node.value is None and node.op in (CompareOperator.eq, CompareOperator.ne):
            return f"({field.sql} is {'not ' if node.op is CompareOperator.ne else ''}null)"
        if not isinstance(node.value, str) or "\x00" in node.value:
            raise FilterUnknown
        parameter = f"{self._where.place(node.value)}::text"
        left, other = (
            (field.sql, parameter)
            if field.exact
            else (f"lower({field.sql})", f"lower({parameter})")
        )
        if node.op is CompareOperator.ne:
            return f"{left} is distinct from {other}"
        if node.op not in TEXT_OPERATORS:
            raise FilterUnknown
        return f"({TEXT_OPERATORS[node.op].format(left, other)})"

    def _selection(self, node: ValuePath) -> str:
        many = self._field(node.attr_path)
        if not isinstance(many, Many):
            raise FilterUnknown
        inner = _Reader(many.parts, "", self._where)
        return many.sql.format(inner._of(node.val_filter))
