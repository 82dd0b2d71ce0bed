"""File names of static renditions, and how tall the picture in each may be."""

_HEIGHT = {
    "highest.mp4": None,
    "high.mp4": 720,
    "medium.mp4": 540,
    "low.mp4": 360,
    "capped-1080p.mp4": 1080,
    **{f"{height}p.mp4": height for height in (2160, 1440, 1080, 720, 540, 480, 360, 270)},
}
_AUDIO = "audio.m4a"
_NAMES_OF_MP4_SUPPORT = {
    "none": (),
    "standard": ("low.mp4", "medium.mp4", "high.mp4"),
    "capped-1080p": ("capped-1080p.mp4",),
    "audio-only": (_AUDIO,),
    "audio-only,capped-1080p": (_AUDIO, "capped-1080p.mp4"),
}


def static_name(resolution: str) -> str:
    """Return the file name for a `resolution` of the API."""
    return _AUDIO if resolution == "audio-only" else f"{resolution}.mp4"


def names_of_mp4_support(mp4_support: str) -> tuple[str, ...]:
    """Return the files the deprecated `mp4_support` stands for."""
    return _NAMES_OF_MP4_SUPPORT[mp4_support]


def is_static_name(name: str) -> bool:
    """Tell whether a path's last part could be a static rendition."""
    return name == _AUDIO or name in _HEIGHT


def is_audio(name: str) -> bool:
    """Tell whether a rendition holds sound only."""
    return name == _AUDIO


def height_limit(name: str) -> int | None:
    """Return the tallest picture a rendition may hold, in pixels of the shorter side; None = as it is."""
    return _HEIGHT[name]
