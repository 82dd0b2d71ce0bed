"""The blueprint of everything Mux itself does not have: the page, faults, deliveries, health.

There is no sign-in, since this serves one developer on loopback; but no other site's page may use it
through that developer's browser.
"""

from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from local_mux.errors import envelope

console = Blueprint("console", __name__, template_folder="../templates")
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_OWN_SITES = {"same-origin", "none"}


@console.before_request
def _refuse_other_sites() -> Response | None:
    if request.method in _SAFE_METHODS:
        return None
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    is_foreign = (site is not None and site not in _OWN_SITES) or (
        origin is not None and urlsplit(origin).netloc != request.host
    )
    return envelope("forbidden", ["Another site's page may not do this."], 403) if is_foreign else None
