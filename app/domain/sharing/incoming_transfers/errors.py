"""Refusals of requests about incoming files."""

from app.domain.errors import NotFound


class IncomingTransferNotFound(NotFound):
    code = "incoming_transfer_not_found"
    title = "Cairn cannot find this file among those received."
