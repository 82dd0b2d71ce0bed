"""What the local Mux is told at its start, and how it says what is wrong with that."""

import base64
from pathlib import Path

import pytest

from local_mux.settings import Settings, SettingsError
from tests.local_mux.keys import KEY_ID, PRIVATE_KEY_BASE64, PRIVATE_KEY_PEM
from tests.local_mux.running import ENVIRONMENT, LocalMux

ARGUMENTS = ["--data", "somewhere", "--webhook-url", "http://127.0.0.1:8000/webhooks/mux"]


def test_defaults_are_for_loopback() -> None:
    settings = Settings.read(ARGUMENTS, ENVIRONMENT)
    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8001, "http://127.0.0.1:8001")
    assert settings.data == Path("somewhere").resolve()


def test_the_first_of_several_webhook_secrets_signs() -> None:
    environment = ENVIRONMENT | {"MUX_WEBHOOK_SECRET": "new, old"}
    assert Settings.read(ARGUMENTS, environment).webhook_secret == "new"


@pytest.mark.parametrize("private_key", [PRIVATE_KEY_BASE64, PRIVATE_KEY_PEM.decode()])
def test_the_signing_key_may_be_base64_or_pem(private_key: str) -> None:
    signing = Settings.read(ARGUMENTS, ENVIRONMENT | {"MUX_PRIVATE_KEY": private_key}).signing
    assert signing
    assert signing.key_id == KEY_ID
    assert signing.public_key_pem.startswith("-----BEGIN PUBLIC KEY-----")


def test_a_signing_key_is_not_needed() -> None:
    environment = ENVIRONMENT | {"MUX_SIGNING_KEY": "", "MUX_PRIVATE_KEY": ""}
    assert Settings.read(ARGUMENTS, environment).signing is None


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"MUX_TOKEN_ID": ""}, "MUX_TOKEN_ID is not set"),
        ({"MUX_TOKEN_SECRET": " "}, "MUX_TOKEN_SECRET is not set"),
        ({"MUX_WEBHOOK_SECRET": ""}, "MUX_WEBHOOK_SECRET is not set"),
        ({"MUX_WEBHOOK_SECRET": ",old"}, "MUX_WEBHOOK_SECRET starts with an empty secret"),
        ({"MUX_SIGNING_KEY": ""}, "MUX_SIGNING_KEY is not set"),
        ({"MUX_PRIVATE_KEY": ""}, "MUX_PRIVATE_KEY is not set"),
        ({"MUX_PRIVATE_KEY": "no base64!"}, "MUX_PRIVATE_KEY is not"),
        ({"MUX_PRIVATE_KEY": base64.b64encode(b"no key").decode()}, "MUX_PRIVATE_KEY is not"),
    ],
)
def test_what_is_missing_or_wrong_is_named(changes: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Settings.read(ARGUMENTS, ENVIRONMENT | changes)


def test_a_start_without_credentials_ends_with_one_line(tmp_path: Path) -> None:
    refusal = LocalMux(tmp_path, "http://127.0.0.1:9/").refusal({"MUX_TOKEN_ID": ""})
    assert refusal.splitlines() == [
        "local_mux: MUX_TOKEN_ID is not set: the local Mux needs the same value as the portal"
    ]
