"""What can be wrong with a question about access."""

from app.domain.errors import Invalid


class ResourceUnknown(Invalid):
    code = "resource_unknown"
    title = "This is no record that can be explained."
    advice = (
        "Name it as kind:ID, such as concern:ID, child:ID, share:ID or task:ID: the kind as the "
        "audit log names it."
    )


class PreviewUnknown(Invalid):
    code = "preview_unknown"
    title = "This change cannot be previewed for this record."
    advice = "Ask for share:ID, grant:ID or named:ID, of a concern also for class:K5 or owner:ID."
