"""Further views of an upload that its shape asks for: strips without gaps, from the front, in even light."""

from index.frames.views.viewing import MAX_VIEWS, NEARLY_WHOLE, View, views_of

__all__ = ["MAX_VIEWS", "NEARLY_WHOLE", "View", "views_of"]
