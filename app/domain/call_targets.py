"""Addresses of other systems that Cairn calls, read as people write them."""

from app.core.targets import Reach, TargetRefused, read_target
from app.domain.errors import FieldProblem, ValidationFailed


def target_of(url: str, reach: Reach) -> str:
    """Normalise an address. Raises `ValidationFailed` for one that Cairn does not call."""
    try:
        return read_target(url, reach).url
    except TargetRefused as refused:
        sentence = (
            "Webhooks go to https, port 443 and public addresses, or where the operator of this "
            "server lets them; without user name, password or fragment."
        )
        problem = FieldProblem("/url", f"target_{refused.reason}", sentence)
        raise ValidationFailed(problems=[problem]) from None
