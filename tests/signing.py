"""One signing key for all tests, made once: making one takes longer than most tests."""

import base64

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from portal.config import SigningKey

PRIVATE_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_KEY = PRIVATE_KEY.public_key()
PRIVATE_KEY_IN_BASE64 = base64.b64encode(
    PRIVATE_KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
).decode()
SIGNING_KEY = SigningKey(key_id="key-1", private_key=PRIVATE_KEY)
