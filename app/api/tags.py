"""The tags of the description: the purpose of each, grouped by the eight areas of the code."""

from collections.abc import Iterable
from typing import Any, Final

GROUPS: Final[dict[str, dict[str, str]]] = {
    "access: who may do what, and the proof of it": {
        "access": "Who can see a record and why: grants, emergency access, conflicts of interest, "
        "and notices of unusual reading.",
        "audit": "The audit log of the school, sealed, with proofs that nothing was removed.",
    },
    "people: who works here and how they sign in": {
        "auth": "Signing in, second factors, passkeys and sessions.",
        "federation": "Signing in with the school's identity provider.",
        "provisioning": "Roles that groups of an identity provider propose.",
        "roles": "Built-in roles, and those a school defines.",
        "schools": "Schools and trusts, and the people a new school begins with.",
        "scim": "Staff and groups by SCIM 2.0, for identity providers.",
        "service keys": "Keys for programs.",
        "staff": "Members of staff, their roles and invitations, and handing over their work.",
    },
    "duty: somebody always looks": {
        "alerts": "Alerts that ask a person to look, until somebody acknowledges them.",
        "calendars": "School days, lead hours, and whether a safeguarding lead is available.",
        "clocks": "Deadlines, and the rules that set them.",
        "cover": "Who stands in for absent leads.",
        "drills": "Trying out alerts.",
        "overview": "What needs a safeguarding lead today.",
        "tasks": "Things to do, each with an owner and a deadline.",
    },
    "record: the child and what was noticed": {
        "actions": "Things to do about a concern.",
        "attendance": "Attendance marks and sanctions of pupils with active support.",
        "cases": "Concerns that belong together, with one plan.",
        "children": "Children, their contacts, relationships, statuses and numbers.",
        "chronology": "A child's dated history.",
        "concerns": "Concerns about children, from raised to closed.",
        "incomplete reports": "Urgent reports that could not be accepted as they were sent.",
        "meetings": "Meetings about a child, and what they decided.",
        "reviews": "Recurring reviews of a child or a concern.",
    },
    "safety: keeping a pupil safe": {
        "bereavement": "What a school does after a death.",
        "check-ins": "An adult sees a pupil at agreed times.",
        "child groups": "Groups of children that can link concerns.",
        "linked concerns": "Concerns that a rule finds together, for a person to look at.",
        "reintegrations": "Return to school, with its meeting and later reviews.",
        "safety": "Safety checks, support notes, found items, talks at home and missing times.",
        "safety plans": "A pupil's own safety plan, its versions and copies.",
        "self-harm": "Steps of the self-harm pathway.",
        "staff support": "Support between colleagues, and supervision sessions of leads.",
        "support": "Support for a friend who told, and places on the site.",
        "support list": "Pupils under active support, and their hand-over.",
        "support plans": "Agreed check-ins with a pupil.",
        "support services": "Services to turn to, and contacts of local authorities.",
    },
    "adults: concerns about staff, apart": {
        "adult register": "Concerns about adults. Safeguarding leads read none of them.",
    },
    "sharing: what leaves the school": {
        "agencies": "Agencies, and the keys of their own systems.",
        "agency": "Referrals as the agency sees them.",
        "documents": "Printed chronologies, shares and referrals, and the jobs that make them.",
        "mandatory reports": "Reports that are a person's own duty by law.",
        "parents": "Informing parents, and exceptions where they may not be told.",
        "referrals": "Referrals to agencies, from draft to outcome.",
        "shared": "Shares and referrals as a recipient opens them, behind a link.",
        "shares": "Sharing with parents and professionals, approved and frozen.",
        "transfers": "A child's file moves to another school, or comes from one.",
    },
    "exchange: other programs": {
        "alert intake": "Alerts that monitoring tools send.",
        "events": "What happened, as a stream and as a list.",
        "intake sources": "Monitoring tools, and what their words mean here.",
        "jobs": "Jobs that failed, for administrators.",
        "monitoring alerts": "Alerts of monitoring tools, until a person decides.",
        "past entries": "Entries from the system used before.",
        "past imports": "Importing entries from the system used before.",
        "school exports": "Everything a school has, in one encrypted file.",
        "roster": "Importing children, staff and contacts from the school's system.",
        "webhooks": "Sending events to other programs.",
    },
    "system": {
        "system": "Health, vocabularies, and the meaning of problem codes.",
    },
}
"""Each area with its tags, as the folders of routes have them (`tests/contract/test_areas.py`)."""


def describe_tags(document: dict[str, Any], of: Iterable[str]) -> None:
    """Describe some tags, and group them by area."""
    chosen = set(of)
    groups = {
        area: {tag: text for tag, text in tags.items() if tag in chosen}
        for area, tags in GROUPS.items()
    }
    document["tags"] = [
        {"name": tag, "description": text} for tags in groups.values() for tag, text in tags.items()
    ]
    document["x-tagGroups"] = [
        {"name": area, "tags": list(tags)} for area, tags in groups.items() if tags
    ]


def every_tag() -> set[str]:
    """All tags of all areas."""
    return {tag for tags in GROUPS.values() for tag in tags}
