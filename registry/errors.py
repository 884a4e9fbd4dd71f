"""Everything that `registry` raises on purpose: one tree; each leaf knows its HTTP status and its code.

    RegistryError
    ├── NotAuthenticated              401  no key, or one that is not (any longer) valid
    │   └── CredentialRevoked         401  the key was valid once
    ├── NotPermitted                  403  the key is valid and lacks the permission
    ├── NotFound                      404  absent, or another tenant's: the two look the same
    ├── Conflict                      409
    │   ├── CaseWithdrawn             409  nothing can be added to a withdrawn case
    │   ├── LevelTooLow               409  the case is not verified as far as this needs
    │   ├── AlreadyDecided            409  the check has another decision
    │   ├── JobEnded                  409  a job that is done or has failed cannot be cancelled
    │   └── AlreadyAcknowledged       409  the same idempotent request was answered meanwhile; never leaves
    ├── Refused                       422  understood, and not accepted
    │   ├── CodesInsufficient         422  no code that could be matched, or two of one algorithm
    │   ├── LikenessNotOffered        422  faces are switched off in this deployment
    │   ├── ConsentMissing            422  nobody says that the subject agrees to be looked for by their face
    │   ├── FaceRefused               422  a photograph that does not show one person's face well enough
    │   │   ├── FaceNotFound          422  none
    │   │   ├── FaceNotAlone          422  several
    │   │   └── FaceUnfit             422  one that is too small, too blurred or too uncertain
    │   └── IdempotencyKeyReused      422  the same key with other parameters
    ├── BadRequest                    400 to 422  the request itself is wrong; see `registry.web.errors`
    ├── RateLimited                   429
    └── Unavailable                   503
        ├── StorageUnavailable        503  database locked, full or away; nothing was written
        ├── AttemptsExhausted         503  a job was begun too often and never ended
        ├── UploadLost                503  a job's upload is no longer in its spool, or not what was put there
        ├── IndexBehind               503  the index does not hold what the database holds
        └── SealBroken                503  what is stored sealed was changed, or is another key's

`detail` is written for the caller and never contains a hash, a name, a file name or a key.
"""

from typing import ClassVar


class RegistryError(Exception):
    """Base of the package's errors.

    Attributes:
        status: HTTP status of the problem document.
        code: stable name of the problem, documented in docs/errors.md.
        title: the same for every occurrence of the code.
        retry_after_s: seconds after which a retry makes sense, or None.
    """

    status: ClassVar[int] = 500
    code: str = "internal-error"
    title: str = "The registry failed"
    retry_after_s: int | None = None

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title


class NotAuthenticated(RegistryError):
    """No key was sent, or it is not valid."""

    status = 401
    code = "not-authenticated"
    title = "A valid API key is needed"


class CredentialRevoked(NotAuthenticated):
    """The key was valid once; it was revoked or has expired."""

    code = "credential-revoked"
    title = "This API key was revoked or has expired"


class NotPermitted(RegistryError):
    """The key is valid and lacks the permission that the endpoint states."""

    status = 403
    code = "not-permitted"
    title = "This API key may not do that"


class NotFound(RegistryError):
    """There is no such thing, or it is another tenant's."""

    status = 404
    code = "not-found"
    title = "There is nothing here under this id"


class Conflict(RegistryError):
    """The present state does not allow the act."""

    status = 409
    code = "conflict"
    title = "The present state does not allow this"


class CaseWithdrawn(Conflict):
    """Nothing can be added to a withdrawn case."""

    code = "case-withdrawn"
    title = "The case was withdrawn"


class LevelTooLow(Conflict):
    """The case is not verified as far as this needs."""

    code = "level-too-low"
    title = "The case is not verified far enough"


class AlreadyDecided(Conflict):
    """The check already has another decision."""

    code = "already-decided"
    title = "The check already has another decision"


class JobEnded(Conflict):
    """A job that is done or has failed cannot be cancelled."""

    code = "job-ended"
    title = "The job has ended"


class AlreadyAcknowledged(Conflict):
    """Another request with the same Idempotency-Key was answered meanwhile; its answer is the answer."""


class Refused(RegistryError):
    """The request was understood and is not accepted."""

    status = 422
    code = "refused"
    title = "The registry does not accept this"


class CodesInsufficient(Refused):
    """There is no code that could be matched, or there are two of one algorithm."""

    code = "codes-insufficient"
    title = "These codes cannot be matched"


class LikenessNotOffered(Refused):
    """Faces are switched off in this deployment."""

    code = "likeness-not-offered"
    title = "This registry does not look for faces"


class ConsentMissing(Refused):
    """Nobody says that the subject agrees to be looked for by their face."""

    code = "consent-missing"
    title = "A likeness is registered with the subject's consent only: send consent=true"


class FaceRefused(Refused):
    """A photograph does not show one person's face well enough to find that person by it."""

    code = "face-refused"
    title = "The photograph does not show one face well enough"


class FaceNotFound(FaceRefused):
    """It shows no face."""

    code = "face-not-found"
    title = "No face was found: send a photograph of the face, from the front and in good light"


class FaceNotAlone(FaceRefused):
    """It shows several faces of about the same size."""

    code = "face-not-alone"
    title = "Several faces were found: cut the photograph so that it shows the subject's alone"


class FaceUnfit(FaceRefused):
    """Its face is too small, too blurred or too uncertain."""

    code = "face-unfit"
    title = "The face is too small, too blurred or too much covered"


class IdempotencyKeyReused(Refused):
    """The same Idempotency-Key came with other parameters."""

    code = "idempotency-key-reused"
    title = "This Idempotency-Key was used with other parameters"


class BadRequest(RegistryError):
    """The request itself is wrong."""

    status = 400
    code = "bad-request"
    title = "The request is malformed"


class RateLimited(RegistryError):
    """The caller's budget is spent."""

    status = 429
    code = "rate-limited"
    title = "Too many requests"

    def __init__(self, detail: str = "", retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Unavailable(RegistryError):
    """The registry cannot answer now; nothing was written."""

    status = 503
    code = "unavailable"
    title = "The registry cannot answer now"
    retry_after_s = 2


class StorageUnavailable(Unavailable):
    """The database is locked, full or away; nothing was written."""

    code = "storage-unavailable"
    title = "The database cannot take this now; nothing was written"


class AttemptsExhausted(Unavailable):
    """A job was begun too often and never ended."""

    code = "attempts-exhausted"
    title = "The registry tried several times and could not finish this"


class UploadLost(Unavailable):
    """A job's upload is no longer in its spool, or is not what was put there."""

    code = "upload-lost"
    title = "The upload is no longer there"


class IndexBehind(Unavailable):
    """The index does not hold what the database holds: an answer could be wrong, so there is none."""

    code = "index-not-ready"
    title = "The index is not ready; ask again"


class SealBroken(Unavailable):
    """What is stored sealed was changed, or was sealed for another place or with a key that is not here."""

    code = "seal-broken"
    title = "Stored data cannot be decrypted"
