"""What the portal's processes are told in a run: secrets made for it, and otherwise what a production start has."""

import base64
import os
import secrets
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.databases import DATA

WORKERS, THREADS = 2, 16  # as gunicorn.conf.py has them if nothing else is said
FROM_THE_MACHINE = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")


def run_environment(environ: Mapping[str, str], mux_url: str) -> dict[str, str]:
    """The environment of one run, but for the database and the port: signed playback, JSON logs, access checks."""
    return {
        **{name: environ[name] for name in FROM_THE_MACHINE if name in environ},
        "SECRET_KEY": secrets.token_urlsafe(48),
        "JWT_SECRET_KEY": secrets.token_urlsafe(48),
        "MUX_TOKEN_ID": secrets.token_hex(16),
        "MUX_TOKEN_SECRET": secrets.token_urlsafe(32),
        "MUX_WEBHOOK_SECRET": secrets.token_hex(16),
        "MUX_SIGNING_KEY": secrets.token_hex(16),
        "MUX_PRIVATE_KEY": _private_key(),
        "MUX_BASE_URL": mux_url,
        "INSTANCE": os.fspath(DATA / "instance"),
        "DATABASE_URL": f"sqlite:///{DATA / 'none.sqlite3'}",  # replaced by each benchmark's own
        "WEB_WORKERS": str(WORKERS),
        "WEB_THREADS": str(THREADS),
    }


def _private_key() -> str:
    """As Mux hands one out: base64 of a PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return base64.b64encode(pem).decode()
