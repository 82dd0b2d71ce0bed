"""What the API accepts: fields, values and limits of mux-contract's create-asset and direct-upload tables."""

from typing import Annotated, Any, Literal, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from local_mux.errors import InvalidParametersError
from local_mux.validation import messages

Passthrough = Annotated[str, Field(max_length=255)]
Policy = Literal["public", "signed"]
Resolution = Literal["highest", "audio-only", "2160p", "1440p", "1080p", "720p", "540p", "480p", "360p", "270p"]
Mp4Support = Literal["none", "standard", "capped-1080p", "audio-only", "audio-only,capped-1080p"]
MasterAccess = Literal["none", "temporary"]
SubtitleLanguage = Literal[
    "auto", "en", "es", "it", "pt", "de", "fr", "pl", "ru", "nl", "ca", "tr", "sv", "uk", "no", "fi", "sk",
    "el", "cs", "hr", "da", "ro", "bg",
]  # fmt: skip
_VIDEO_QUALITY = {"smart": "plus", "baseline": "basic", "premium": "premium"}


class Body(BaseModel):
    """A request body. Unknown fields are let through and forgotten, since Mux keeps adding new ones."""

    model_config = ConfigDict(strict=True, extra="ignore")


class Meta(Body):
    title: Annotated[str, Field(max_length=512)] | None = None
    creator_id: Annotated[str, Field(max_length=128)] | None = None
    external_id: Annotated[str, Field(max_length=128)] | None = None


class GeneratedSubtitles(Body):
    language_code: SubtitleLanguage = "en"
    name: str | None = None
    passthrough: Passthrough | None = None


class Input(Body):
    url: str | None = None
    generated_subtitles: list[GeneratedSubtitles] | None = None
    start_time: Annotated[float, Field(ge=0)] | None = None
    end_time: Annotated[float, Field(gt=0)] | None = None
    type: Literal["video", "audio", "text"] | None = None
    text_type: Literal["subtitles"] | None = None
    language_code: str | None = None
    name: str | None = None
    closed_captions: bool | None = None
    passthrough: Passthrough | None = None


class StaticRenditionOrder(Body):
    resolution: Resolution
    passthrough: Passthrough | None = None


class AdvancedPlaybackPolicy(Body):
    policy: Policy


class AssetSettings(Body):
    """`new_asset_settings` of an upload, and the body of create-asset."""

    inputs: list[Input] | None = None
    playback_policies: list[Policy] | None = None
    advanced_playback_policies: list[AdvancedPlaybackPolicy] | None = None
    passthrough: Passthrough | None = None
    meta: Meta | None = None
    video_quality: Literal["basic", "plus", "premium"] | None = None
    encoding_tier: Literal["smart", "baseline", "premium"] | None = None
    max_resolution_tier: Literal["1080p", "1440p", "2160p"] | None = None
    normalize_audio: bool | None = None
    master_access: MasterAccess | None = None
    mp4_support: Mp4Support | None = None
    static_renditions: list[StaticRenditionOrder] | None = None
    copy_overlays: bool | None = None
    test: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _accept_old_names(cls, value: Any) -> Any:
        """Take `input` and `playback_policy`, and a bare input URL, as older clients send them."""
        if not isinstance(value, dict):
            return value
        renamed = dict(value)
        for old, new in (("input", "inputs"), ("playback_policy", "playback_policies")):
            if old in renamed:
                given = renamed.pop(old)
                renamed.setdefault(new, given)
        if isinstance(renamed.get("inputs"), str):
            renamed["inputs"] = [{"url": renamed["inputs"]}]
        return renamed

    @model_validator(mode="after")
    def _one_kind_of_download(self) -> "AssetSettings":
        if self.static_renditions and self.mp4_support not in {None, "none"}:
            raise ValueError("static_renditions and mp4_support exclude each other")
        return self

    def kept(self) -> dict[str, Any]:
        """Return what was given, in today's names."""
        settings = self.model_dump(exclude_none=True)
        tier = settings.pop("encoding_tier", None)
        if tier:
            settings.setdefault("video_quality", _VIDEO_QUALITY[tier])
        advanced = settings.pop("advanced_playback_policies", [])
        if advanced:
            policies = settings.setdefault("playback_policies", [])
            policies.extend(each["policy"] for each in advanced)
        return settings


class CreateUpload(Body):
    cors_origin: str | None = None
    timeout: Annotated[int, Field(ge=60, le=604_800)] = 3600
    """Seconds until the upload closes by itself."""
    new_asset_settings: AssetSettings = AssetSettings()
    test: bool = False


class UpdateAsset(Body):
    passthrough: Passthrough | None = None
    meta: Meta | None = None


class CreatePlaybackId(Body):
    policy: Policy = "public"


class CreateTrack(Body):
    url: Annotated[str, Field(pattern=r"^https?://")]
    type: Literal["text"]
    text_type: Literal["subtitles"] = "subtitles"
    language_code: Annotated[str, Field(min_length=2, max_length=35)]
    name: str | None = None
    closed_captions: bool = False
    passthrough: Passthrough | None = None


class UpdateTrack(Body):
    language_code: Annotated[str, Field(min_length=2, max_length=35)] | None = None
    name: str | None = None
    closed_captions: bool | None = None
    passthrough: Passthrough | None = None


class GenerateSubtitles(Body):
    generated_subtitles: Annotated[list[GeneratedSubtitles], Field(min_length=1)]


class UpdateMasterAccess(Body):
    master_access: MasterAccess


class UpdateMp4Support(Body):
    mp4_support: Mp4Support


Schema = TypeVar("Schema", bound=Body)


def read_body(schema: type[Schema]) -> Schema:
    """Read the request's JSON; no body at all counts as an empty object.

    :raises InvalidParametersError: one message per bad field, each naming it.
    """
    try:
        return schema.model_validate_json(request.get_data() or b"{}")
    except ValidationError as error:
        raise InvalidParametersError(*messages(error)) from error
