"""Use cases that judge references: by platforms' feedback, by floods, and by the people who look at a quarantine."""

from registry.usecases.judging.clearing import clear_quarantine
from registry.usecases.judging.flooding import FloodWatch
from registry.usecases.judging.listing import list_quarantined
from registry.usecases.judging.popularity import PopularityWatch
from registry.usecases.judging.voting import count_feedback

__all__ = [
    "FloodWatch",
    "PopularityWatch",
    "clear_quarantine",
    "count_feedback",
    "list_quarantined",
]
