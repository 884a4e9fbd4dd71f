"""The demonstration: register its pictures, and print three command lines to try."""

import io
import shlex
from dataclasses import dataclass

import click

from registry.cli.backends import FIRST_CREDENTIAL, local_actor, open_local
from registry.cli.local_backend import LocalBackend
from registry.cli.media import MediaFile
from registry.config import Settings
from registry.demo import drawn, public_domain, recompressed_half

_DRAWN = 12
_REGISTERED = "rocket"
_UNRELATED = "astronaut"


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
        backend = LocalBackend(container, local_actor(container))
        for media in (*map(drawn, range(_DRAWN)), pictures[_REGISTERED]):
            file = MediaFile(io.BytesIO(media))
            case = backend.enrol(file, case=None, kind="intimate_item", level="V1").case
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


def show(lines: Demonstration) -> None:
    """Print the lines with their expected results."""
    click.echo("# 1. A picture that nobody registered: allow")
    click.echo(lines.allowed)
    click.echo("# 2. A copy of a registered picture, half its size and compressed again: block")
    click.echo(lines.caught)
    click.echo("# 3. The registered picture's case is withdrawn; after this line 2 answers allow")
    click.echo(lines.withdrawal)
