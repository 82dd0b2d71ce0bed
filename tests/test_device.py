"""What is kept of where somebody signed in."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.people.device import device_words, network_of

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/140.0.0.0 Safari/537.36"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {WEBKIT} Version/18.6 Mobile/15E148 Safari/604.1"
MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18.6 Safari/605.1.15"
ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (CHROME, "Chrome on Windows"),
        (f"{CHROME} Edg/140.0.0.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0", "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        (MAC, "Safari on Mac"),
        (ANDROID, "Chrome on Android"),
        ("Firefox/142.0", "Firefox"),
        ("(Windows)", "Windows"),
        ("curl/8.14.1", "Another program"),
        ("", "Another program"),
        ("\x00<script>", "Another program"),
    ],
)
def test_a_browser_is_told_in_words(user_agent: str, words: str) -> None:
    assert device_words(user_agent) == words


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.x"),
        ("2001:db8:85a3::8a2e:370:7334", "2001:0db8:85a3:x"),
        ("::ffff:203.0.113.77", "203.0.113.x"),
        ("unix:", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_of_an_address_the_network_is_kept(address: str | None, network: str) -> None:
    assert network_of(address) == network


@given(st.ip_addresses())
def test_no_address_is_kept_whole(address: IPv4Address | IPv6Address) -> None:
    assert str(address) not in network_of(str(address))
    assert len(network_of(str(address))) <= 50


@given(st.text())
def test_words_fit_their_column_whatever_a_browser_sends(user_agent: str) -> None:
    assert 0 < len(device_words(user_agent)) <= 100
