"""What a demonstration needs that production does not: pictures that anybody may look at and register."""

from registry.demo.pictures import NamedPicture, drawn, public_domain, recompressed_half

__all__ = [
    "NamedPicture",
    "drawn",
    "public_domain",
    "recompressed_half",
]
