"""The result of a command: exit code and output."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def lines(self):
        """The JSON objects that it printed."""
        return [json.loads(line) for line in self.out.splitlines()]
