"""How a person's words are shown."""

import pytest
from jinja2.utils import urlize

from portal.formatting import in_lines, linked

TEXTS = (
    *("plain words, and more", "see example.com now", "mail a@b.org", "http://x.y", "www.ab.de", "(example.org)"),
    *("a <b> & c", "e.g. this", "mailto:me@x.org", "http://ü.de", "an end.", "tel:+1", "http://localhost", "https://"),
    *("<script>alert(1)</script>", "<https://example.com>", "\"quoted\" 'words'", ""),
)


@pytest.mark.parametrize("text", TEXTS)
def test_addresses_become_links_and_all_else_is_escaped(text: str) -> None:
    assert str(linked(text)) == str(urlize(text, rel="nofollow noopener"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("One line.", "One line."),
        ("First.\nSecond.\r\nThird.", "First.<br>Second.<br>Third."),
        ("\n  Apart.\n", "Apart."),
        ("1 < 2\n<b>", "1 &lt; 2<br>&lt;b&gt;"),
        (
            "see\nhttp://example.com",
            'see<br><a href="http://example.com" rel="nofollow noopener">http://example.com</a>',
        ),
    ],
)
def test_line_breaks_stay(text: str, shown: str) -> None:
    assert str(in_lines(text)) == shown
