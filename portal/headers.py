"""Security headers, a strict Content-Security-Policy above all."""

from urllib.parse import urlsplit

from flask import Flask, Response, g
from werkzeug.wrappers import Response as BaseResponse

from portal.config import Settings

# Mux Player's and Mux Uploader's own hosts: streams and images, uploads, viewing statistics.
MUX_STREAM = "https://*.mux.com"
MUX_IMAGES = "https://image.mux.com"
MUX_UPLOADS = "https://storage.googleapis.com"
MUX_DATA = "https://*.litix.io"


UNSTORED = "private, no-store"
CHECKED_EACH_TIME = "private, no-cache"  # kept by the browser, which asks whether it is still true: portal.conditional


def register_headers(app: Flask, settings: Settings) -> None:
    """Send the headers with every answer."""
    fixed = {
        (has_video, is_framed): security_headers(settings, has_video=has_video, is_framed=is_framed)
        for has_video in (False, True)
        for is_framed in (False, True)
    }

    def add_headers(response: Response) -> Response:
        present = {name.lower() for name, _ in response.headers}
        for name, value in fixed[g.get("has_video", False), g.get("is_framed", False)]:
            if name.lower() not in present:
                response.headers.add(name, value)
        if "cache-control" not in present:
            response.headers.add("Cache-Control", UNSTORED)
        return response

    app.after_request(add_headers)


def security_headers(
    settings: Settings, *, has_video: bool = False, is_framed: bool = False
) -> tuple[tuple[str, str], ...]:
    """What every answer says about how it may be used."""
    headers = (
        ("Content-Security-Policy", content_security_policy(settings, has_video=has_video, is_framed=is_framed)),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
    )
    if settings.public_url.startswith("https:"):
        return (*headers, ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))
    return headers


def allow_video() -> None:
    """Let this answer's page hold Mux's components: their styles are inline, in their shadow roots."""
    g.has_video = True


def allow_framing() -> None:
    """Let this answer's page be shown in a frame by the sites in EMBED_ORIGINS."""
    g.is_framed = True


def have_pages_forgotten(answer: BaseResponse) -> None:
    """Tell the browser to keep no page: none is seen again by whoever uses it next."""
    answer.headers["Clear-Site-Data"] = '"cache"'


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
