"""Speaks WebAuthn by the `webauthn` library: options for browsers, and proofs from them."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.core.credentials import NewCredential, PasskeyUnproved, UsedCredential
from app.integrations.loopback import is_loopback

T = TypeVar("T")
TIMEOUT_MS = 300_000
VERIFIED = UserVerificationRequirement.REQUIRED
LONGEST_ID = 1_023
"""WebAuthn, 4: the longest credential id."""
NAME = "Cairn"


class WebAuthn:
    """One relying party. The user has to be verified in every ceremony.

    `origins` are where the pages stand that people sign in on; the relying party's id is the
    first one's host. Browsers give passkeys to no bare address, so this machine's are spelled
    `localhost`.
    """

    def __init__(self, origins: Sequence[str]) -> None:
        self.origins = [_spelled(origin) for origin in origins]
        self.relying_party = urlsplit(self.origins[0]).hostname or ""

    def creation_options(
        self, account_id: bytes, name: str, challenge: bytes, known: Sequence[bytes]
    ) -> dict[str, Any]:
        """What `navigator.credentials.create` takes, in its JSON form."""
        options = webauthn.generate_registration_options(
            rp_id=self.relying_party,
            rp_name=NAME,
            user_name=name,
            user_id=account_id,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            exclude_credentials=_described(known),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
            ),
        )
        return _as_dict(webauthn.options_to_json(options))

    def request_options(self, challenge: bytes, allowed: Sequence[bytes]) -> dict[str, Any]:
        """What `navigator.credentials.get` takes; no `allowed` means any discoverable one."""
        options = webauthn.generate_authentication_options(
            rp_id=self.relying_party,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            allow_credentials=_described(allowed),
            user_verification=VERIFIED,
        )
        return _as_dict(webauthn.options_to_json(options))

    def challenge_of(self, credential: Mapping[str, Any]) -> bytes:
        """The challenge an answer says it signed. Raises `PasskeyUnproved`."""
        return _proved(lambda: _challenge(credential))

    def credential_id_of(self, credential: Mapping[str, Any]) -> bytes:
        """The credential an answer was made with. Raises `PasskeyUnproved`."""
        return _proved(lambda: _bounded(base64url_to_bytes(credential["rawId"])))

    def user_handle_of(self, credential: Mapping[str, Any]) -> bytes | None:
        """The account the authenticator keeps with the credential. Raises `PasskeyUnproved`."""
        handle = _proved(lambda: credential["response"].get("userHandle"))
        return None if handle is None else _proved(lambda: base64url_to_bytes(handle))

    def verify_new(self, credential: Mapping[str, Any], challenge: bytes) -> NewCredential:
        """Verify the making of a credential. Raises `PasskeyUnproved`."""
        proved = _proved(
            lambda: webauthn.verify_registration_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self.relying_party,
                expected_origin=self.origins,
                require_user_verification=True,
            )
        )
        return NewCredential(
            _proved(lambda: _bounded(proved.credential_id)),
            proved.credential_public_key,
            proved.sign_count,
            proved.credential_backed_up,
        )

    def verify_use(
        self, credential: Mapping[str, Any], challenge: bytes, public_key: bytes, count: int
    ) -> UsedCredential:
        """Verify a use of a credential. Raises `PasskeyUnproved`, also for a counter that went

        back, as a copied authenticator's does.
        """
        proved = _proved(
            lambda: webauthn.verify_authentication_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self.relying_party,
                expected_origin=self.origins,
                credential_public_key=public_key,
                credential_current_sign_count=count,
                require_user_verification=True,
            )
        )
        return UsedCredential(proved.new_sign_count, proved.credential_backed_up)


def _proved(step: Callable[[], T]) -> T:
    """The result; whatever a hostile answer makes the library raise is one refusal."""
    try:
        return step()
    except Exception as error:
        raise PasskeyUnproved from error


def _challenge(credential: Mapping[str, Any]) -> bytes:
    content = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
    return base64url_to_bytes(content["challenge"])


def _bounded(credential_id: bytes) -> bytes:
    if not 1 <= len(credential_id) <= LONGEST_ID:
        raise ValueError("no credential id is empty or that long")
    return credential_id


def _described(ids: Sequence[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=id_) for id_ in ids]


def _as_dict(text: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(text)
    return content


def _spelled(origin: str) -> str:
    parts = urlsplit(origin)
    host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    if is_loopback(host):
        host = "localhost"
    return f"{parts.scheme}://{host}{port}"
