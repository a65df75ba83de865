"""The guide to clocks shows the book of rules as it is."""

import ast
import re
from pathlib import Path

import app
from app.api.routes.duty.calendars import ops as calendars
from app.api.routes.duty.deadlines import ops as clocks
from app.api.routes.duty.lead_availability import ops as lead_availability
from app.domain.common.deadlines.rules import Rule, rule_book
from app.domain.duty.calendars.rules import limit_in_words
from app.domain.duty.milestones.rules import EVERYWHERE, MILESTONES
from app.domain.exchange.monitoring_alerts.rules import rule_for
from app.formats.calendars import Limit

GUIDE = (Path(__file__).parents[2] / "docs" / "deadlines.md").read_text()
HEAD = "| rule | what it asks for | limit | own limit | source |\n|---|---|---|---|---|\n"
APP = Path(app.__file__).parent
BY_SEVERITY = {"monitoring.match.high", "monitoring.match.critical"}
"""Named by an f-string of `monitoring.rules.rule_for`."""


def table_row(rule: Rule) -> str:
    """A line of the guide's table."""
    own = "" if not rule.overridable else "yes"
    if rule.longest is not None:
        own = f"up to {limit_in_words(rule.longest)}"
    limit = limit_in_words(rule.limit)
    if rule.id == "set_by_person":
        limit = "as set"
    state = "" if rule.in_force else " (not in force)"
    state += f" ({rule.nation.title()})" if rule.nation else ""
    return f"| `{rule.id}` | {rule.title}{state} | {limit} | {own} | {rule.source} |"


def listed(events: frozenset[str]) -> str:
    """Events as a cell of the guide."""
    return ", ".join(f"`{one}`" for one in sorted(events)) or "by hand"


def where(nations: frozenset[str]) -> str:
    """Nations as a cell of the guide."""
    return "everywhere" if nations == EVERYWHERE else ", ".join(sorted(nations)).title()


def milestones() -> str:
    """The table of clocks that events start, as it has to stand in the guide."""
    rows = [
        f"| `{one.task}` | `{one.rule}` | {listed(one.starts)} | {listed(one.stops)} "
        f"| {where(one.nations)} |\n"
        for one in MILESTONES
    ]
    return "| task | rule | starts with | ends with | where |\n|---|---|---|---|---|\n" + "".join(
        rows
    )


def table() -> str:
    """The table as it has to stand in the guide."""
    rules = [rule for versions in rule_book().values() for rule in versions]
    return HEAD + "\n".join(table_row(rule) for rule in rules) + "\n"


def test_the_table_of_rules_is_the_book() -> None:
    assert GUIDE.endswith(table()), f"put this at the end of docs/deadlines.md:\n{table()}"


def test_the_table_of_events_is_the_one_that_counts() -> None:
    assert milestones() in GUIDE, f"put this into docs/deadlines.md:\n{milestones()}"


def strings_of_the_code() -> set[str]:
    """Every string constant of the application but for the vocabularies' codes."""
    return {
        node.value
        for path in APP.rglob("*.py")
        if "vocabularies" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_each_rule_is_started_by_something() -> None:
    """A rule that no code names is no clock, but for law that is not in force yet."""
    assert {rule_for(severity) for severity in ("high", "critical")} == BY_SEVERITY
    started = rule_book().keys() & (strings_of_the_code() | BY_SEVERITY)
    not_in_force = {
        id_ for id_, versions in rule_book().items() if not any(one.in_force for one in versions)
    }
    assert not_in_force == {"csa.mandatory_report", "csa.mandatory_report.delayed"}
    assert rule_book().keys() - started == not_in_force


def test_the_guide_names_operations_that_exist() -> None:
    routes = [*calendars.router.routes, *clocks.router.routes, *lead_availability.router.routes]
    paths = {route.path for route in routes}  # type: ignore[attr-defined]
    named = {path.split("?")[0] for path in re.findall(r"(/v1/[a-z/{}_-]+[^`. ]*)`", GUIDE)}
    assert named <= paths


def test_limits_are_said_in_words() -> None:
    at_most = Limit("working_day", days=2)
    words = {
        limit_in_words(Limit("clock", minutes=1)): "1 minute",
        limit_in_words(Limit("clock", minutes=1440)): "24 hours",
        limit_in_words(Limit("clock", days=7)): "7 days",
        limit_in_words(Limit("calendar_day")): "the same day",
        limit_in_words(Limit("school_day", days=1, at_most=at_most)): (
            "1 school day, at most 2 working days"
        ),
        limit_in_words(Limit("school_day", days=1, until="opens")): (
            "before school opens on the next school day"
        ),
        limit_in_words(Limit("working_day", days=2, before=True)): "2 working days before",
    }
    assert all(found == expected for found, expected in words.items())
