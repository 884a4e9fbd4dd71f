"""gunicorn's worker with whole requests and fair turns: nobody holds a thread while nothing arrives."""

from registry.cli.server.pace import Pace
from registry.cli.server.voice import ServerVoice
from registry.cli.server.worker import Bounds, FairWorker

__all__ = [
    "Bounds",
    "FairWorker",
    "Pace",
    "ServerVoice",
]
