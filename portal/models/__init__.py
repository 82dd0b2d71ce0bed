"""The tables, one file per noun. Importing this package makes all of them known to SQLAlchemy."""

from portal.models.base import Base
from portal.models.discard import Discard, DiscardKind
from portal.models.history import Happening, History
from portal.models.idempotency_key import IdempotencyKey
from portal.models.invitation import Invitation
from portal.models.mail import Mail
from portal.models.membership import ChangeSource, MembershipChange, ProgrammeGrant
from portal.models.membership_list import MembershipList
from portal.models.notice import Notice, NoticeKind
from portal.models.orphan import Orphan, OrphanKind
from portal.models.periodic_work import PeriodicWork
from portal.models.product import Product, ProductKind
from portal.models.programme import Programme
from portal.models.programme_tag import ProgrammeTag
from portal.models.programme_text import ProgrammeText
from portal.models.refresh_family import RefreshFamily
from portal.models.registration import Registration
from portal.models.session import UserSession
from portal.models.standing import Role
from portal.models.state import AttemptState, ProgrammeState, Status, UploadStatus
from portal.models.upload import Upload
from portal.models.user import User
from portal.models.webhook_event import Outcome, WebhookEvent

__all__ = [
    "AttemptState",
    "Base",
    "ChangeSource",
    "Discard",
    "DiscardKind",
    "Happening",
    "History",
    "IdempotencyKey",
    "Invitation",
    "Mail",
    "MembershipChange",
    "MembershipList",
    "Notice",
    "NoticeKind",
    "Orphan",
    "OrphanKind",
    "Outcome",
    "PeriodicWork",
    "Product",
    "ProductKind",
    "Programme",
    "ProgrammeGrant",
    "ProgrammeState",
    "ProgrammeTag",
    "ProgrammeText",
    "RefreshFamily",
    "Registration",
    "Role",
    "Status",
    "Upload",
    "UploadStatus",
    "User",
    "UserSession",
    "WebhookEvent",
]
