"""Tokens of the identity provider: whether one is good, and which account of ours it stands for."""

from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from flask import current_app
from jwt import InvalidTokenError

from portal.api.provider_keys import ProviderKeys
from portal.models import Role
from portal.models.programme import checked_text
from portal.models.user import EMAIL_MAX_CHARACTERS, normal_email
from portal.provider_settings import IdentityProvider, algorithm_of

ALGORITHMS = frozenset({"RS256", "ES256"})
LEEWAY_SECONDS = 10
SUBJECT_MAX_CHARACTERS = 255
NAME_MAX_CHARACTERS = 255


@dataclass(frozen=True, kw_only=True)
class ExternalPerson:
    """What a good token says about whoever bears it. `role` is None where it names none of ours."""

    subject: str  # the issuer's name and its own for the person: unique among all accounts
    role: Role | None
    email: str | None
    is_email_verified: bool | None  # None: not said
    name: str


class TokenReader:
    """Reads tokens of one provider."""

    def __init__(self, provider: IdentityProvider, keys: ProviderKeys) -> None:
        self._provider, self._keys = provider, keys

    def read(self, token: str) -> ExternalPerson:
        """Whom a token is about; raises InvalidTokenError, or ProviderUnreachableError.

        The algorithm follows from the key, never from the token, so that a public key is no secret to sign with.
        """
        key = self._keys.find(jwt.get_unverified_header(token).get("kid"))
        algorithm = algorithm_of(key)
        if algorithm is None or not isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
            raise InvalidTokenError("no key to check it with")
        claims = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=self._provider.issuer,
            audience=self._provider.audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        return self._person(claims)

    def _person(self, claims: dict[str, Any]) -> ExternalPerson:
        subject = str(claims["sub"])
        if not subject or len(subject) > SUBJECT_MAX_CHARACTERS or not subject.isprintable():
            raise InvalidTokenError("the subject can't be kept")
        email = _email(claims.get("email"))
        is_verified = claims.get("email_verified")
        return ExternalPerson(
            subject=f"{self._provider.issuer} {subject}",
            role=_role(_inside(claims, self._provider.role_claim)),
            email=email,
            is_email_verified=is_verified if isinstance(is_verified, bool) else None,
            name=_name(claims.get("name")) or (email or subject).partition("@")[0],
        )


def is_of_provider(token: str) -> bool:
    """Whether a token claims an algorithm that our own never have."""
    try:
        return jwt.get_unverified_header(token).get("alg") in ALGORITHMS
    except InvalidTokenError:
        return False


def current_reader() -> TokenReader | None:
    """None where no provider is configured."""
    reader: TokenReader | None = current_app.extensions.get("provider_tokens")
    return reader


def _inside(claims: dict[str, Any], path: str) -> object:
    """A claim by its name; where there is none, dots lead into claims that hold others."""
    if path in claims:
        return claims[path]
    value: object = claims
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _role(value: object) -> Role | None:
    return Role(value) if isinstance(value, str) and value in set(Role) else None


def _email(value: object) -> str | None:
    address = normal_email(value) if isinstance(value, str) else ""
    is_address = address.count("@") == 1 and address.isprintable() and " " not in address
    return address if is_address and len(address) <= EMAIL_MAX_CHARACTERS else None


def _name(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return checked_text(value.strip())[:NAME_MAX_CHARACTERS] or None
    except ValueError:
        return None
