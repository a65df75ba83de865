"""SQL for whether a person is away."""


def is_away(person: str, day: str) -> str:
    """Whether a person (an expression) is away on a day: by cover or a recorded absence."""
    return (
        "(exists (select from cover c where c.school_id = $1 "
        f"and c.away_id = {person} and c.ended_at is null "
        f"and c.valid_from <= {day} and c.valid_to > {day}) "
        "or exists (select from staff_away w where w.school_id = $1 "
        f"and w.staff_id = {person} and w.ended_at is null "
        f"and w.valid_from <= {day} and w.valid_to > {day}))"
    )
