"""Where the tiles of a storyboard are, and the two texts that say so."""

from dataclasses import dataclass
from typing import Any

from local_mux.models.asset import Asset

TILE_WIDTH = 256
COLUMNS = 10
LONG_VIDEO_SECONDS = 15 * 60
_TILES, _TILES_OF_LONG_VIDEO = 50, 100


@dataclass(frozen=True)
class Storyboard:
    """A grid of small pictures, evenly spread over a video."""

    duration_seconds: float
    tile_height: int
    tiles: int

    @classmethod
    def of(cls, asset: Asset) -> "Storyboard":
        """Lay out the storyboard of a ready video."""
        width, height = asset.width or TILE_WIDTH, asset.height or TILE_WIDTH
        duration = asset.duration or 0.0
        return cls(
            duration_seconds=duration,
            tile_height=max(2, round(TILE_WIDTH * height / width / 2) * 2),
            tiles=_TILES if duration < LONG_VIDEO_SECONDS else _TILES_OF_LONG_VIDEO,
        )

    @property
    def step_seconds(self) -> float:
        """Time that one tile stands for."""
        return self.duration_seconds / self.tiles

    @property
    def filters(self) -> str:
        """Ffmpeg's filter chain for the whole picture."""
        return (
            f"fps=1/{self.step_seconds:.6f}:start_time=0,scale={TILE_WIDTH}:{self.tile_height},"
            f"tpad=stop_mode=clone:stop={self.tiles},trim=end_frame={self.tiles},"
            f"tile={COLUMNS}x{self.tiles // COLUMNS}"
        )

    def as_vtt(self, image_url: str) -> str:
        """Return the WebVTT file that players read."""
        cues = [
            f"{_timestamp(start)} --> {_timestamp(start + self.step_seconds)}\n"
            f"{image_url}#xywh={x},{y},{TILE_WIDTH},{self.tile_height}\n"
            for start, x, y in self._places()
        ]
        return "\n".join(["WEBVTT\n", *cues])

    def as_json(self, image_url: str) -> dict[str, Any]:
        """Return the same as JSON."""
        return {
            "url": image_url,
            "tile_width": TILE_WIDTH,
            "tile_height": self.tile_height,
            "duration": self.duration_seconds,
            "tiles": [{"start": round(start, 6), "x": x, "y": y} for start, x, y in self._places()],
        }

    def _places(self) -> list[tuple[float, int, int]]:
        return [
            (
                number * self.step_seconds,
                number % COLUMNS * TILE_WIDTH,
                number // COLUMNS * self.tile_height,
            )
            for number in range(self.tiles)
        ]


def _timestamp(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
