"""Faults on demand: what a school's next requests meet, so that a client's retries can be tried."""

from dataclasses import dataclass, replace
from typing import Final, Literal
from uuid import UUID

Kind = Literal["unavailable", "too_many_requests", "cut", "delay"]
MOST_TIMES: Final = 100
LONGEST_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens, to how many more requests, and for how many seconds each."""

    kind: Kind
    times: int
    seconds: int


class Faults:
    """The faults that are on, by school; kept by the process, so a sandbox has one."""

    def __init__(self) -> None:
        self._on: dict[UUID, Fault] = {}

    def put(self, school_id: UUID, fault: Fault) -> None:
        """Begin a fault in place of the school's last one."""
        self._on[school_id] = fault

    def of(self, school_id: UUID) -> Fault | None:
        """The fault that the school's next request meets."""
        return self._on.get(school_id)

    def take(self, school_id: UUID) -> Fault | None:
        """Use up one time of the school's fault; it ends by itself."""
        fault = self._on.pop(school_id, None)
        if fault is not None and fault.times > 1:
            self._on[school_id] = replace(fault, times=fault.times - 1)
        return fault
