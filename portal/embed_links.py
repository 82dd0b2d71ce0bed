"""Signed links that open one programme in a frame on another site, for a while, to whoever comes with them."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import url_for
from itsdangerous import BadSignature, URLSafeSerializer

from portal.config import current_settings
from portal.lifecycle.moves import StateConflictError
from portal.models import Programme

LINK_MAX_CHARACTERS = 1024


@dataclass(frozen=True, kw_only=True)
class EmbedLink:
    """What a link says. `viewer` is who it was made for, in the words of whoever asked for it; it may be empty."""

    product_id: uuid.UUID
    expires_at: datetime
    viewer: str = ""


def make_embed_link(programme: Programme, lasts_for: timedelta, viewer: str, at: datetime) -> EmbedLink:
    """A link to a programme, until then; StateConflictError where no site could show it."""
    if not current_settings().embed_origins:
        raise StateConflictError("No site may show programmes in a frame: the portal's EMBED_ORIGINS names none.")
    if not programme.is_published:
        raise StateConflictError("A programme can be shown elsewhere once it is published.")
    expires_at = (at + lasts_for).replace(microsecond=0)
    return EmbedLink(product_id=programme.product_id, expires_at=expires_at, viewer=viewer)


def address_of(link: EmbedLink) -> str:
    """What to write into a frame on another site."""
    path = url_for("embed.show_player", product_id=link.product_id, token=sign_embed_link(link))
    return current_settings().public_url + path


def sign_embed_link(link: EmbedLink) -> str:
    """The link as a text that is safe in an address, and that nobody else can make."""
    return _serializer().dumps([link.product_id.hex, int(link.expires_at.timestamp()), link.viewer])


def read_embed_link(text: str, product_id: uuid.UUID, at: datetime) -> EmbedLink | None:
    """The link, if it is one of ours, for this programme, and not over."""
    if not text or len(text) > LINK_MAX_CHARACTERS:
        return None
    try:
        named, expires, viewer = _serializer().loads(text)
    except BadSignature:
        return None
    link = EmbedLink(product_id=uuid.UUID(named), expires_at=datetime.fromtimestamp(expires, UTC), viewer=viewer)
    return link if link.product_id == product_id and at < link.expires_at else None


def _serializer() -> URLSafeSerializer:
    """The key is derived of SECRET_KEY for this purpose alone: no other text of ours can be taken for a link."""
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(current_settings().secret_key, salt="portal.embed-link", signer_kwargs=options)
