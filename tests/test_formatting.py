"""How a person's words are shown."""

import pytest
from jinja2.utils import urlize

from portal.formatting import linked

TEXTS = (
    *("plain words, and more", "see example.com now", "mail a@b.org", "http://x.y", "www.ab.de", "(example.org)"),
    *("a <b> & c", "e.g. this", "mailto:me@x.org", "http://ü.de", "an end.", "tel:+1", "http://localhost", "https://"),
    *("<script>alert(1)</script>", "<https://example.com>", "\"quoted\" 'words'", ""),
)


@pytest.mark.parametrize("text", TEXTS)
def test_addresses_become_links_and_all_else_is_escaped(text: str) -> None:
    assert str(linked(text)) == str(urlize(text, rel="nofollow noopener"))
