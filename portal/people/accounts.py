"""Accounts: passwords, who signs in, making people."""

from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select

from portal.config import current_settings
from portal.extensions import db
from portal.models import Role, User
from portal.models.user import normal_email, select_user_by_email

PASSWORD_MIN_CHARACTERS = 10
PASSWORD_MAX_CHARACTERS = 1024  # so that hashing a giant one can't be used to keep us busy


class EmailTakenError(Exception):
    """There is an account with this address."""


def authenticate(email: str, password: str) -> User | None:
    """The enabled account with this address and password, or None. An unknown address takes as long as a known one."""
    if len(password) > PASSWORD_MAX_CHARACTERS or not email.isprintable():
        return None
    user = db.session.scalar(select_user_by_email(email))
    hasher = _hasher()
    if user is None or not user.password_hash:  # the identity provider's people have none
        hasher.hash(password)
        return None
    if not _matches(hasher, user.password_hash, password):
        return None
    return user if user.is_enabled and not is_demo_outside_demo(user) else None


def create_user(*, email: str, name: str, password: str, role: Role, at: datetime, is_demo: bool = False) -> User:
    """Add an account to the session; raises EmailTakenError."""
    user = add_account(email=email, name=name, password_hash=hash_password(password), role=role, at=at)
    user.is_demo = is_demo
    return user


def add_account(*, email: str, name: str, password_hash: str, role: Role, at: datetime) -> User:
    """Add an account whose password was hashed before to the session; raises EmailTakenError."""
    if db.session.scalar(select_user_by_email(email)) is not None:
        raise EmailTakenError(f"There is an account with the address {normal_email(email)}.")
    user = User(email=normal_email(email), name=name.strip(), password_hash=password_hash, role=role, created_at=at)
    db.session.add(user)
    return user


def hash_password(password: str) -> str:
    return _hasher().hash(password)


def has_password(user: User, password: str) -> bool:
    """Whether this is the password of the account."""
    return len(password) <= PASSWORD_MAX_CHARACTERS and _matches(_hasher(), user.password_hash, password)


def set_password(user: User, password: str) -> None:
    user.password_hash = hash_password(password)


def has_demo_accounts() -> bool:
    """Whether the database holds accounts whose password everybody knows."""
    return db.session.scalar(select(User.id).where(User.is_demo).limit(1)) is not None


def is_demo_outside_demo(user: User) -> bool:
    return user.is_demo and not current_settings().is_demo


def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=current_settings().argon2_memory_kib, parallelism=1)


def _matches(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
