"""`takedown credentials`: creates, lists and revokes API keys."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from registry.cli.local import operator
from registry.cli.options import data_option, json_option
from registry.domain import OPTIONAL_PERMISSIONS, ROLE_PERMISSIONS, Credential, Role
from registry.permissions import Permission
from registry.usecases.credentials import Wanted, create_credential, list_credentials, revoke_credential

_STAFF: Final = frozenset({Role.VERIFIER, Role.OFFICER, Role.AUDITOR})
"""Roles of the registry's own people. A tenant of their own would reach no case."""

LABEL_LENGTH: Final = 120  # characters, the length of the database column


@click.group("credentials")
def group() -> None:
    """Create, list and revoke API keys, in the data folder of this machine."""


@group.command("create")
@click.argument("label")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="What the key may do: a platform checks uploads, an agency or a claimant registers, a verifier says how far"
    " their cases are verified.",
)
@click.option(
    "--tenant",
    help="Tenant that the key is for [default: a new one; for a verifier, an officer or an auditor the operator's;"
    " none for a reviewer].",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([permission.value for permission in Permission]),
    help="Grant only this permission; may be repeated.",
)
@click.option(
    "--allow",
    "allowed",
    multiple=True,
    type=click.Choice(sorted({one.value for more in OPTIONAL_PERMISSIONS.values() for one in more})),
    help="Grant this permission too, which no key of the role has unless it is named; may be repeated.",
)
@click.option(
    "--days", type=click.IntRange(1, 3650), help="Days for which the key is valid [default: no end]."
)
@json_option
@data_option
def create(
    *,
    label: str,
    role: str,
    tenant: str | None,
    scopes: tuple[str, ...],
    allowed: tuple[str, ...],
    days: int | None,
    as_json: bool,
    data: Path | None,
) -> None:
    """Create a key for LABEL, an organisation. The key is shown once and not stored."""
    if not 1 <= len(label) <= LABEL_LENGTH or not label.isprintable():
        raise click.UsageError(f"LABEL has 1 to {LABEL_LENGTH} printable characters.")
    named = OPTIONAL_PERMISSIONS[Role(role)]
    may_have = ROLE_PERMISSIONS[Role(role)] | named
    beyond = (_permissions(scopes) - may_have) | (_permissions(allowed) - named)
    if beyond:
        raise click.UsageError(f"The role {role} does not hold {', '.join(sorted(beyond))}.")
    wanted = Wanted(
        role=Role(role),
        label=label,
        tenant_id=tenant,
        permissions=_permissions(scopes) or None,
        allowed=_permissions(allowed),
        valid_for=None if days is None else timedelta(days=days),
    )
    if tenant is None and Role(role) is Role.REVIEWER:
        raise click.UsageError("A reviewer decides about a platform's uploads: name the platform's --tenant.")
    with operator(data) as (container, actor):
        if tenant is None and Role(role) in _STAFF:
            wanted = replace(wanted, tenant_id=actor.tenant_id)
        created = create_credential(
            wanted,
            actor=actor,
            units=container.units,
            environment=container.environment,
            digests=container.keys,
        )
    if as_json:
        click.echo(json.dumps({**_fields(created.credential), "key": created.key}))
        return
    click.echo(f"{created.credential.id} of {created.credential.tenant_id}; its key, shown once:")
    click.echo(created.key)


@group.command("list")
@json_option
@data_option
def list_all(*, as_json: bool, data: Path | None) -> None:
    """List all keys, without their secrets."""
    with operator(data) as (container, actor):
        found = list_credentials(actor=actor, units=container.units)
    for credential in found:
        fields = _fields(credential)
        state = "revoked" if credential.revoked_at else "valid"
        text = (
            f"{credential.id}  {credential.tenant_id}  {credential.role.value}  {state}  {credential.label}"
        )
        click.echo(json.dumps(fields) if as_json else text)


@group.command("revoke")
@click.argument("credential")
@json_option
@data_option
def revoke(*, credential: str, as_json: bool, data: Path | None) -> None:
    """Revoke the key CREDENTIAL. From now on no worker accepts it."""
    with operator(data) as (container, actor):
        revoke_credential(credential, actor=actor, units=container.units, environment=container.environment)
    click.echo(
        json.dumps({"credential": credential, "revoked": True}) if as_json else f"{credential}: revoked"
    )


def _permissions(names: tuple[str, ...]) -> frozenset[Permission]:
    return frozenset(map(Permission, names))


def _fields(credential: Credential) -> dict[str, Any]:
    return {
        "credential": credential.id,
        "tenant": credential.tenant_id,
        "role": credential.role.value,
        "label": credential.label,
        "permissions": sorted(credential.permissions),
        "created_at": _moment(credential.created_at),
        "expires_at": _moment(credential.expires_at),
        "revoked_at": _moment(credential.revoked_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
