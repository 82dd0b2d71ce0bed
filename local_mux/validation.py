"""Turning pydantic's findings into messages that name the field."""

from pydantic import ValidationError


def messages(error: ValidationError) -> list[str]:
    """Return one line per bad field, as `new_asset_settings.passthrough: String should have at most …`."""
    return [
        f"{'.'.join(str(part) for part in problem['loc']) or 'body'}: {problem['msg']}" for problem in error.errors()
    ]
