"""Single values of the environment, each read and checked in one way; a bad one is told in one line."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

SECRET_MIN_BYTES = 32  # HS256 wants a key as long as its hash, RFC 7518 section 3.2
HOW_TO_MAKE_ONE = "make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'"


class ConfigError(Exception):
    """One line for the operator: which variable, what is wrong, how to get a right value."""


def required(environ: Mapping[str, str], name: str, how: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise ConfigError(f"{name} is not set: {how}")
    return value


def secret(environ: Mapping[str, str], name: str) -> str:
    value = required(environ, name, HOW_TO_MAKE_ONE)
    if len(value.encode()) < SECRET_MIN_BYTES:
        raise ConfigError(f"{name} is shorter than {SECRET_MIN_BYTES} bytes: {HOW_TO_MAKE_ONE}")
    return value


def secrets(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    """One, or several separated by commas while they are being replaced, the newest first."""
    values = tuple(part.strip() for part in required(environ, name, HOW_TO_MAKE_ONE).split(","))
    if any(len(value.encode()) < SECRET_MIN_BYTES for value in values if value) or not any(values):
        what = "is" if len(values) == 1 else "holds one that is"
        raise ConfigError(f"{name} {what} shorter than {SECRET_MIN_BYTES} bytes: {HOW_TO_MAKE_ONE}")
    return tuple(value for value in values if value)


def folder(environ: Mapping[str, str], name: str, default: str) -> Path:
    path = Path(environ.get(name) or default).resolve()
    if path.exists() and not path.is_dir():
        raise ConfigError(f"{name} is not a folder: make it, or name another")
    return path


def address(environ: Mapping[str, str], name: str, default: str) -> str:
    value = (environ.get(name) or default).strip().rstrip("/")
    if not _is_address(value):
        raise ConfigError(f"{name} is not an address: write it like {default}")
    return value


def origin(environ: Mapping[str, str], name: str, default: str) -> str:
    """An address as a browser's Origin header has it, which Mux compares with what we say."""
    value = address(environ, name, default)
    if urlsplit(value).path:
        raise ConfigError(f"{name} has a path: write it like {default}")
    return value


def origins(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Several, separated by commas; none where nothing is said."""
    values = [part.strip().rstrip("/") for part in environ.get(name, "").split(",") if part.strip()]
    for value in values:
        # A semicolon or a blank would begin another rule of the policy that these are written into.
        if not _is_address(value) or urlsplit(value).path or ";" in value or "*" in value:
            raise ConfigError(f"{name} holds {value[:60]!r}: write each site like https://www.example.com")
    return tuple(dict.fromkeys(values))


def is_loopback(url: str) -> bool:
    """Whether an address leads to this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_address(value: str) -> bool:
    if not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:  # an unfinished IPv6 address, a port that is none
        return False
    return parts.scheme in {"http", "https"} and has_host and not (parts.username or parts.query or parts.fragment)


def price(environ: Mapping[str, str], name: str, default: Decimal) -> Decimal:
    value = environ.get(name) or str(default)
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not (amount.is_finite() and 0 <= amount < 100):  # noqa: PLR2004 - beyond it, somebody wrote cents
        raise ConfigError(f"{name} is {value[:40]!r}: it is an amount in US dollars, like {default}")
    return amount


def one_of(environ: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = environ.get(name) or allowed[0]
    if value not in allowed:
        raise ConfigError(f"{name} is {value!r}: it is one of {', '.join(allowed)}")
    return value


def switch(environ: Mapping[str, str], name: str) -> bool:
    """Off unless it is said to be on."""
    return one_of(environ, name, ("false", "true")) == "true"


def whole_number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = environ.get(name) or str(default)
    is_number = value.isascii() and value.isdecimal() and len(value) <= len(str(most))
    if not is_number or not least <= int(value) <= most:
        raise ConfigError(f"{name} is {value[:40]!r}: it is a whole number from {least} to {most}")
    return int(value)
