"""Plain email addresses: the one form that is taken everywhere."""

import re

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
ADDRESS = rf"^{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})+$"
"""A plain email address that mail can be sent to; at most 254 characters."""
LONGEST_ADDRESS = 254


def is_address(text: str) -> bool:
    """Whether mail can be sent to it."""
    whole = re.fullmatch(ADDRESS.removesuffix("$"), text)
    return whole is not None and len(text) <= LONGEST_ADDRESS
