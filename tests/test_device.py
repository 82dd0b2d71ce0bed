"""What is kept of where somebody signed in."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.device import device_words, network_of

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


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
        ("203.0.113.77", "203.0.113.…"),
        ("2001:db8:85a3::8a2e:370:7334", "2001:0db8:85a3:…"),
        ("::ffff:203.0.113.77", "203.0.113.…"),
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
