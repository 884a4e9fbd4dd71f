"""Parts of a picture that are worth a look of their own: pictures on a page, in a strip or on a contact sheet."""

from index.frames.parts.finding import Parts, parts_of
from index.frames.parts.gate import LEAST_SIDE, may_have_parts

__all__ = ["LEAST_SIDE", "Parts", "may_have_parts", "parts_of"]
