"""Whether the signing key works: tried with a video over real HTTP."""

import time
from collections.abc import Iterator

import pytest

from portal.config import MUX_API_URL
from portal.doctor import mux_checks
from portal.doctor.findings import Level
from tests.doctor.conftest import Patient
from tests.mux.scripted import ScriptedMux, scripted_mux
from tests.signing import SIGNING_KEY

NAME = "Signed playback"


@pytest.fixture
def mux_server() -> Iterator[ScriptedMux]:
    with scripted_mux() as server:
        yield server


@pytest.fixture
def signing(patient: Patient, mux_server: ScriptedMux) -> Patient:
    """A patient with a key and a signed video."""
    patient.is_set_up_with(mux_signing_key=SIGNING_KEY, mux_base_url=mux_server.url)
    patient.has_programme(is_signed=True, mux_playback_id="playback-signed")
    return patient


@pytest.mark.parametrize(
    ("status", "level", "words"),
    [
        (200, Level.FINE, "The signing key works"),
        (403, Level.BROKEN, "refuses what the signing key signs"),
        (404, Level.LOOK, "answered 404"),
        (412, Level.LOOK, "answered 412"),
        (500, Level.LOOK, "answered 500"),
        (302, Level.LOOK, "answered 302"),
    ],
)
def test_a_signed_manifest_is_fetched(
    signing: Patient, mux_server: ScriptedMux, status: int, level: Level, words: str
) -> None:
    mux_server.script.says(status, b"#EXTM3U", Location="/elsewhere")

    finding = signing.findings()[NAME]

    assert (finding.level, words in finding.found) == (level, True)
    (asked,) = mux_server.asked
    assert asked.path.startswith("/playback-signed.m3u8?token=ey")
    assert "token=" not in str(finding)


@pytest.mark.parametrize("trouble", ["drops_connection", "hangs"])
def test_a_stream_that_gives_no_answer_says_nothing_about_the_key(
    signing: Patient, mux_server: ScriptedMux, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(mux_checks, "FETCH_TIMEOUT_SECONDS", 0.2)
    setattr(mux_server.script, trouble, True)
    started = time.monotonic()

    finding = signing.findings()[NAME]

    assert (finding.level, "gave no answer" in finding.found) == (Level.LOOK, True)
    assert time.monotonic() - started < 3


def test_without_a_key_it_says_what_premium_is_worth_and_how_to_make_one(patient: Patient) -> None:
    finding = patient.findings()[NAME]

    assert finding.level is Level.LOOK
    assert "premium is kept by the pages and the API alone" in finding.found
    assert finding.command == "flask --app wsgi portal signing-key"


def test_without_a_signed_video_there_is_nothing_to_try_the_key_with(patient: Patient) -> None:
    patient.is_set_up_with(mux_signing_key=SIGNING_KEY, mux_base_url=MUX_API_URL)
    patient.has_programme()

    findings = patient.findings()

    assert findings[NAME].level is Level.FINE
    assert "no ready programme" in findings[NAME].found
    assert findings["Public videos"].found.startswith("1 programme plays without a token")
    assert findings["Public videos"].command == "flask --app wsgi portal sign-assets"
