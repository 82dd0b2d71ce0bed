"""What the environment may say, and the one line that a mistake in it is answered with."""

import base64
import runpy
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from sqlalchemy import QueuePool, make_url

from portal import create_app
from portal.config import WEB_THREADS, ConfigError, Settings
from portal.extensions import db
from portal.provider_settings import IdentityProvider

NEW, OLD = "n" * 32, "o" * 32
ROOT = Path(__file__).resolve().parent.parent
REQUIRED = {
    "SECRET_KEY": "s" * 32,
    "JWT_SECRET_KEY": "j" * 32,
    "MUX_TOKEN_ID": "token-id",
    "MUX_TOKEN_SECRET": "token-secret",
    "MUX_WEBHOOK_SECRET": "whsec",
}


def settings_from(**variables: str) -> Settings:
    return Settings.from_environ({**REQUIRED, **variables})


def complaint_about(environ: Mapping[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        Settings.from_environ(environ)
    return str(caught.value)


def test_what_is_left_out_has_a_default_that_works_beside_real_mux() -> None:
    settings = settings_from()

    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.mux_base_url == "https://api.mux.com"
    assert settings.is_real_mux
    assert settings.mux_signing_key is None
    assert (settings.mux_video_quality, settings.mux_max_resolution_tier) == ("basic", "1080p")
    assert (settings.access_token_seconds, settings.refresh_token_seconds) == (900, 2_592_000)
    assert settings.upload_timeout_seconds == 86_400
    assert not settings.is_demo


def test_an_empty_variable_counts_as_left_out() -> None:
    optional = {name: "" for name in variables_that_are_read() if name not in REQUIRED}

    assert Settings.from_environ({**REQUIRED, **optional}) == settings_from()


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, "", "   "])
def test_each_required_variable_is_missed_by_name(name: str, value: str | None) -> None:
    environ = {key: secret for key, secret in REQUIRED.items() if key != name}
    if value is not None:
        environ[name] = value

    assert complaint_about(environ).startswith(f"{name} is not set: ")


@pytest.mark.parametrize(
    ("name", "value", "wrong", "right"),
    [
        ("SECRET_KEY", "s" * 31, "is shorter than 32 bytes", "secrets.token_urlsafe"),
        ("JWT_SECRET_KEY", "j" * 31, "is shorter than 32 bytes", "secrets.token_urlsafe"),
        ("MUX_WEBHOOK_SECRET", " , ,", "holds only commas", "Mux's dashboard"),
        ("PUBLIC_URL", "portal.example", "is not an address", "http://127.0.0.1:8000"),
        ("PUBLIC_URL", "ftp://portal.example", "is not an address", "http://127.0.0.1:8000"),
        ("PUBLIC_URL", "https://", "is not an address", "http://127.0.0.1:8000"),
        ("PUBLIC_URL", "https://portal.example/?a=b", "is not an address", "http://127.0.0.1:8000"),
        ("PUBLIC_URL", "https://portal.example/#a", "is not an address", "http://127.0.0.1:8000"),
        ("PUBLIC_URL", "https://[::1", "is not an address", "http://127.0.0.1:8000"),
        ("PUBLIC_URL", "https://portal.example:99999", "is not an address", "http://127.0.0.1:8000"),
        ("PUBLIC_URL", "https://portal example", "is not an address", "http://127.0.0.1:8000"),
        ("PUBLIC_URL", "https://ada:secret@portal.example", "is not an address", "http://127.0.0.1:8000"),
        # The browser's Origin, which Mux compares with it, never has a path.
        ("PUBLIC_URL", "https://portal.example/courses", "has a path", "http://127.0.0.1:8000"),
        ("MUX_BASE_URL", "api.mux.com", "is not an address", "https://api.mux.com"),
        ("DATABASE_URL", "portal.sqlite3", "can't be read", "sqlite:////folder/file"),
        ("DATABASE_URL", "postgresql://host:port/portal", "can't be read", "postgresql+psycopg://"),
        ("DATABASE_URL", "mysql://host/portal", "names mysql, which is not served", "postgresql+psycopg://"),
        ("DATABASE_URL", "postgresql+psycopg2://host/p", "names postgresql+psycopg2", "postgresql+psycopg://"),
        ("DATABASE_URL", "sqlite://", "names no file", "sqlite:////folder/file"),
        ("DATABASE_URL", "sqlite:///:memory:", "names no file", "sqlite:////folder/file"),
        ("DATABASE_URL", "postgresql://host", "names no database", "postgresql+psycopg://"),
        ("INSTANCE", str(ROOT / "wsgi.py"), "is not a folder", "make it, or name another"),
        ("MUX_VIDEO_QUALITY", "best", "is 'best'", "basic, plus, premium"),
        ("MUX_MAX_RESOLUTION_TIER", "720p", "is '720p'", "1080p, 1440p, 2160p"),
        ("UPLOAD_TIMEOUT_SECONDS", "59", "is '59'", "a whole number from 60 to 604800"),
        ("UPLOAD_TIMEOUT_SECONDS", "604801", "is '604801'", "a whole number from 60 to 604800"),
        ("UPLOAD_TIMEOUT_SECONDS", "an hour", "is 'an hour'", "a whole number"),
        ("UPLOAD_TIMEOUT_SECONDS", "٣٦٠٠", "is '٣٦٠٠'", "a whole number"),
        ("UPLOAD_TIMEOUT_SECONDS", "9" * 5000, "is '999", "a whole number"),
        ("ACCESS_TOKEN_SECONDS", "0", "is '0'", "a whole number from 1"),
        ("REFRESH_TOKEN_SECONDS", "-1", "is '-1'", "a whole number from 1"),
        ("PLAYBACK_TOKEN_SECONDS", "0", "is '0'", "a whole number from 1 to 604800"),
        ("PLAYBACK_TOKEN_VIEWER", "1", "is '1'", "one of false, true"),
        ("PUBLIC_CATALOGUE", "yes", "is 'yes'", "one of false, true"),
        ("EMBED_ORIGINS", "https://a.example/page", "holds 'https://a.example/page'", "like https://www.example.com"),
        ("EMBED_ORIGINS", "https://a.example,*", "holds '*'", "like https://www.example.com"),
        ("EMBED_ORIGINS", "https://a.example;default-src *", "holds 'https://a.ex", "like https://www.example.com"),
        ("EMBED_ORIGINS", "https://*.a.example", "holds 'https://*.a.example'", "like https://www.example.com"),
        ("MEMBERSHIP_URL", "shop", "is not an address", "write it like https://shop.example/membership"),
        ("MEMBERSHIP_URL", "javascript:alert(1)", "is not an address", "write it like https://"),
        ("REGISTRATION", "yes", "is 'yes'", "one of closed, invitation, open"),
        ("REGISTRATION", "open", "is 'open', which needs mail", "set SMTP_HOST or MAIL_FOLDER"),
        ("TRUSTED_PROXIES", "10", "is '10'", "a whole number from 0 to 9"),
        ("RATE_LIMIT_STORAGE_URL", "nowhere", "can't be used", "memory://"),
        ("RATE_LIMIT_STORAGE_URL", "carrier-pigeon://loft", "can't be used", "memory://"),
        ("PORTAL_DEMO", "yes", "is 'yes'", "one of 0, 1"),
        ("LOG_FORMAT", "xml", "is 'xml'", "one of json, console"),
    ],
)
def test_a_bad_value_is_told_by_name_with_what_is_wrong_and_how_to_get_it_right(
    name: str, value: str, wrong: str, right: str
) -> None:
    line = complaint_about({**REQUIRED, name: value})

    assert line.startswith(f"{name} {wrong}")
    assert right in line
    assert "\n" not in line


def test_a_secret_is_never_repeated_in_a_complaint_or_in_the_settings_words() -> None:
    assert "short" not in complaint_about({**REQUIRED, "SECRET_KEY": "short"}).replace("shorter", "")
    assert "hush" not in complaint_about({**REQUIRED, "DATABASE_URL": "mysql://ada:hush@host/portal"})
    words = repr(settings_from(DATABASE_URL="postgresql://ada:hush@host/portal"))
    for secret in (*REQUIRED.values(), "hush"):
        assert secret == "token-id" or secret not in words


@pytest.mark.parametrize(
    ("given", "driver", "database"),
    [
        ("postgres://u:p%40ss@db:5433/portal", "postgresql+psycopg", "portal"),
        ("postgresql://u:p%40ss@db:5433/portal", "postgresql+psycopg", "portal"),
        ("postgresql+psycopg://u:p%40ss@db:5433/portal", "postgresql+psycopg", "portal"),
        ("sqlite:////var/lib/portal/p.sqlite3", "sqlite", "/var/lib/portal/p.sqlite3"),
    ],
)
def test_every_usual_way_to_write_a_database_s_address_is_read(given: str, driver: str, database: str) -> None:
    url = make_url(settings_from(DATABASE_URL=given).database_url)

    assert (url.drivername, url.database) == (driver, database)
    if driver != "sqlite":
        assert (url.username, url.password, url.host, url.port) == ("u", "p@ss", "db", 5433)


def test_the_embedded_database_lies_in_the_instance_folder(tmp_path: Path) -> None:
    settings = settings_from(INSTANCE=str(tmp_path))

    assert settings.instance == tmp_path
    assert make_url(settings.database_url).database == str(tmp_path / "portal.sqlite3")


def test_addresses_lose_their_last_slash() -> None:
    settings = settings_from(PUBLIC_URL="https://portal.example/", MUX_BASE_URL="http://127.0.0.1:8001/")

    assert (settings.public_url, settings.mux_base_url) == ("https://portal.example", "http://127.0.0.1:8001")
    assert not settings.is_real_mux


@pytest.mark.parametrize(
    ("value", "secrets"),
    [("one", ("one",)), ("new,old", ("new", "old")), (" new , old ,", ("new", "old"))],
)
def test_several_webhook_secrets_may_hold_while_one_is_replaced(value: str, secrets: tuple[str, ...]) -> None:
    assert settings_from(MUX_WEBHOOK_SECRET=value).mux_webhook_secrets == secrets


def test_sites_that_may_show_programmes_are_separated_by_commas() -> None:
    settings = settings_from(EMBED_ORIGINS=" https://a.example/, http://b.example:8080,,https://a.example")

    assert settings.embed_origins == ("https://a.example", "http://b.example:8080")


@pytest.mark.parametrize(
    ("value", "keys"),
    [
        (NEW, (NEW,)),
        (f"{NEW},{OLD}", (NEW, OLD)),
        (f" {NEW} , {OLD} ,", (NEW, OLD)),
    ],
)
def test_several_keys_of_the_api_may_hold_while_one_is_replaced(value: str, keys: tuple[str, ...]) -> None:
    assert settings_from(JWT_SECRET_KEY=value).jwt_secret_keys == keys


@pytest.mark.parametrize("value", [f"{NEW},short", "short," + NEW, ",", ",,"])
def test_each_key_of_the_api_has_to_be_long_enough(value: str) -> None:
    assert "is shorter than 32 bytes" in complaint_about({**REQUIRED, "JWT_SECRET_KEY": value})


def test_an_identity_provider_is_named_by_its_keys_issuer_and_audience(rsa_key: rsa.RSAPrivateKey) -> None:
    pem = public_pem_of(rsa_key)
    named = {"JWT_ISSUER": "https://id.example.com", "JWT_AUDIENCE": "portal"}

    by_set = settings_from(JWT_JWKS_URL="https://id.example.com/keys", **named).identity_provider
    by_key = settings_from(JWT_PUBLIC_KEY=in_base64(pem), JWT_ROLE_CLAIM="realm.role", **named).identity_provider

    assert settings_from().identity_provider is None
    assert by_set == IdentityProvider(
        issuer="https://id.example.com", audience="portal", jwks_url="https://id.example.com/keys"
    )
    assert by_key == IdentityProvider(
        issuer="https://id.example.com", audience="portal", public_key=pem.decode(), role_claim="realm.role"
    )
    assert settings_from(JWT_PUBLIC_KEY=pem.decode(), **named).identity_provider
    assert settings_from(JWT_JWKS_URL="http://127.0.0.1:9/keys", **named).identity_provider


def test_half_an_identity_provider_is_refused_by_the_name_of_what_is_wrong(rsa_key: rsa.RSAPrivateKey) -> None:
    keys = {"JWT_JWKS_URL": "https://id.example.com/keys"}
    whole = {**keys, "JWT_ISSUER": "https://id.example.com", "JWT_AUDIENCE": "portal"}
    elliptic = public_pem_of(ec.generate_private_key(ec.SECP384R1())).decode()
    short = public_pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024)).decode()  # noqa: S505 - that is the point
    private = pem_of(rsa_key, PrivateFormat.PKCS8).decode()
    for given, line in (
        (keys, "JWT_ISSUER is not set"),
        ({**keys, "JWT_ISSUER": "i"}, "JWT_AUDIENCE is not set"),
        ({"JWT_ISSUER": "i"}, "JWT_JWKS_URL is not set though"),
        ({"JWT_AUDIENCE": "a"}, "JWT_JWKS_URL is not set though"),
        ({**whole, "JWT_PUBLIC_KEY": "x"}, "JWT_JWKS_URL and JWT_PUBLIC_KEY are both set"),
        ({**whole, "JWT_JWKS_URL": "http://id.example.com/keys"}, "JWT_JWKS_URL is not https"),
        ({**whole, "JWT_JWKS_URL": "keys"}, "JWT_JWKS_URL is not an address"),
        ({**whole, "JWT_ISSUER": "two words"}, "JWT_ISSUER is not an issuer"),
        ({**whole, "JWT_ISSUER": "i" * 256}, "JWT_ISSUER is not an issuer"),
        *(
            ({**whole, "JWT_JWKS_URL": "", "JWT_PUBLIC_KEY": bad}, "JWT_PUBLIC_KEY is not a public key")
            for bad in ("x", "!", elliptic, short, private, "-----BEGIN")
        ),
    ):
        assert complaint_about({**REQUIRED, **given}).startswith(line), given


@pytest.mark.parametrize("form", [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8])
@pytest.mark.parametrize("is_encoded", [True, False])
def test_a_signing_key_is_read_as_pkcs1_and_as_pkcs8_in_base64_or_as_it_is(
    rsa_key: rsa.RSAPrivateKey, form: PrivateFormat, *, is_encoded: bool
) -> None:
    pem = pem_of(rsa_key, form)

    read = settings_from(MUX_SIGNING_KEY="key-1", MUX_PRIVATE_KEY=in_base64(pem) if is_encoded else pem.decode())

    assert read.mux_signing_key is not None
    assert read.mux_signing_key.key_id == "key-1"
    assert read.mux_signing_key.private_key.private_numbers() == rsa_key.private_numbers()


@pytest.mark.parametrize(
    ("given", "missing"),
    [({"MUX_SIGNING_KEY": "key-1"}, "MUX_PRIVATE_KEY"), ({"MUX_PRIVATE_KEY": "cGVt"}, "MUX_SIGNING_KEY")],
)
def test_half_a_signing_key_is_missed_by_the_name_of_the_other_half(given: dict[str, str], missing: str) -> None:
    line = complaint_about({**REQUIRED, **given})

    assert line.startswith(f"{missing} is not set though its other half is: ")
    assert "flask portal signing-key" in line


def test_what_is_no_rsa_key_is_refused_before_a_viewer_finds_out(rsa_key: rsa.RSAPrivateKey) -> None:
    elliptic = pem_of(ec.generate_private_key(ec.SECP256R1()), PrivateFormat.PKCS8)
    locked = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"hush"))
    public = rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    for value in (
        "!",
        "no base64",
        "ключ",
        in_base64(b"no pem"),
        "-----BEGIN",
        *map(in_base64, (elliptic, locked, public)),
    ):
        line = complaint_about({**REQUIRED, "MUX_SIGNING_KEY": "key-1", "MUX_PRIVATE_KEY": value})
        assert line.startswith("MUX_PRIVATE_KEY is not the base64 of an RSA key in PEM: ")


def test_a_key_whose_halves_do_not_belong_together_is_refused(rsa_key: rsa.RSAPrivateKey) -> None:
    numbers = rsa_key.private_numbers()
    foreign = rsa.RSAPublicNumbers(e=3, n=numbers.public_numbers.n)
    mixed = rsa.RSAPrivateNumbers(
        **{part: getattr(numbers, part) for part in ("p", "q", "d", "dmp1", "dmq1", "iqmp")}, public_numbers=foreign
    ).private_key(unsafe_skip_rsa_key_validation=True)
    given = in_base64(pem_of(mixed, PrivateFormat.PKCS8))

    line = complaint_about({**REQUIRED, "MUX_SIGNING_KEY": "key-1", "MUX_PRIVATE_KEY": given})

    assert line.startswith("MUX_PRIVATE_KEY is not the base64 of an RSA key in PEM: ")


def test_the_example_names_every_variable_that_is_read_and_no_other() -> None:
    assert set(variables_in_the_example()) == variables_that_are_read()


def test_the_example_starts_nothing_by_itself_and_holds_no_secret() -> None:
    for name, value in variables_in_the_example().items():
        assert name not in REQUIRED or value == "", f"{name} has a value in the example"


def test_the_defaults_in_the_example_are_those_of_the_code() -> None:
    example = {name: value for name, value in variables_in_the_example().items() if name not in REQUIRED}

    assert Settings.from_environ({**REQUIRED, **example}) == settings_from()


@pytest.mark.parametrize("name", ["WEB_WORKERS", "WEB_THREADS"])
@pytest.mark.parametrize("value", ["many", "0", "-1", "1001", "9" * 5000, "²"])
def test_gunicorn_s_own_settings_are_refused_in_one_line_too(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit, match=f"portal: {name} is .*: it is a whole number from 1 to 1000"):
        runpy.run_path(str(ROOT / "gunicorn.conf.py"))


def test_calls_to_mux_leave_threads_to_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEB_THREADS", raising=False)

    assert runpy.run_path(str(ROOT / "gunicorn.conf.py"))["threads"] == WEB_THREADS
    assert settings_from().mux_calls_at_once == WEB_THREADS - 4
    assert settings_from(WEB_THREADS="8").mux_calls_at_once == 4
    assert settings_from(WEB_THREADS="2").mux_calls_at_once == 1
    assert settings_from(WEB_THREADS="8", MUX_CALLS_AT_ONCE="7").mux_calls_at_once == 7


@pytest.mark.parametrize("threads", [8, 64])
def test_each_thread_finds_a_connection_to_the_database(tmp_path: Path, threads: int) -> None:
    app = create_app(settings_from(INSTANCE=str(tmp_path), WEB_THREADS=str(threads)))

    with app.app_context():
        pool = db.engine.pool

    assert isinstance(pool, QueuePool)
    assert pool.size() == threads


class RecordingEnviron(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.asked.add(name)
        return super().get(name, default)


def variables_that_are_read() -> set[str]:
    environ = RecordingEnviron({**REQUIRED, "SMTP_HOST": "mail.test", "MAIL_FROM": "portal@example.com"})
    Settings.from_environ(environ)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.environ", environ)
        runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    return environ.asked


def variables_in_the_example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    pairs = [line.removeprefix("#").partition("=") for line in lines if is_assignment(line)]
    return {name: value for name, _, value in pairs}


def is_assignment(line: str) -> bool:
    """`NAME=value`, or `#NAME=value` for what has a default; a remark has a blank behind its mark."""
    name = line.removeprefix("#").partition("=")[0]
    return "=" in line and name.isupper() and " " not in name


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: PrivateFormat) -> bytes:
    return key.private_bytes(Encoding.PEM, form, NoEncryption())


def public_pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def in_base64(pem: bytes) -> str:
    return base64.b64encode(pem).decode()


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize(
    ("environ", "registration"),
    [
        ({}, "closed"),
        ({"REGISTRATION": "invitation"}, "invitation"),
        ({"REGISTRATION": "open", "SMTP_HOST": "mail.test", "MAIL_FROM": "portal@example.com"}, "open"),
        ({"REGISTRATION": "open", "MAIL_FOLDER": "mail", "MAIL_FROM": "portal@example.com"}, "open"),
    ],
)
def test_nobody_can_register_unless_the_operator_says_so(environ: dict[str, str], registration: str) -> None:
    assert Settings.from_environ({**REQUIRED, **environ}).registration == registration
