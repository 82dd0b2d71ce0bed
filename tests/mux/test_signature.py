"""Which requests are proven to come from Mux: the cases of Mux's own verifier, and a few stricter ones."""

import hashlib
import hmac
from datetime import timedelta

import pytest

from portal.mux.webhook import BadSignatureError, verify
from tests.clock import NOON
from tests.webhooks.mux_events import signature

BODY = b'{"type":"video.asset.ready"}'
SECRETS = ("whsec-new", "whsec-old")
NOW = int(NOON.timestamp())


def signed(body: bytes = BODY, secret: str = "whsec-new", at: int = NOW) -> str:
    return signature(body, secret, at)


@pytest.mark.parametrize(
    ("case", "header"),
    [
        ("as Mux sends it", f"t={NOW},v1={signed()}"),
        ("signed with the former of two secrets", f"t={NOW},v1={signed(secret='whsec-old')}"),
        ("several v1, the last one right", f"t={NOW},v1={'0' * 64},v1={signed()}"),
        ("several v1, the first one right", f"t={NOW},v1={signed()},v1={'0' * 64}"),
        ("the signature before the time", f"v1={signed()},t={NOW}"),
        ("another scheme beside ours", f"t={NOW},v0=abc,v1={signed()}"),
        ("something unheard of beside ours", f"t={NOW},note,v1={signed()},"),
        ("300 seconds old", f"t={NOW - 300},v1={signed(at=NOW - 300)}"),
        ("300 seconds ahead", f"t={NOW + 300},v1={signed(at=NOW + 300)}"),
    ],
)
def test_accepted(case: str, header: str) -> None:
    verify(BODY, header, SECRETS, NOON)


@pytest.mark.parametrize(
    ("case", "header", "reason"),
    [
        ("no header", None, "there is no Mux-Signature header"),
        ("an empty header", "", "there is no Mux-Signature header"),
        ("noise", "hello", "malformed"),
        ("no time", f"v1={signed()}", "malformed"),
        ("an empty time", f"t=,v1={signed()}", "malformed"),
        ("a time that is no number", f"t=noon,v1={signed()}", "malformed"),
        ("a time with a sign", f"t=+{NOW},v1={signed()}", "malformed"),
        ("a time with a fraction", f"t={NOW}.0,v1={signed()}", "malformed"),
        ("a time in other digits", f"t=١٧٦٨,v1={signed()}", "malformed"),
        ("a time of a thousand digits", f"t={'9' * 1000},v1={signed()}", "malformed"),
        ("two times", f"t={NOW},t={NOW},v1={signed()}", "malformed"),
        ("no signature", f"t={NOW}", "malformed"),
        ("only another scheme", f"t={NOW},v0={signed()}", "malformed"),
        ("a blank behind the comma", f"t={NOW}, v1={signed()}", "malformed"),
        ("an empty signature", f"t={NOW},v1=", "no signature"),
        ("a wrong signature", f"t={NOW},v1={'0' * 64}", "no signature"),
        ("a signature that is cut short", f"t={NOW},v1={signed()[:-1]}", "no signature"),
        ("a longer signature", f"t={NOW},v1={signed()}0", "no signature"),
        ("upper-case hex", f"t={NOW},v1={signed().upper()}", "no signature"),
        ("letters beyond ASCII", f"t={NOW},v1={'é' * 64}", "no signature"),
        ("another secret", f"t={NOW},v1={signed(secret='whsec-stolen')}", "no signature"),
        ("another body", f"t={NOW},v1={signed(body=b'{}')}", "no signature"),
        ("the time of another signature", f"t={NOW - 1},v1={signed()}", "no signature"),
        ("301 seconds old", f"t={NOW - 301},v1={signed(at=NOW - 301)}", "more than 300 seconds"),
        ("301 seconds ahead", f"t={NOW + 301},v1={signed(at=NOW + 301)}", "more than 300 seconds"),
        ("a day ahead", f"t={NOW + 86400},v1={signed(at=NOW + 86400)}", "more than 300 seconds"),
        ("a wrong signature that is old as well", f"t={NOW - 301},v1={'0' * 64}", "no signature"),
    ],
)
def test_refused(case: str, header: str | None, reason: str) -> None:
    with pytest.raises(BadSignatureError, match=reason):
        verify(BODY, header, SECRETS, NOON)


def test_the_tolerance_is_measured_in_fractions_of_a_second() -> None:
    verify(BODY, f"t={NOW},v1={signed()}", SECRETS, NOON + timedelta(seconds=300))

    with pytest.raises(BadSignatureError):
        verify(BODY, f"t={NOW},v1={signed()}", SECRETS, NOON + timedelta(seconds=300, milliseconds=1))


def test_the_raw_bytes_are_what_is_signed_be_they_text_or_not() -> None:
    body = b"\xff\x00 \r\n"

    verify(body, f"t={NOW},v1={signed(body)}", SECRETS, NOON)


def test_the_signature_is_the_one_that_mux_documents() -> None:
    expected = hmac.new(b"whsec-new", f"{NOW}.".encode() + BODY, hashlib.sha256).hexdigest()

    verify(BODY, f"t={NOW},v1={expected}", SECRETS, NOON)


def test_every_signature_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    genuine = hmac.compare_digest

    def remember(first: bytes, second: bytes) -> bool:
        compared.append((first, second))
        return genuine(first, second)

    monkeypatch.setattr("portal.mux.webhook.hmac.compare_digest", remember)

    verify(BODY, f"t={NOW},v1={signed()},v1={'0' * 64}", SECRETS, NOON)

    assert [second for _, second in compared] == [signed().encode(), b"0" * 64]
