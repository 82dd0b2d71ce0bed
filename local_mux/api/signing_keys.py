"""Signing keys, under today's path and the old one that SDKs still know."""

import base64

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from flask import Response
from sqlalchemy import select

from local_mux.api.blueprint import answer, api, nothing
from local_mux.api.paging import Page
from local_mux.clock import epoch
from local_mux.context import Context
from local_mux.errors import NotFoundError
from local_mux.models.signing_key import SigningKey

RSA_BITS = 2048


@api.post("/system/v1/signing-keys")
@api.post("/video/v1/signing-keys", endpoint="create_old_signing_key")
def create_signing_key() -> Response:
    """Make a key pair; the private half is told here and nowhere else."""
    private_key = rsa.generate_private_key(public_exponent=65_537, key_size=RSA_BITS)
    public_pem = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    private_pem = private_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    key = SigningKey(public_key_pem=public_pem.decode())
    with Context.current().database.writing() as session:
        session.add(key)
    return answer({**_show(key), "private_key": base64.b64encode(private_pem).decode()}, 201)


@api.get("/system/v1/signing-keys")
@api.get("/video/v1/signing-keys", endpoint="list_old_signing_keys")
def list_signing_keys() -> Response:
    page = Page.asked_for()
    query = select(SigningKey).order_by(SigningKey.created_at.desc()).limit(page.limit).offset(page.offset)
    with Context.current().database.reading() as session:
        return answer([_show(key) for key in session.scalars(query)])


@api.get("/system/v1/signing-keys/<key_id>")
@api.get("/video/v1/signing-keys/<key_id>", endpoint="show_old_signing_key")
def show_signing_key(key_id: str) -> Response:
    with Context.current().database.reading() as session:
        key = session.get(SigningKey, key_id)
    if key is None:
        raise NotFoundError
    return answer(_show(key))


@api.delete("/system/v1/signing-keys/<key_id>")
@api.delete("/video/v1/signing-keys/<key_id>", endpoint="delete_old_signing_key")
def delete_signing_key(key_id: str) -> Response:
    with Context.current().database.writing() as session:
        key = session.get(SigningKey, key_id)
        if key is None:
            raise NotFoundError
        session.delete(key)
    return nothing()


def _show(key: SigningKey) -> dict[str, str]:
    return {"id": key.id, "created_at": str(epoch(key.created_at))}
