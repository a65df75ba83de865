"""Lead availability, as an answer."""

from dataclasses import asdict
from typing import Any

from app.domain.duty.lead_availability.rules import LeadAvailability, advice_of


def to_response(availability: LeadAvailability, *, saved: bool = False) -> dict[str, Any]:
    """The fields of `LeadAvailabilityOut`; `saved` where something has just been written down."""
    return {
        "available": availability.available,
        "available_from": availability.available_from,
        "call": [asdict(call) for call in availability.call],
        "advice": advice_of(availability, saved=saved),
    }
