"""Codes of media: a value type that parses strictly, and the functions that compute codes."""

from index.hashing.codes import MAX_QUALITY, Algorithm, Code
from index.hashing.dhash import dhash128, dhash128_dihedral, phash
from index.hashing.graphics import SIGNS_SIDE, edge_maps, template_share
from index.hashing.levels import commonest, near_levels
from index.hashing.median import median_filtered_plane
from index.hashing.reducing import reduced
from index.hashing.whole import (
    DIHEDRAL_VARIANTS,
    FLAT_GRID,
    SAMPLES,
    centred_coefficients,
    flat_share,
    pdq,
    pdq_bits,
    pdq_dihedral,
    pdq_distance,
    pdq_of_bands,
    signs_of,
)

__all__ = [
    "DIHEDRAL_VARIANTS",
    "FLAT_GRID",
    "MAX_QUALITY",
    "SAMPLES",
    "SIGNS_SIDE",
    "Algorithm",
    "Code",
    "centred_coefficients",
    "commonest",
    "dhash128",
    "dhash128_dihedral",
    "edge_maps",
    "flat_share",
    "median_filtered_plane",
    "near_levels",
    "pdq",
    "pdq_bits",
    "pdq_dihedral",
    "pdq_distance",
    "pdq_of_bands",
    "phash",
    "reduced",
    "signs_of",
    "template_share",
]
