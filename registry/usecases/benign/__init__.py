"""Use cases about pictures that are known to be benign, which nobody registers."""

from registry.usecases.benign.adding import BenignAdded, add_benign
from registry.usecases.benign.listing import list_benign
from registry.usecases.benign.removing import remove_benign

__all__ = [
    "BenignAdded",
    "add_benign",
    "list_benign",
    "remove_benign",
]
