"""One's own account: password, address, where one is signed in, and its end."""

from portal.account import deletion, email  # noqa: F401 - their views belong to the one blueprint
