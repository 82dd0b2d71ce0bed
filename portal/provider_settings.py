"""The identity provider whose tokens the API accepts besides its own, as the environment names it."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from portal.environ import ConfigError, address, is_loopback, required

ISSUER_MAX_CHARACTERS = 255
RSA_MIN_BITS = 2048


@dataclass(frozen=True, kw_only=True)
class IdentityProvider:
    """Who signs, for whom, and with which keys: exactly one of `jwks_url` and `public_key` (a PEM) is set."""

    issuer: str
    audience: str
    jwks_url: str | None = None
    public_key: str | None = None
    role_claim: str = "role"  # dots lead into claims that hold others


def identity_provider(environ: Mapping[str, str]) -> IdentityProvider | None:
    """None where no key is named: then the portal's own tokens are the only ones."""
    names = ("JWT_JWKS_URL", "JWT_PUBLIC_KEY", "JWT_ISSUER", "JWT_AUDIENCE", "JWT_ROLE_CLAIM")
    jwks_url, public_key, issuer, audience, role_claim = (environ.get(name, "").strip() for name in names)
    if jwks_url and public_key:
        raise ConfigError("JWT_JWKS_URL and JWT_PUBLIC_KEY are both set: keys come from one of them, remove the other")
    if not jwks_url and not public_key:
        if issuer or audience:
            raise ConfigError("JWT_JWKS_URL is not set though JWT_ISSUER or JWT_AUDIENCE is: name where its keys are")
        return None
    issuer = required(environ, "JWT_ISSUER", "write what stands in the claim iss of the provider's tokens")
    if len(issuer) > ISSUER_MAX_CHARACTERS or " " in issuer:
        raise ConfigError(
            "JWT_ISSUER is not an issuer: write what stands in the claim iss, like https://id.example.com"
        )
    return IdentityProvider(
        issuer=issuer,
        audience=required(environ, "JWT_AUDIENCE", "write what the provider puts into the claim aud for the portal"),
        jwks_url=_jwks_url(environ) if jwks_url else None,
        public_key=_public_key(public_key) if public_key else None,
        role_claim=role_claim or "role",
    )


def algorithm_of(key: object) -> str | None:
    """The one algorithm that a public key is used with, so that the token has no say in it; None for other keys."""
    if isinstance(key, RSAPublicKey) and key.key_size >= RSA_MIN_BITS:
        return "RS256"
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return "ES256"
    return None


def _jwks_url(environ: Mapping[str, str]) -> str:
    example = "https://id.example.com/.well-known/jwks.json"
    url = address(environ, "JWT_JWKS_URL", example)
    if urlsplit(url).scheme != "https" and not is_loopback(url):
        raise ConfigError(
            f"JWT_JWKS_URL is not https, so that anybody on the way could change the keys: like {example}"
        )
    return url


def _public_key(encoded: str) -> str:
    """A PEM, or its base64, as a PEM."""
    read: Callable[[str], bytes] = str.encode if encoded.startswith("-----") else base64.b64decode
    try:
        pem = read(encoded)
        key = load_pem_public_key(pem)
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if algorithm_of(key) is None:
        raise ConfigError(
            "JWT_PUBLIC_KEY is not a public key in PEM, or its base64: RSA of 2048 bits or more, or elliptic P-256"
        )
    return pem.decode()
