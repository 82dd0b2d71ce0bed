"""Addresses of our own files that change with their contents, so that browsers may keep them."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, url_for


def register_static_url(app: Flask) -> None:
    """Give templates `static_url(name)`."""
    folder = Path(str(app.static_folder))
    app.add_template_global(lambda name: url_for("static", filename=name, v=_digest(folder / name)), "static_url")


@lru_cache(maxsize=256)
def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
