"""How a request about a file that comes in can be refused."""

from app.domain.errors import NotFound


class IncomingTransferNotFound(NotFound):
    code = "incoming_transfer_not_found"
    title = "Cairn cannot find this file among those received."
