"""Refusals of a step-up."""

from app.domain.errors import FieldProblem, Invalid


class ProofNeeded(Invalid):
    code = "proof_needed"
    title = "Confirm that it is you."
    advice = "Send `otp` or `credential`. If you have no second factor, send `password`."


class ProofRefused(Invalid):
    code = "proof_refused"
    title = "This does not prove who you are."
    advice = (
        "Check it and try again. A code or a challenge works only once: if it was used, get a new "
        "one."
    )

    def __init__(self, field: str) -> None:
        super().__init__(problems=[FieldProblem(f"/{field}", "wrong", "This is not right.")])
