"""How a request of an identity provider can be refused."""

from typing import ClassVar

from app.domain.errors import CairnError, Conflict, NotFound


class ScimRefused(CairnError):
    """A request that SCIM answers with 400 and a keyword (RFC 7644, 3.12)."""

    scim_type: ClassVar[str | None] = None


class ScimSyntaxInvalid(ScimRefused):
    code = "scim_syntax_invalid"
    title = "The body is not what this SCIM operation takes."
    advice = "Send the JSON of RFC 7644 for this operation, with its schemas."
    scim_type = "invalidSyntax"


class ScimFilterInvalid(ScimRefused):
    code = "scim_filter_invalid"
    title = "This filter cannot be read, or compares what cannot be compared here."
    advice = "GET /scim/v2/ServiceProviderConfig and the guide list what filters can say."
    scim_type = "invalidFilter"


class ScimPathInvalid(ScimRefused):
    code = "scim_path_invalid"
    title = "A path of this patch names no attribute."
    advice = "Name an attribute of GET /scim/v2/Schemas."
    scim_type = "invalidPath"


class ScimTargetMissing(ScimRefused):
    code = "scim_target_missing"
    title = "The path of an operation matches nothing that could be changed."
    advice = "Read the resource and name a value it has."
    scim_type = "noTarget"


class ScimValueInvalid(ScimRefused):
    code = "scim_value_invalid"
    title = "A value is missing, of the wrong type or not allowed."
    advice = "Hold the request against GET /scim/v2/Schemas."
    scim_type = "invalidValue"


class ScimImmutable(ScimRefused):
    code = "scim_immutable"
    title = "This attribute is required or can only be read."
    advice = "Leave it out of the patch."
    scim_type = "mutability"


class ScimTooMany(ScimRefused):
    code = "scim_too_many"
    title = "The request names more than is changed at once."
    advice = "Send it in several requests."
    scim_type = "tooMany"


class UserNameTaken(Conflict):
    code = "user_name_taken"
    title = "A user of this name or address is provisioned in this school already."
    advice = "Find them with a filter on userName, and change them instead."


class ScimResourceNotFound(NotFound):
    code = "scim_resource_not_found"
    title = "There is no such resource."
