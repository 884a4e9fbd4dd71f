"""A registry of likenesses to search by portraits: real matching, ladder, budgets and rows around a made-up engine."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from index.faces.engine.contract import SeenFace
from index.verdict.boxes import Box
from registry.domain.likeness import mean_template
from registry.security.keys import Keys
from registry.security.oracle_budget import OracleBudget
from registry.security.people_budget import PeopleLimits
from registry.storage.rows.checks import SqlChecks
from registry.storage.rows.probes import SqlProbes
from registry.usecases.checks import check_upload
from tests.support.databases.registry_parts import DANA, Clock, dhash, digest, environment, pdq
from tests.support.faces.stored import DIMENSIONS, face
from tests.support.usecases.drawn_media import coded
from tests.support.usecases.fake_faces import FaceSetting, engine, picture, template

DIMENSION = DIMENSIONS["large-1"]
REGISTERED = [f"registered {number}" for number in range(40)]
STRANGERS = [f"stranger {number}" for number in range(120)]
ANOTHER_PHOTOGRAPH = 9


class Portraits:
    """Forty people are registered with three photographs each; an upload shows another photograph of anybody.

    Attributes:
        reported: alarms, with the number of uploads after which they were raised.
    """

    def __init__(self, databases, limits=PeopleLimits(), registered=REGISTERED):  # noqa: B008  frozen
        self.databases, self.limits = databases, limits
        self.clock, self.reported, self.uploads = Clock(), [], 0
        self.setting = FaceSetting(engine("one", DIMENSION))
        self.setting.register(
            *(
                template(key, template=mean_template(np.stack([face(name, photo) for photo in range(3)])))
                for key, name in enumerate(registered)
            ),
            dimension=DIMENSION,
        )
        self.restart()

    def restart(self):
        """Starts a process: what it knows is in the database."""
        self.budget = OracleBudget(
            probes=SqlProbes(self.databases.checks),
            keys=Keys(bytes(32)),
            budget=20,
            people=self.limits,
            now=self.clock,
            report=lambda event, _tenant: self.reported.append((event, self.uploads)),
        )
        self.setting.services = replace(
            self.setting.services,
            budget=self.budget,
            checks=SqlChecks(self.databases.checks),
            environment=environment(self.clock),
        )

    def wait(self, days):
        """Lets days pass."""
        self.clock.time += timedelta(days=days)

    def ask(self, *frames, uploader=None, actor=DANA, **changes):
        """Asks about an upload, each frame of which shows some people, and returns the verdict."""
        self.uploads += 1
        name = self.uploads
        shown = {number: tuple(map(_seen, people)) for number, people in enumerate(frames, 1)}
        services = replace(self.setting.services, faces=_Shown(self.setting.faces, shown))
        asked = coded(
            pdq(name, 100),
            dhash(name),
            sha256=digest(name).value,
            colours=tuple(picture(number) for number in shown),
        )
        named = None if uploader is None else self.budget.uploader(actor.tenant_id, uploader)
        return check_upload(replace(asked, **changes), actor=actor, services=services, uploader=named).verdict


class _Shown:
    """The made-up engine, which sees what one upload shows: several may be asked at once."""

    def __init__(self, faces, shown):
        self.engines = faces.engines
        self._faces = replace(faces, shown=shown, calls=[])

    def look(self, pictures):
        """Implements `Faces.look`."""
        return self._faces.look(pictures)


def _seen(person):
    box = Box(left=0.25, top=0.25, right=0.5, bottom=0.5)
    return SeenFace(box=box, vector=face(person, ANOTHER_PHOTOGRAPH), side_px=80)
