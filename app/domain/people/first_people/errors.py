"""How asking first people can be refused."""

from app.domain.errors import Conflict


class SchoolAppoints(Conflict):
    code = "school_appoints"
    title = "This school appoints its own people now."
    advice = (
        "Somebody in this role has joined, or the school holds a record already. Ask the school's "
        "administrator or safeguarding lead; a head or chair is appointed by the people who run "
        "Cairn."
    )
