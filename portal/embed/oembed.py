"""What oEmbed (https://oembed.com) says of a programme, so that other sites can show it from its address alone."""

import re
import uuid
from typing import Any

from flask import render_template, url_for

from portal.config import current_settings
from portal.models import Programme

WIDTH_PIXELS, HEIGHT_PIXELS = 1280, 720
KEPT_SECONDS = 60 * 60

_ADDRESS = re.compile(r"/(?:watch|embed)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?(?:[?#].*)?", re.IGNORECASE)


def product_id_in(address: str) -> uuid.UUID | None:
    """The programme that one of our own addresses leads to."""
    origin = current_settings().public_url
    found = _ADDRESS.fullmatch(address.removeprefix(origin)) if address.startswith(f"{origin}/") else None
    return uuid.UUID(found[1]) if found else None


def oembed_of(programme: Programme, *, max_width: int | None, max_height: int | None) -> dict[str, Any]:
    """The answer to a site that wants to show the programme in no more than so many pixels."""
    scale = min(1.0, (max_width or WIDTH_PIXELS) / WIDTH_PIXELS, (max_height or HEIGHT_PIXELS) / HEIGHT_PIXELS)
    width, height = max(1, int(WIDTH_PIXELS * scale)), max(1, int(HEIGHT_PIXELS * scale))
    settings = current_settings()
    address = settings.public_url + url_for("embed.show_player", product_id=programme.product_id)
    frame = render_template("embed/frame.html", address=address, title=programme.title, width=width, height=height)
    return {
        "version": "1.0",
        "type": "video",
        "title": programme.title,
        "author_name": programme.owner_name,
        "provider_name": "Programme Portal",
        "provider_url": settings.public_url,
        "cache_age": KEPT_SECONDS,
        "width": width,
        "height": height,
        "html": frame.strip(),
    }
