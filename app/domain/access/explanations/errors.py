"""Errors of questions about access."""

from app.domain.errors import Invalid


class ResourceUnknown(Invalid):
    code = "resource_unknown"
    title = "Cairn cannot explain access to this kind of record."
    advice = (
        "Name the record as kind:ID, such as concern:ID, child:ID, share:ID or task:ID. Use the "
        "kinds of the audit log."
    )


class PreviewUnknown(Invalid):
    code = "preview_unknown"
    title = "This change cannot be previewed for this record."
    advice = (
        "Ask for share:ID, grant:ID or named:ID. For a concern, class:K5 and owner:ID work too."
    )
