"""The environment, read once into typed settings; a missing or bad value stops the start with one line."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from flask import current_app
from limits.errors import ConfigurationError
from limits.storage import storage_from_string
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from portal.environ import (
    ConfigError,
    address,
    folder,
    one_of,
    origin,
    origins,
    price,
    required,
    secret,
    secrets,
    switch,
    whole_number,
)
from portal.provider_settings import IdentityProvider, identity_provider

__all__ = ("ConfigError", "MailSettings", "Settings", "SigningKey", "current_settings")

MUX_API_URL = "https://api.mux.com"
WEB_THREADS = 16
THREADS_WITHOUT_MUX = 4


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """A Mux signing key: its id and its RSA private key, ready to sign with."""

    key_id: str
    private_key: RSAPrivateKey


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """Where mails go: to a mail server, or into a folder as files. Exactly one of `host` and `folder` is set."""

    sender: str
    folder: Path | None = None
    host: str | None = None
    port: int = 587
    security: str = "starttls"  # or tls, none
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that differs between one installation and another. `.env.example` says why each exists."""

    secret_key: str = field(repr=False)
    jwt_secret_keys: tuple[str, ...] = field(repr=False)  # the first signs, each is accepted
    database_url: str = field(repr=False)
    public_url: str
    instance: Path
    mux_token_id: str
    mux_token_secret: str = field(repr=False)
    mux_webhook_secrets: tuple[str, ...] = field(repr=False)
    mux_signing_key: SigningKey | None = None
    playback_token_seconds: int = 2 * 60 * 60  # beyond the length of the video
    names_viewers_in_tokens: bool = False
    public_catalogue: bool = False
    embed_origins: tuple[str, ...] = ()
    membership_url: str = ""
    identity_provider: IdentityProvider | None = None
    mux_base_url: str = MUX_API_URL
    mux_video_quality: str = "basic"
    mux_max_resolution_tier: str = "1080p"
    web_threads: int = WEB_THREADS  # in one process
    mux_calls_at_once: int = 12  # in one process: the others of its threads are for whoever needs no Mux
    upload_timeout_seconds: int = 24 * 60 * 60
    access_token_seconds: int = 15 * 60
    refresh_token_seconds: int = 30 * 24 * 60 * 60
    rate_limit_storage_url: str = "memory://"
    queue_url: str = ""  # empty: a SQLite file in the instance folder
    mux_silence_seconds: int = 2 * 60
    webhook_events_kept_days: int = 90
    storage_price_per_minute: Decimal = Decimal("0.003")  # US dollars a month
    mail: MailSettings | None = None
    registration: str = "closed"  # or invitation, open
    slow_query_ms: int = 500  # from which on a query gets a line in the log; 0 never
    trusted_proxies: int = 0
    is_demo: bool = False
    log_format: str = "json"
    argon2_memory_kib: int = 19456  # OWASP's minimum for Argon2id with two passes, one lane

    @property
    def is_real_mux(self) -> bool:
        """Whether video is kept by Mux itself, rather than by a stand-in reached at one address."""
        return self.mux_base_url == MUX_API_URL

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Read and check every variable; raises ConfigError for the first that is missing or bad."""
        instance, mail = folder(environ, "INSTANCE", "instance"), _mail(environ)
        return cls(
            secret_key=secret(environ, "SECRET_KEY"),
            jwt_secret_keys=secrets(environ, "JWT_SECRET_KEY"),
            database_url=_database_url(environ, instance),
            public_url=origin(environ, "PUBLIC_URL", "http://127.0.0.1:8000"),
            instance=instance,
            mux_token_id=required(environ, "MUX_TOKEN_ID", "make an access token in Mux's dashboard"),
            mux_token_secret=required(environ, "MUX_TOKEN_SECRET", "it is shown once, with MUX_TOKEN_ID"),
            mux_webhook_secrets=_webhook_secrets(environ),
            mux_signing_key=_signing_key(environ),
            playback_token_seconds=whole_number(
                environ, "PLAYBACK_TOKEN_SECONDS", cls.playback_token_seconds, 1, 604800
            ),
            names_viewers_in_tokens=switch(environ, "PLAYBACK_TOKEN_VIEWER"),
            public_catalogue=switch(environ, "PUBLIC_CATALOGUE"),
            embed_origins=origins(environ, "EMBED_ORIGINS"),
            membership_url=_membership_url(environ),
            identity_provider=identity_provider(environ),
            mux_base_url=address(environ, "MUX_BASE_URL", MUX_API_URL),
            mux_video_quality=one_of(environ, "MUX_VIDEO_QUALITY", ("basic", "plus", "premium")),
            mux_max_resolution_tier=one_of(environ, "MUX_MAX_RESOLUTION_TIER", ("1080p", "1440p", "2160p")),
            web_threads=_web_threads(environ),
            mux_calls_at_once=_mux_calls_at_once(environ),
            upload_timeout_seconds=whole_number(
                environ, "UPLOAD_TIMEOUT_SECONDS", cls.upload_timeout_seconds, 60, 604800
            ),
            access_token_seconds=whole_number(environ, "ACCESS_TOKEN_SECONDS", cls.access_token_seconds, 1, 86400),
            refresh_token_seconds=whole_number(
                environ, "REFRESH_TOKEN_SECONDS", cls.refresh_token_seconds, 1, 31536000
            ),
            rate_limit_storage_url=_rate_limit_storage(environ, cls.rate_limit_storage_url),
            queue_url=_queue_url(environ),
            mux_silence_seconds=whole_number(environ, "MUX_SILENCE_SECONDS", cls.mux_silence_seconds, 1, 3600),
            webhook_events_kept_days=whole_number(
                environ, "WEBHOOK_EVENTS_KEPT_DAYS", cls.webhook_events_kept_days, 2, 3650
            ),
            storage_price_per_minute=price(environ, "MUX_STORAGE_PRICE_PER_MINUTE", cls.storage_price_per_minute),
            mail=mail,
            registration=_registration(environ, mail),
            slow_query_ms=whole_number(environ, "SLOW_QUERY_MS", cls.slow_query_ms, 0, 3_600_000),
            trusted_proxies=whole_number(environ, "TRUSTED_PROXIES", cls.trusted_proxies, 0, 9),
            is_demo=one_of(environ, "PORTAL_DEMO", ("0", "1")) == "1",
            log_format=one_of(environ, "LOG_FORMAT", ("json", "console")),
        )


def current_settings() -> Settings:
    """The settings of the application at work."""
    return cast("Settings", current_app.extensions["settings"])


def _membership_url(environ: Mapping[str, str]) -> str:
    example = "https://shop.example/membership"
    return address(environ, "MEMBERSHIP_URL", example) if environ.get("MEMBERSHIP_URL") else ""


def _webhook_secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    value = required(environ, "MUX_WEBHOOK_SECRET", "Mux's dashboard shows it under Settings, Webhooks")
    secrets = tuple(part.strip() for part in value.split(",") if part.strip())
    if not secrets:
        raise ConfigError("MUX_WEBHOOK_SECRET holds only commas: copy the secret from Mux's dashboard")
    return secrets


def _web_threads(environ: Mapping[str, str]) -> int:
    return whole_number(environ, "WEB_THREADS", WEB_THREADS, 1, 1000)


def _mux_calls_at_once(environ: Mapping[str, str]) -> int:
    """All threads but some, where nobody says how many."""
    most = max(1, _web_threads(environ) - THREADS_WITHOUT_MUX)
    return whole_number(environ, "MUX_CALLS_AT_ONCE", most, 1, 1000)


def _rate_limit_storage(environ: Mapping[str, str], default: str) -> str:
    value = environ.get("RATE_LIMIT_STORAGE_URL") or default
    try:
        storage_from_string(value)
    except (ConfigurationError, ValueError) as error:
        how = "write memory://, or redis://host:6379/0 with the Python package redis installed"
        raise ConfigError(f"RATE_LIMIT_STORAGE_URL can't be used: {how}") from error
    return value


def _queue_url(environ: Mapping[str, str]) -> str:
    value = environ.get("HUEY_URL", "").strip()
    if value and urlsplit(value).scheme not in {"redis", "rediss", "postgresql"}:
        raise ConfigError("HUEY_URL can't be used: write redis://host:6379/0, postgresql://user:password@host/database")
    return value


def _mail(environ: Mapping[str, str]) -> MailSettings | None:
    """None where neither a server nor a folder is named: then nothing is mailed."""
    host, folder = environ.get("SMTP_HOST", "").strip(), environ.get("MAIL_FOLDER", "").strip()
    if not host and not folder:
        return None
    if host and folder:
        raise ConfigError("SMTP_HOST and MAIL_FOLDER are both set: mails go to one of them, so remove the other")
    sender = required(environ, "MAIL_FROM", "write the address that mails come from, like portal@example.com")
    if sender.count("@") != 1 or not sender.isprintable() or " " in sender:
        raise ConfigError("MAIL_FROM is not an address: write it like portal@example.com")
    if folder:
        return MailSettings(sender=sender, folder=Path(folder).resolve())
    return MailSettings(
        sender=sender,
        host=host,
        port=whole_number(environ, "SMTP_PORT", MailSettings.port, 1, 65535),
        security=one_of(environ, "SMTP_SECURITY", ("starttls", "tls", "none")),
        username=environ.get("SMTP_USERNAME", ""),
        password=environ.get("SMTP_PASSWORD", ""),
    )


def _registration(environ: Mapping[str, str], mail: MailSettings | None) -> str:
    value = one_of(environ, "REGISTRATION", ("closed", "invitation", "open"))
    if value == "open" and mail is None:
        raise ConfigError("REGISTRATION is 'open', which needs mail to confirm addresses: set SMTP_HOST or MAIL_FOLDER")
    return value


def _database_url(environ: Mapping[str, str], instance: Path) -> str:
    value = environ.get("DATABASE_URL") or f"sqlite:///{instance / 'portal.sqlite3'}"
    expected = "write sqlite:////folder/file or postgresql+psycopg://user:password@host/database"
    try:
        url = make_url(value)
    except (ArgumentError, ValueError) as error:
        raise ConfigError(f"DATABASE_URL can't be read: {expected}") from error
    if url.drivername in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise ConfigError(f"DATABASE_URL names {url.drivername}, which is not served: {expected}")
    if url.database in {None, "", ":memory:"}:
        what = "file" if url.drivername == "sqlite" else "database"
        raise ConfigError(f"DATABASE_URL names no {what}: {expected}")
    return url.render_as_string(hide_password=False)


def _signing_key(environ: Mapping[str, str]) -> SigningKey | None:
    key_id, encoded = environ.get("MUX_SIGNING_KEY", "").strip(), environ.get("MUX_PRIVATE_KEY", "").strip()
    if not key_id and not encoded:
        return None
    how = "'flask portal signing-key' makes a pair and prints both"
    if not key_id or not encoded:
        missing = "MUX_PRIVATE_KEY" if key_id else "MUX_SIGNING_KEY"
        raise ConfigError(f"{missing} is not set though its other half is: {how}")
    try:
        key = _load_rsa_key(encoded)
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"MUX_PRIVATE_KEY is not the base64 of an RSA key in PEM: {how}") from error
    return SigningKey(key_id=key_id, private_key=key)


def _load_rsa_key(encoded: str) -> RSAPrivateKey:
    read: Callable[[str], bytes] = str.encode if encoded.startswith("-----") else base64.b64decode
    # That its primes are prime takes longer to prove than all other settings: whether it can sign is looked at instead.
    key = load_pem_private_key(read(encoded), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("not an RSA key")
    if not _can_sign(key):
        raise ValueError("its halves do not belong together")
    return key


def _can_sign(key: RSAPrivateKey) -> bool:
    """Whether the key's public half knows what its private half has signed."""
    text, padding, digest = b"programme", PKCS1v15(), SHA256()
    try:
        key.public_key().verify(key.sign(text, padding, digest), text, padding, digest)
    except InvalidSignature:
        return False
    return True
