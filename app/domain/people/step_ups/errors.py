"""How a step-up can be refused."""

from app.domain.errors import FieldProblem, Invalid


class ProofNeeded(Invalid):
    code = "proof_needed"
    title = "Send a proof that it is you."
    advice = "One of `otp`, `credential` or, without any second factor, `password`."


class ProofRefused(Invalid):
    code = "proof_refused"
    title = "This does not prove who you are."
    advice = "Check it; a code or a challenge that was used already needs a new one."

    def __init__(self, field: str) -> None:
        super().__init__(problems=[FieldProblem(f"/{field}", "wrong", "This is not right.")])
