"""Writing HLS playlists: the master from what is known, the media playlist from ffmpeg's with signed URIs."""

import re
from collections.abc import Sequence
from pathlib import Path

from local_mux.encoding.plan import PLAYLIST
from local_mux.encoding.stream import Variant
from local_mux.models.asset import Track

_URI_LINE = re.compile(r"^(?!#)(\S+)$", re.MULTILINE)
_URI_ATTRIBUTE = re.compile(r'URI="([^"]+)"')
_SUBTITLES_GROUP = "subtitles"


def master_playlist(playback_id: str, variant: Variant, text_tracks: Sequence[Track], query: str) -> str:
    """Return the playlist of the one rendition and its subtitles."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines += [_subtitles(playback_id, track, query) for track in text_tracks]
    attributes = [
        f"BANDWIDTH={variant.bandwidth}",
        f"AVERAGE-BANDWIDTH={variant.average_bandwidth}",
        f'CODECS="{",".join(variant.codecs)}"',
    ]
    if variant.width:
        attributes.append(f"RESOLUTION={variant.width}x{variant.height}")
    if variant.frame_rate:
        attributes.append(f"FRAME-RATE={variant.frame_rate:.3f}")
    if text_tracks:
        attributes.append(f'SUBTITLES="{_SUBTITLES_GROUP}"')
    lines += [f"#EXT-X-STREAM-INF:{','.join(attributes)}", f"{playback_id}/{PLAYLIST}{query}"]
    return "\n".join(lines) + "\n"


def media_playlist(stream: Path, query: str) -> str:
    """Return ffmpeg's playlist with the query on every URI."""
    text = (stream / PLAYLIST).read_text()
    text = _URI_ATTRIBUTE.sub(rf'URI="\g<1>{query}"', text)
    return _URI_LINE.sub(rf"\g<1>{query}", text)


def subtitles_playlist(track_id: str, duration_seconds: float, query: str) -> str:
    """Return the playlist of a subtitle file, which is one segment as long as the video."""
    return (
        "#EXTM3U\n#EXT-X-VERSION:7\n"
        f"#EXT-X-TARGETDURATION:{int(duration_seconds) + 1}\n"
        "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        f"#EXTINF:{duration_seconds:.6f},\n{track_id}.vtt{query}\n#EXT-X-ENDLIST\n"
    )


def _subtitles(playback_id: str, track: Track, query: str) -> str:
    name = (track.name or track.language_code or "Subtitles").replace('"', "'").replace("\n", " ")
    characteristics = ',CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog"'
    return (
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="{_SUBTITLES_GROUP}",NAME="{name}",'
        f'LANGUAGE="{track.language_code}",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO'
        f"{characteristics if track.closed_captions else ''},"
        f'URI="{playback_id}/text/{track.id}.m3u8{query}"'
    )
