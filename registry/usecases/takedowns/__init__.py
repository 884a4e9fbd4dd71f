"""Use cases about takedown requests."""

from registry.usecases.takedowns.ending import end_with_case
from registry.usecases.takedowns.keeping import TakedownKeeper
from registry.usecases.takedowns.listing import MAX_PAGE, ListedTakedowns, TakedownsWanted, list_takedowns
from registry.usecases.takedowns.opening import OpenedTakedown, TakedownAsked, open_takedown
from registry.usecases.takedowns.reading import TakedownView, read_takedown
from registry.usecases.takedowns.recording import EventAsked, MovedTakedown, record_takedown_event
from registry.usecases.takedowns.rules import TakedownRules

__all__ = [
    "MAX_PAGE",
    "EventAsked",
    "ListedTakedowns",
    "MovedTakedown",
    "OpenedTakedown",
    "TakedownAsked",
    "TakedownKeeper",
    "TakedownRules",
    "TakedownView",
    "TakedownsWanted",
    "end_with_case",
    "list_takedowns",
    "open_takedown",
    "read_takedown",
    "record_takedown_event",
]
