"""How founding a school can be refused."""

from app.domain.errors import Conflict


class SchoolExists(Conflict):
    code = "school_exists"
    title = "The trust has a school of this name or URN already."
    advice = "Read it with GET /v1/schools. Its own people change what is kept about it."
