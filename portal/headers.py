"""Security headers, a strict Content-Security-Policy above all."""

from urllib.parse import urlsplit

from flask import Flask, Response, g

from portal.config import Settings

# Mux Player's and Mux Uploader's own hosts: streams and images, uploads, viewing statistics.
MUX_STREAM = "https://*.mux.com"
MUX_IMAGES = "https://image.mux.com"
MUX_UPLOADS = "https://storage.googleapis.com"
MUX_DATA = "https://*.litix.io"


def register_headers(app: Flask, settings: Settings) -> None:
    """Send the headers with every answer."""
    policies = {
        (has_video, is_framed): content_security_policy(settings, has_video=has_video, is_framed=is_framed)
        for has_video in (False, True)
        for is_framed in (False, True)
    }

    def add_headers(response: Response) -> Response:
        headers = response.headers
        policy = policies[g.get("has_video", False), g.get("is_framed", False)]
        headers.setdefault("Content-Security-Policy", policy)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        headers.setdefault("Cache-Control", "private, no-store")
        if settings.public_url.startswith("https:"):
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        return response

    app.after_request(add_headers)


def allow_video() -> None:
    """Let this answer's page hold Mux's components: their styles are inline, in their shadow roots."""
    g.has_video = True


def allow_framing() -> None:
    """Let this answer's page be shown in a frame by the sites in EMBED_ORIGINS."""
    g.is_framed = True


def content_security_policy(settings: Settings, *, has_video: bool = False, is_framed: bool = False) -> str:
    """The policy of a page; one with a player or an uploader may also speak to Mux and style itself inline."""
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", *_image_hosts(settings)],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": list(settings.embed_origins) if is_framed and settings.embed_origins else ["'none'"],
        "base-uri": ["'none'"],
    }
    if has_video:
        hosts = [MUX_STREAM, MUX_UPLOADS, MUX_DATA] if settings.is_real_mux else [_origin(settings.mux_base_url)]
        directives["style-src"].append("'unsafe-inline'")
        directives["connect-src"].extend(hosts)
        directives["media-src"] = ["blob:", *([MUX_STREAM] if settings.is_real_mux else hosts)]
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def _image_hosts(settings: Settings) -> list[str]:
    return [MUX_IMAGES] if settings.is_real_mux else [_origin(settings.mux_base_url)]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
