"""The profiles of takedown requests: one TOML file each, in the folder `profiles` beside this module."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from registry.domain.takedowns import Profile, parse_profile

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENDING: Final = ".toml"


def load_profiles(folder: Traversable | None = None) -> "Mapping[str, Profile]":
    """Return the profiles of a folder by their ids, in their order; raise `ProfileUnfit` for an unfit file."""
    place = files("registry.bootstrap") / "profiles" if folder is None else folder
    names = sorted(item.name for item in place.iterdir() if item.name.endswith(_ENDING))
    return MappingProxyType(
        {
            name.removesuffix(_ENDING): parse_profile(
                (place / name).read_text(encoding="utf-8"), name.removesuffix(_ENDING)
            )
            for name in names
        }
    )
