"""The public keys of the identity provider: one from the settings, or a set that is fetched and kept."""

import threading
import time
from collections.abc import Callable
from typing import cast

import structlog
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import PyJWKClient, PyJWKClientError
from jwt.exceptions import PyJWKError, PyJWKSetError

from portal.provider_settings import IdentityProvider

FETCH_TIMEOUT_SECONDS = 5
FRESH_FOR_SECONDS = 3600
PAUSE_SECONDS = 60  # between two fetches, whatever is asked for

log = structlog.get_logger()


class ProviderUnreachableError(Exception):
    """The provider's keys could not be fetched yet, so that nothing can be said about a token."""


class ProviderKeys:
    """Finds the key that a token names. Safe for use by several threads."""

    def __init__(self, provider: IdentityProvider, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._pem_key = load_pem_public_key(provider.public_key.encode()) if provider.public_key else None
        self._client = (
            PyJWKClient(provider.jwks_url, cache_jwk_set=False, timeout=FETCH_TIMEOUT_SECONDS)
            if provider.jwks_url
            else None
        )
        self._seconds = seconds
        self._lock = threading.Lock()
        self._keys: dict[str, PublicKeyTypes] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None

    def find(self, key_id: object) -> PublicKeyTypes | None:
        """The key, or None if the provider has none of that name. May wait for the provider for five seconds.

        An unknown name makes the set be fetched anew, as does an hour, but never twice within a minute. What was
        fetched stays in use while the provider is away; ProviderUnreachableError if nothing was fetched yet.
        """
        if self._client is None:
            return self._pem_key
        if not isinstance(key_id, str):
            return None
        if not self._is_known_and_fresh(key_id):
            with self._lock:
                if not self._is_known_and_fresh(key_id):
                    self._fetch(self._client)
        if self._fetched_at is None:
            raise ProviderUnreachableError
        return self._keys.get(key_id)

    def _is_known_and_fresh(self, key_id: str) -> bool:
        is_fresh = self._fetched_at is not None and self._seconds() - self._fetched_at < FRESH_FOR_SECONDS
        return is_fresh and key_id in self._keys

    def _fetch(self, client: PyJWKClient) -> None:
        now = self._seconds()
        if self._tried_at is not None and now - self._tried_at < PAUSE_SECONDS:
            return
        self._tried_at = now
        try:
            found = client.get_signing_keys()
        except (PyJWKClientError, PyJWKSetError, PyJWKError, ValueError) as error:
            log.warning("provider.keys_not_fetched", reason=str(error))
            return
        self._keys = {str(each.key_id): cast("PublicKeyTypes", each.key) for each in found}
        self._fetched_at = now
