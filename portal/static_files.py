"""Addresses of our own files that change with their contents, so that browsers may keep them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from whitenoise import WhiteNoise

from portal.static_build import BUILT, MANIFEST, STATIC, contents, digest

PLAIN_MAX_AGE_SECONDS = 0  # asked for again each time: what they import has no version in its address


def register_static_url(app: Flask) -> None:
    """Give templates `static_url(name)`: the file's built twin, or the file itself where the build is not current."""
    built = _current_build(STATIC)

    @cache
    def static_url(name: str) -> str:
        if name in built:
            return f"{app.static_url_path}/{built[name]}"
        return f"{app.static_url_path}/{name}?v={digest(contents(STATIC / name))}"

    app.add_template_global(static_url)


def serve_static(wsgi_app: Any) -> WhiteNoise:
    """Serve static/ before the application is asked, compressed as the browser likes it."""
    return WhiteNoise(
        wsgi_app,
        root=STATIC,
        prefix="static/",
        max_age=PLAIN_MAX_AGE_SECONDS,
        immutable_file_test=lambda _path, url: url.startswith(f"/static/{BUILT}/"),
    )


def _current_build(static: Path) -> dict[str, str]:
    """What each file was built to; nothing if any has changed since: modules that import each other go together."""
    try:
        manifest: dict[str, dict[str, str]] = json.loads((static / BUILT / MANIFEST).read_text())
        is_current = all(digest(contents(static / name)) == entry["source"] for name, entry in manifest.items())
        is_whole = all((static / entry["built"]).exists() for entry in manifest.values())
    except (OSError, ValueError, LookupError, AttributeError):  # no build, or one that was interrupted
        return {}
    return {name: entry["built"] for name, entry in manifest.items()} if is_current and is_whole else {}
