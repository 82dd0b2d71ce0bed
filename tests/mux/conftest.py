"""A gateway over real HTTP to a server that says what a test wrote down."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.config import Settings
from portal.mux.gateway import MuxApi
from tests.mux.scripted import ScriptedMux, scripted_mux


@pytest.fixture
def mux_server() -> Iterator[ScriptedMux]:
    with scripted_mux() as server:
        yield server


@pytest.fixture
def gateway(mux_server: ScriptedMux) -> MuxApi:
    return MuxApi(settings_for(mux_server.url))


@pytest.fixture
def short_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time-outs that a test can wait for."""
    monkeypatch.setattr("portal.mux.gateway.CONNECT_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr("portal.mux.gateway.READ_TIMEOUT_SECONDS", 0.2)


def settings_for(mux_base_url: str, **variables: str) -> Settings:
    """Settings as an operator would write them, for tests that need no database."""
    environ = {
        "SECRET_KEY": "s" * 40,
        "JWT_SECRET_KEY": "j" * 40,
        "MUX_TOKEN_ID": "token-id",
        "MUX_TOKEN_SECRET": "token-secret",
        "MUX_WEBHOOK_SECRET": "whsec",
        "MUX_BASE_URL": mux_base_url,
        "PUBLIC_URL": "https://portal.example",
        "INSTANCE": str(Path("instance")),
    }
    return Settings.from_environ({**environ, **variables})
