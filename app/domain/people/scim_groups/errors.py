"""Refusals of requests about groups."""

from app.domain.errors import NotFound


class ScimGroupNotFound(NotFound):
    code = "scim_group_not_found"
    title = "Cairn cannot find this group from the identity provider."
