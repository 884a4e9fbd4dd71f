"""The demonstration: register its pictures, and print three command lines to try."""

import io
import shlex
from dataclasses import dataclass

import click

from registry.bootstrap import Container
from registry.cli.backends import FIRST_CREDENTIAL, local_actor, open_local
from registry.cli.local_backend import LocalBackend
from registry.cli.media import MediaFile
from registry.config import Settings
from registry.demo import drawn, public_domain, recompressed_half
from registry.domain import Actor, EvidenceKind, Role
from registry.usecases.credentials import Wanted, create_credential

_DRAWN = 12
_REGISTERED = "rocket"
_UNRELATED = "astronaut"
_VERIFIER = "verifier of the demonstration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """Three command lines. The README shows their expected output."""

    allowed: str
    caught: str
    withdrawal: str


def load(settings: Settings, url: str) -> Demonstration:
    """Register drawn pictures and a public-domain photograph; write the pictures to upload into the data folder."""
    pictures = {picture.name: picture.media for picture in public_domain()}
    with open_local(settings) as container:
        actor = local_actor(container)
        backend = LocalBackend(container, actor)
        verifier = LocalBackend(container, _verifier(container, actor))
        for media in (*map(drawn, range(_DRAWN)), pictures[_REGISTERED]):
            file = MediaFile(io.BytesIO(media))
            case = backend.enrol(file, case=None, kind="intimate_item", level="V1").case
            verifier.verify(case, level="V1", evidence=EvidenceKind.CONTACT_CONFIRMED.value)
    data = settings.data.resolve()  # absolute, because the lines may be pasted in any folder
    folder = data / "demo"
    folder.mkdir(exist_ok=True)
    unrelated, copy = folder / "unrelated.jpg", folder / "copy.jpg"
    unrelated.write_bytes(pictures[_UNRELATED])
    copy.write_bytes(recompressed_half(pictures[_REGISTERED]))
    key = shlex.quote(str(data / FIRST_CREDENTIAL))
    curl = f'curl -s -H "Authorization: Bearer $(cat {key})"'
    check = f"{curl} -F media=@%s {url}/v1/checks"
    return Demonstration(
        allowed=check % shlex.quote(str(unrelated)),
        caught=check % shlex.quote(str(copy)),
        withdrawal=f"{curl} -X POST {url}/v1/cases/{case}/withdrawal",
    )


def _verifier(container: Container, operator: Actor) -> Actor:
    """Return somebody else of the operator's tenant, who verifies the demonstration's cases."""
    now = container.environment.now()
    with container.units.read() as unit:
        for one in unit.credentials.all():
            if (one.tenant_id, one.label, one.revoked_at) == (operator.tenant_id, _VERIFIER, None):
                return one.actor(now)
    created = create_credential(
        Wanted(role=Role.VERIFIER, label=_VERIFIER, tenant_id=operator.tenant_id),
        actor=operator,
        units=container.units,
        environment=container.environment,
        digests=container.keys,
    )
    return created.credential.actor(now)


def show(lines: Demonstration) -> None:
    """Print the lines with their expected results."""
    click.echo("# 1. A picture that nobody registered: allow")
    click.echo(lines.allowed)
    click.echo("# 2. A copy of a registered picture, half its size and compressed again: block")
    click.echo(lines.caught)
    click.echo("# 3. The registered picture's case is withdrawn; after this line 2 answers allow")
    click.echo(lines.withdrawal)
