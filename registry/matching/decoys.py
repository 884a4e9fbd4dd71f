"""Values that stand for no registered code, so that a question by codes takes as long near nothing as near something.

Such a question confirms an id that no code has, and compares codes that nobody registered. A question about media needs
neither: it confirms the file's digest in any case, and comparing takes far longer than these do.
"""

from typing import Final

from index.hashing import Algorithm, Code
from index.verdict import Level, ReferenceFacts, ReferenceKind

NO_CODES: Final = (-1,)
"""Ids of no codes."""

NOBODY: Final = ReferenceFacts(kind=ReferenceKind.INTIMATE_ITEM, level=Level.V0)
NO_PDQ: Final = Code(algorithm=Algorithm.PDQ, value=bytes(32), quality=0)
NO_DHASH: Final = Code(algorithm=Algorithm.DHASH128, value=bytes(16))
