"""The demonstration: pictures that anybody may view and register. Production does not use this package."""

from registry.demo.pictures import NamedPicture, drawn, public_domain, recompressed_half

__all__ = [
    "NamedPicture",
    "drawn",
    "public_domain",
    "recompressed_half",
]
