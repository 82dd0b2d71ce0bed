"""One's own account: password, and where one is signed in."""
