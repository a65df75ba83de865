"""Refusals of an identity provider's requests."""

from typing import ClassVar

from app.domain.errors import CairnError, Conflict, NotFound


class ScimRefused(CairnError):
    """A request that SCIM answers with 400 and a keyword (RFC 7644, 3.12)."""

    scim_type: ClassVar[str | None] = None


class ScimSyntaxInvalid(ScimRefused):
    code = "scim_syntax_invalid"
    title = "The body does not fit this SCIM operation."
    advice = "Send the JSON that RFC 7644 sets out for this operation, with its schemas."
    scim_type = "invalidSyntax"


class ScimFilterInvalid(ScimRefused):
    code = "scim_filter_invalid"
    title = "This filter cannot be read, or compares something that Cairn cannot compare."
    advice = "See GET /scim/v2/ServiceProviderConfig and the guide for what a filter can say."
    scim_type = "invalidFilter"


class ScimPathInvalid(ScimRefused):
    code = "scim_path_invalid"
    title = "A path in this patch does not name an attribute."
    advice = "Use an attribute listed in GET /scim/v2/Schemas."
    scim_type = "invalidPath"


class ScimTargetMissing(ScimRefused):
    code = "scim_target_missing"
    title = "The path of an operation matches nothing that can be changed."
    advice = "Read the resource and name a value it has."
    scim_type = "noTarget"


class ScimValueInvalid(ScimRefused):
    code = "scim_value_invalid"
    title = "A value is missing, of the wrong type or not allowed."
    advice = "Check the request against GET /scim/v2/Schemas."
    scim_type = "invalidValue"


class ScimImmutable(ScimRefused):
    code = "scim_immutable"
    title = "This attribute is required or read-only."
    advice = "Leave it out of the patch."
    scim_type = "mutability"


class ScimTooMany(ScimRefused):
    code = "scim_too_many"
    title = "The request asks for too many changes at once."
    advice = "Send it in several requests."
    scim_type = "tooMany"


class UserNameTaken(Conflict):
    code = "user_name_taken"
    title = "This school already has a user with this name or address."
    advice = "Find them with a filter on userName, and change them instead."


class ScimResourceNotFound(NotFound):
    code = "scim_resource_not_found"
    title = "Cairn cannot find this resource."
