"""What the local Mux is told at its start: arguments for the place, environment for the credentials."""

import argparse
import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key


class SettingsError(Exception):
    """A setting is missing or wrong; the message is one line a person can act on."""


@dataclass(frozen=True)
class SigningCredentials:
    """The key pair the portal signs playback tokens with, as far as checking them needs it."""

    key_id: str
    public_key_pem: str


@dataclass(frozen=True)
class Settings:
    """One running local Mux."""

    host: str
    port: int
    data: Path
    webhook_url: str
    public_url: str
    token_id: str
    token_secret: str
    webhook_secret: str
    signing: SigningCredentials | None

    @classmethod
    def read(cls, arguments: Sequence[str], environment: Mapping[str, str]) -> "Settings":
        """Read the command line and the MUX_* variables.

        :raises SettingsError: naming the variable, what is wrong and how to get it right.
        """
        given = _parser().parse_args(arguments)
        secrets = [secret.strip() for secret in _required(environment, "MUX_WEBHOOK_SECRET").split(",")]
        if not secrets[0]:
            raise SettingsError("MUX_WEBHOOK_SECRET starts with an empty secret: put the newest secret first")
        return cls(
            host=given.host,
            port=given.port,
            data=given.data.resolve(),
            webhook_url=given.webhook_url,
            public_url=(given.public_url or f"http://127.0.0.1:{given.port}").rstrip("/"),
            token_id=_required(environment, "MUX_TOKEN_ID"),
            token_secret=_required(environment, "MUX_TOKEN_SECRET"),
            webhook_secret=secrets[0],
            signing=_signing(environment),
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local_mux", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8001, help="port to listen on (default: %(default)s)")
    parser.add_argument("--data", type=Path, required=True, help="folder for the database and the videos")
    parser.add_argument("--webhook-url", required=True, help="where events are sent")
    parser.add_argument("--public-url", help="how browsers reach this server (default: http://127.0.0.1 and the port)")
    return parser


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set: the local Mux needs the same value as the portal")
    return value


def _signing(environment: Mapping[str, str]) -> SigningCredentials | None:
    key_id = environment.get("MUX_SIGNING_KEY", "").strip()
    private_key = environment.get("MUX_PRIVATE_KEY", "").strip()
    if not key_id and not private_key:
        return None
    if not key_id or not private_key:
        missing = "MUX_PRIVATE_KEY" if key_id else "MUX_SIGNING_KEY"
        raise SettingsError(f"{missing} is not set: MUX_SIGNING_KEY and MUX_PRIVATE_KEY belong together")
    return SigningCredentials(key_id=key_id, public_key_pem=_public_key_pem(private_key))


def _public_key_pem(private_key: str) -> str:
    """Read the private key as Mux hands it out (base64 of a PEM) or as a bare PEM, like Mux's own SDKs."""
    try:
        pem = private_key.encode()
        if not private_key.startswith("-----BEGIN"):
            pem = base64.b64decode(private_key, validate=True)
        key = load_pem_private_key(pem, password=None)
    except (binascii.Error, ValueError, TypeError) as error:
        raise SettingsError("MUX_PRIVATE_KEY is not the base64 of a PEM private key") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SettingsError("MUX_PRIVATE_KEY is not an RSA key: Mux signs with RS256")
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
