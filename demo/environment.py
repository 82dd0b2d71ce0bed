"""What the demo's processes are told: what the environment says, and for the rest what the demo makes for itself."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

SECRETS_FILE = "demo-secrets.json"


def demo_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of every process of the demo. Secrets are made once and kept in the instance folder."""
    port, mux_port = environ.get("PORT") or "8000", environ.get("MUX_PORT") or "8001"
    instance = Path(environ.get("INSTANCE") or "instance").resolve()
    instance.mkdir(parents=True, exist_ok=True)
    own = {
        **_own_secrets(instance / SECRETS_FILE),
        "PORT": port,
        "MUX_PORT": mux_port,
        "INSTANCE": str(instance),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MUX_BASE_URL": f"http://127.0.0.1:{mux_port}",
        "MAIL_FROM": "portal@example.com",
        "MAIL_FOLDER": str(instance / "mail"),
        "REGISTRATION": "open",
        "PORTAL_DEMO": "1",
        "LOG_FORMAT": "console",
        "PYTHONUNBUFFERED": "1",
    }
    given = {name: value for name, value in environ.items() if value}
    unwanted: set[str] = set()
    if "MUX_SIGNING_KEY" in given or "MUX_PRIVATE_KEY" in given:
        unwanted |= {"MUX_SIGNING_KEY", "MUX_PRIVATE_KEY"}
    if "SMTP_HOST" in given:
        unwanted.add("MAIL_FOLDER")
    own = {name: value for name, value in own.items() if name not in unwanted}
    return {**own, **given, "INSTANCE": str(instance)}


def _own_secrets(file: Path) -> dict[str, str]:
    if file.exists():
        return dict(json.loads(file.read_text()))
    made = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "JWT_SECRET_KEY": secrets.token_urlsafe(48),
        "MUX_TOKEN_ID": secrets.token_hex(16),
        "MUX_TOKEN_SECRET": secrets.token_urlsafe(32),
        "MUX_WEBHOOK_SECRET": secrets.token_hex(16),
        "MUX_SIGNING_KEY": secrets.token_hex(16),
        "MUX_PRIVATE_KEY": _private_key(),
    }
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(made, stream, indent=2)
    return made


def _private_key() -> str:
    """As Mux hands one out: base64 of a PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return base64.b64encode(pem).decode()
