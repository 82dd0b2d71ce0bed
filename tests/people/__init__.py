"""Getting an account, getting back into it, and leaving."""
