"""The tables, one file per noun. Importing this package makes all of them known to SQLAlchemy."""

from portal.models.base import Base
from portal.models.discarded_asset import DiscardedAsset
from portal.models.history import History
from portal.models.idempotency_key import IdempotencyKey
from portal.models.product import Product, ProductKind
from portal.models.programme import Programme, Status
from portal.models.upload import Upload, UploadStatus
from portal.models.user import Role, User
from portal.models.webhook_event import Outcome, WebhookEvent

__all__ = [
    "Base",
    "DiscardedAsset",
    "History",
    "IdempotencyKey",
    "Outcome",
    "Product",
    "ProductKind",
    "Programme",
    "Role",
    "Status",
    "Upload",
    "UploadStatus",
    "User",
    "WebhookEvent",
]
