"""What is kept of where somebody signed in: enough to recognise it by, and no more."""

from ipaddress import IPv6Address, ip_address

# In this order: most browsers claim to be older ones as well.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_words(user_agent: str) -> str:
    """A browser and its system in words, as "Firefox on Windows"."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Another program"


def network_of(address: str | None) -> str:
    """A network address without the part that tells one device from its neighbours; empty for what is none."""
    try:
        read = ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(read, IPv6Address):
        if read.ipv4_mapped:
            return network_of(str(read.ipv4_mapped))
        return f"{':'.join(read.exploded.split(':')[:3])}:x"
    return f"{'.'.join(str(read).split('.')[:3])}.x"


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for mark, name in names if mark in user_agent), None)
