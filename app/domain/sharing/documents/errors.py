"""Errors of requests about documents."""

from app.domain.errors import Forbidden, Invalid, NotFound, Unavailable


class DocumentNotFound(NotFound):
    code = "document_not_found"
    title = "Cairn cannot find this document."
    advice = "Check the ID. Each document belongs to one school."


class DocumentHidden(Forbidden):
    code = "document_hidden"
    title = "This document contains something that you may not see."
    advice = "Ask a safeguarding lead who may see all of it, or make a new one."


class DocumentNotMade(Invalid):
    code = "document_not_made"
    title = "This is more than one document can hold."
    advice = "Ask for less at once, such as a shorter period."


class DocumentsBusy(Unavailable):
    code = "documents_busy"
    title = "Too many documents are being made at once."
    advice = "Try again in a minute."
