"""Pure rules of provisioning: the contents of a person's profile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.addresses import is_address

LONGEST_NAME = 300

NO_ADDRESS = "no-address.invalid"
REMOVED = "removed.invalid"


@dataclass(frozen=True, slots=True)
class Profile:
    """An identity provider's data about one person.

    `attributes` are JSON values: `name` {formatted, familyName, givenName}, `displayName`, `title`,
    `emails` [{value, type, primary}], `employeeNumber`, `department`.
    """

    user_name: str
    external_id: str | None = None
    active: bool = True
    attributes: Mapping[str, Any] = field(default_factory=dict)


def shown_name(profile: Profile) -> str:
    """The name colleagues see."""
    name = profile.attributes.get("name") or {}
    parts = (name.get("givenName"), name.get("familyName"))
    candidates = (
        profile.attributes.get("displayName"),
        name.get("formatted"),
        " ".join(part for part in parts if part),
    )
    result = next((text.strip() for text in candidates if text and text.strip()), profile.user_name)
    return result[:LONGEST_NAME]


def address_of(profile: Profile) -> str | None:
    """The person's mail address: the primary one, the one at work, any, or the user name."""
    emails = profile.attributes.get("emails") or []
    ordered = sorted(
        emails, key=lambda email: (not email.get("primary"), email.get("type") != "work")
    )  # sorted() keeps the order of equals
    candidates = [item.get("value") or "" for item in ordered]
    return next((text for text in (*candidates, profile.user_name) if is_address(text)), None)
