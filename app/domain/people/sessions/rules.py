"""Pure rules of signing in: secrets, and the stored description of a device."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import ip_address

RESET_VALID = timedelta(hours=1)
INVITATION_VALID = timedelta(days=7)


WORD_AGES = timedelta(hours=12)
"""Age added to a proof if its provider is not trusted here."""


DEVICE_LENGTH = 40
PRODUCT = re.compile(r"([A-Za-z][A-Za-z0-9._+-]{0,29})/([0-9]{1,6})")
COMMENT = re.compile(r"\([^()]*\)")
TELLING = ("Edg", "OPR", "Vivaldi", "SamsungBrowser", "Firefox", "Chrome", "Safari")
"""Browsers name others too, for old servers' sake: the first of these that is named is meant."""


def device_of(user_agent: str | None) -> str | None:
    """The program in a User-Agent, such as `Firefox 128`: no system, no model, no comments."""
    if user_agent is None:
        return None
    bare, before = user_agent[:500], ""
    while bare != before:
        before, bare = bare, COMMENT.sub(" ", bare)
    products = PRODUCT.findall(bare)
    named = {name: number for name, number in products}
    for name in TELLING:
        if name in named:
            version = named.get("Version", named[name]) if name == "Safari" else named[name]
            return f"{name} {version}"
    others = [(name, number) for name, number in products if name != "Mozilla"]
    return " ".join(others[0])[:DEVICE_LENGTH] if others else None


def network_kind(address: str | None) -> str:
    """`local` (this machine), `private` (the school's own network) or `public`."""
    try:
        result = ip_address(address or "127.0.0.1")
    except ValueError:
        return "public"
    if result.is_loopback:
        return "local"
    return "private" if result.is_private or result.is_link_local else "public"


def without_word_of_others(amr: Iterable[str], auth_time: datetime) -> tuple[list[str], datetime]:
    """Methods and moment of a proof where a provider's word about them does not count."""
    methods = list(amr)
    if "fed" not in methods:
        return methods, auth_time
    return [item for item in methods if item != "mfa"], auth_time - WORD_AGES
