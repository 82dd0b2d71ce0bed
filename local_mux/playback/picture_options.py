"""The parameters of Mux's image API, from a public URL's query or a token's claims."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_mux.errors import InvalidParametersError

FIT_MODES = ("preserve", "stretch", "crop", "smartcrop", "pad")
ROTATIONS = (90, 180, 270)
LARGEST_SIDE = 3840
LARGEST_ANIMATION_SIDE = 640
LONGEST_ANIMATION_SECONDS = 10.0
SHORTEST_ANIMATION_SECONDS = 0.25
DEFAULT_ANIMATION_SECONDS = 5.0
DEFAULT_ANIMATION_WIDTH = 320
DEFAULT_ANIMATION_FRAMES_PER_SECOND = 15
MOST_ANIMATION_FRAMES_PER_SECOND = 30
_TRANSPOSE = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}


@dataclass(frozen=True)
class ThumbnailOptions:
    """One frame of a video."""

    time_seconds: float
    width: int | None
    height: int | None
    fit_mode: str
    rotate: int | None
    flip_h: bool
    flip_v: bool

    @classmethod
    def read(cls, parameters: Mapping[str, Any], duration_seconds: float) -> "ThumbnailOptions":
        """Read the parameters; the default frame is the middle one.

        :raises InvalidParametersError: naming the parameter.
        """
        if "latest" in parameters or "program_time" in parameters:
            raise InvalidParametersError("latest and program_time: only for live streams")
        width = _whole(parameters, "width", most=LARGEST_SIDE)
        height = _whole(parameters, "height", most=LARGEST_SIDE)
        fit_mode = str(parameters.get("fit_mode", "preserve"))
        if fit_mode not in FIT_MODES:
            raise InvalidParametersError(f"fit_mode: must be one of {', '.join(FIT_MODES)}")
        if fit_mode != "preserve" and not (width and height):
            raise InvalidParametersError(f"fit_mode: {fit_mode} needs both width and height")
        rotate = _whole(parameters, "rotate", most=ROTATIONS[-1])
        if rotate is not None and rotate not in ROTATIONS:
            raise InvalidParametersError("rotate: must be 90, 180 or 270")
        time_seconds = _number(parameters, "time", default=duration_seconds / 2)
        return cls(
            time_seconds=min(time_seconds, duration_seconds),
            width=width,
            height=height,
            fit_mode=fit_mode,
            rotate=rotate,
            flip_h=_flag(parameters, "flip_h"),
            flip_v=_flag(parameters, "flip_v"),
        )

    @property
    def filters(self) -> str:
        """Ffmpeg's filter chain for it."""
        turns = [_TRANSPOSE[self.rotate]] if self.rotate else []
        turns += [name for name, wanted in (("hflip", self.flip_h), ("vflip", self.flip_v)) if wanted]
        return ",".join([*turns, *self._scaling()]) or "null"

    def _scaling(self) -> list[str]:
        width, height = self.width, self.height
        if not (width and height):
            return [f"scale={width or -1}:{height or -1}"] if width or height else []
        if self.fit_mode == "stretch":
            return [f"scale={width}:{height}"]
        if self.fit_mode in {"crop", "smartcrop"}:
            return [f"scale={width}:{height}:force_original_aspect_ratio=increase", f"crop={width}:{height}"]
        fitted = f"scale={width}:{height}:force_original_aspect_ratio=decrease"
        return [fitted, f"pad={width}:{height}:-1:-1"] if self.fit_mode == "pad" else [fitted]


@dataclass(frozen=True)
class AnimationOptions:
    """A few seconds of a video as a moving picture."""

    start_seconds: float
    end_seconds: float
    width: int
    height: int
    """-1 = as the width asks for."""
    frames_per_second: int

    @classmethod
    def read(cls, parameters: Mapping[str, Any]) -> "AnimationOptions":
        """Read the parameters. :raises InvalidParametersError: naming the parameter."""
        start = _number(parameters, "start", default=0.0)
        end = _number(parameters, "end", default=start + DEFAULT_ANIMATION_SECONDS)
        if not SHORTEST_ANIMATION_SECONDS <= end - start <= LONGEST_ANIMATION_SECONDS:
            raise InvalidParametersError("end: must be 0.25 to 10 seconds after start")
        width = _whole(parameters, "width", most=LARGEST_ANIMATION_SIDE)
        height = _whole(parameters, "height", most=LARGEST_ANIMATION_SIDE)
        rate = _whole(parameters, "fps", most=MOST_ANIMATION_FRAMES_PER_SECOND)
        return cls(
            start_seconds=start,
            end_seconds=end,
            width=width or (-1 if height else DEFAULT_ANIMATION_WIDTH),
            height=height or -1,
            frames_per_second=rate or DEFAULT_ANIMATION_FRAMES_PER_SECOND,
        )

    @property
    def filters(self) -> str:
        """Ffmpeg's filter chain for it."""
        return f"fps={self.frames_per_second},scale={self.width}:{self.height}"


def _whole(parameters: Mapping[str, Any], name: str, *, most: int) -> int | None:
    if name not in parameters:
        return None
    number = _number(parameters, name, default=0.0)
    if number != int(number) or not 1 <= number <= most:
        raise InvalidParametersError(f"{name}: must be a whole number from 1 to {most}")
    return int(number)


def _number(parameters: Mapping[str, Any], name: str, *, default: float) -> float:
    try:
        number = float(parameters.get(name, default))
    except (TypeError, ValueError) as error:
        raise InvalidParametersError(f"{name}: must be a number") from error
    if not 0 <= number < float("inf"):
        raise InvalidParametersError(f"{name}: must not be negative")
    return number


def _flag(parameters: Mapping[str, Any], name: str) -> bool:
    return str(parameters.get(name, "")).lower() in {"true", "1"}
