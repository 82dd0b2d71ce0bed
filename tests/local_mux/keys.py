"""A signing key pair made for this run, as Mux hands one out: an id and the base64 of a PEM."""

import base64
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

KEY_ID = "test-signing-key"


def _private_key_pem() -> bytes:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


PRIVATE_KEY_PEM = _private_key_pem()
OTHER_PRIVATE_KEY_PEM = _private_key_pem()
PRIVATE_KEY_BASE64 = base64.b64encode(PRIVATE_KEY_PEM).decode()


def token(playback_id: str, audience: str, *, key: bytes = PRIVATE_KEY_PEM, **changes: Any) -> str:
    """Sign a token as Mux's SDKs do; `kid_in` chooses where the key id goes, other changes are claims."""
    kid_in = changes.pop("kid_in", "header")
    key_id = changes.pop("kid", KEY_ID)
    claims = {"sub": playback_id, "aud": audience, "exp": int(time.time()) + 600, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    headers = {"kid": key_id} if kid_in == "header" else None
    if kid_in == "payload":
        claims["kid"] = key_id
    return jwt.encode(claims, key, algorithm="RS256", headers=headers)
