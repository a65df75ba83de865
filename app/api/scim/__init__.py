"""SCIM 2.0 (RFC 7643, 7644): how an identity provider keeps a school's staff up to date."""
