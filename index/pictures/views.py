"""The planes of an upload's further views (`index.frames.views`), if a check has time for them."""

from index.arrays import Plane
from index.frames.views import views_of
from index.media.pictures import ShownPlane, Work


def view_planes(luma: Plane, work: Work) -> tuple[ShownPlane, ...]:
    """Return the planes of the further views of a first picture, given its matching plane.

    A view for which a check has no time is left out. That does not hold an upload: a view shows the same once more, so
    what the file shows is represented without it.
    """
    views = views_of(luma)
    described = work.room_for(len(views))
    return tuple(ShownPlane(luma=one.luma, part=one.part) for one in views[:described])
