"""The regional signature: the whole of a picture described cell by cell, so that a replaced region can be told."""

from index.regions.agreeing import agreement_quantiles
from index.regions.altered import altered_in_whole, altered_regions
from index.regions.describing import regional_signature
from index.regions.signature import MAX_FACE_GRIDS, MAX_SIGNATURE_BYTES, VERSION, Grid, RegionalSignature
from index.regions.surfaces import painted_surfaces

__all__ = [
    "MAX_FACE_GRIDS",
    "MAX_SIGNATURE_BYTES",
    "VERSION",
    "Grid",
    "RegionalSignature",
    "agreement_quantiles",
    "altered_in_whole",
    "altered_regions",
    "painted_surfaces",
    "regional_signature",
]
