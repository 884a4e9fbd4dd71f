"""The exceptions of `registry`, as one tree. Each leaf has its HTTP status and its stable code.

    RegistryError
    ├── NotAuthenticated              401  no key, or an invalid key
    │   └── CredentialRevoked         401  the key was valid in the past
    ├── NotPermitted                  403  the key is valid, but lacks the permission
    ├── ProbingSuspended              403  the tenant asked too often near registered codes
    ├── QuotaReached                  403  as many references or cases are held as the quota allows
    ├── RightSuspended                403  officers found bad faith too often
    ├── ExplanationsSpent             403  too many checks were explained to the tenant
    ├── NotFound                      404  absent, or owned by another tenant: the two look the same
    │   └── ClaimNotFound             404  no such case, or a wrong secret: the two look the same
    ├── Conflict                      409
    │   ├── StateForbids              409  the state of the case or reference does not allow it
    │   │   └── CaseWithdrawn         409  nothing can be added to a withdrawn case
    │   ├── LevelTooLow               409  the verification level of the case is too low
    │   ├── MandateMissing            409  no mandate in force allows it
    │   ├── OwnCase                   409  the key that opened a case cannot verify it
    │   ├── OwnChallenge              409  the key that opened a case or a challenge cannot decide it
    │   ├── ChallengeDecided          409  the challenge is decided
    │   ├── AlreadyStated             409  this key has stated something else about the challenge
    │   ├── AlreadyDecided            409  the check has another decision
    │   ├── TakedownForbids           409  the state of the takedown request does not allow it
    │   ├── JobEnded                  409  a job that is done or has failed cannot be cancelled
    │   └── AlreadyAcknowledged       409  the same idempotent request was answered meanwhile; internal only
    ├── Refused                       422  understood, but not accepted
    │   ├── EvidenceUnfit             422  the kind of evidence does not support the level
    │   ├── KnownBenign               422  the media is one that everybody shows, such as a logo
    │   ├── MandateUnfit              422  a mandate with this term or scope is not taken
    │   ├── LabelRefused              422  a label could hold personal data, or is one too many
    │   ├── CodesInsufficient         422  no code that can be matched, or two codes of one algorithm
    │   ├── RoleUnfit                 422  the tenant has no keys of this role
    │   ├── UnderAge                  422  somebody under 18: nothing is taken, and the right bodies are named
    │   ├── CaseNumberInvalid         422  a typing error in a case number
    │   ├── WordsInvalid              422  a typing error in the words of a secret
    │   ├── WorkBound                 422  a job's clip takes more processor time than its size justifies
    │   ├── LikenessNotOffered        422  faces are switched off in this deployment
    │   ├── ConsentMissing            422  the subject's consent to a face search is not stated
    │   ├── FaceRefused               422  the photograph does not show one person's face well enough
    │   │   ├── FaceNotFound          422  it shows no face
    │   │   ├── FaceNotAlone          422  it shows several faces
    │   │   ├── FaceDisagrees         422  it shows another person than the case's other photographs
    │   │   └── FaceUnfit             422  its face is too small, too blurred or too uncertain
    │   ├── ProfileUnknown            422  there is no profile with this name
    │   ├── PlatformUnknown           422  the tenant that a request names is no platform of this registry
    │   ├── AddressUnfit              422  the address of an item has another form, or contains personal data
    │   ├── ElementUnfit              422  an element of a request is unknown or has another form
    │   ├── ReasonUnfit               422  the event cannot have this reason
    │   └── IdempotencyKeyReused      422  the same key with other parameters
    ├── BadRequest                    400 to 422  the request itself is wrong; see `registry.web.errors`
    ├── RateLimited                   429
    │   ├── TooManyWaiting            429  the tenant has too many requests waiting
    │   └── ProofsBusy                429  too many secrets are compared at the moment
    ├── TooManyJobs                429  as many jobs wait as the quota allows
    ├── TooManyTakedowns           429  as many takedown requests were opened in a day as the quota allows
    ├── TooManyChallenges             429  as many challenges are open as one challenger may have
    └── Unavailable                   503
        ├── StorageUnavailable        503  database locked, full or unreachable; nothing was written
        │   └── StorageFull           503  the same to clients: the disk is full or refuses to write
        ├── AttemptsExhausted         503  a job was started too often and never ended
        ├── UploadLost                503  a job's upload is missing from its spool, or was changed there
        ├── IndexBehind               503  the index does not reflect the database
        ├── LedgerBroken              503  the ledger, or the tree over it, was changed
        ├── HolidaysUnknown           503  a clock counts business days beyond its list of holidays
        ├── JournalUnfit              503  the withdrawal journal is missing, damaged or older than the database
        ├── NotPublished              503  the file of published checkpoints is away or damaged
        └── SealBroken                503  a sealed value was changed, or was sealed with another key

`detail` addresses the caller. It never contains a hash, a name, a file name or a key.
"""

from typing import ClassVar


class RegistryError(Exception):
    """Base of the package's errors.

    Attributes:
        status: HTTP status of the problem document.
        code: stable name of the problem, documented in docs/errors.md.
        title: short description, the same for every occurrence of the code.
        retry_after_s: time after which a retry makes sense, in seconds; or None.
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
    """The key was valid in the past. It was revoked or has expired."""

    code = "credential-revoked"
    title = "This API key was revoked or has expired"


class NotPermitted(RegistryError):
    """The key is valid, but lacks the permission that the endpoint states."""

    status = 403
    code = "not-permitted"
    title = "This API key may not do that"


class ProbingSuspended(RegistryError):
    """The tenant's questions by codes are suspended, because too many lay near registered codes."""

    status = 403
    code = "probing-suspended"
    title = "Questions by codes are suspended"

    def __init__(self) -> None:
        super().__init__(
            "Too many of this tenant's questions lay near registered codes within seven days. Send the media instead of"
            " codes, and ask the operator of this registry to look."
        )


class QuotaReached(RegistryError):
    """The tenant or the key holds as many references or cases as its quota allows."""

    status = 403
    code = "quota-reached"
    title = "A quota is reached"

    def __init__(self, detail: str = "") -> None:
        super().__init__(
            f"{detail or self.title} Withdraw cases that are no longer needed, or ask the operator of this registry for"
            " more."
        )


class RightSuspended(RegistryError):
    """The right to challenge or to open cases is suspended, because officers found bad faith too often."""

    status = 403
    code = "right-suspended"
    title = "This right is suspended"


class ExplanationsSpent(RegistryError):
    """Too many checks were explained to the tenant within seven days."""

    status = 403
    code = "explanations-spent"
    title = "No further check is explained now"

    def __init__(self) -> None:
        super().__init__(
            "Too many checks of this tenant, or too many near one registered item, were explained within seven days."
            " The check itself tells what to do. Checks that were explained can be read again; for others wait, or ask"
            " the operator of this registry to look."
        )


class NotFound(RegistryError):
    """The resource does not exist, or belongs to another tenant."""

    status = 404
    code = "not-found"
    title = "There is nothing here under this id"


class ClaimNotFound(NotFound):
    """There is no such case without an account, or the secret is not its own. Nobody learns which."""

    code = "claim-not-found"
    title = "There is no case with this number and this secret"

    def __init__(self) -> None:
        super().__init__(
            "The number or the words belong to another case. With the recovery words you can set a new secret. Without"
            " secret and recovery words nobody can open the case, not even the registry's staff."
        )


class Conflict(RegistryError):
    """The current state does not allow the operation."""

    status = 409
    code = "conflict"
    title = "The present state does not allow this"


class StateForbids(Conflict):
    """The state of the case or reference does not allow the operation (`registry.domain.case_states`)."""

    code = "state-forbids"
    title = "The state of the case does not allow this"


class CaseWithdrawn(StateForbids):
    """Nothing can be added to a withdrawn case."""

    code = "case-withdrawn"
    title = "The case was withdrawn"


class LevelTooLow(Conflict):
    """The verification level of the case is too low for the operation."""

    code = "level-too-low"
    title = "The case is not verified far enough"


class MandateMissing(Conflict):
    """No mandate in force allows the operation."""

    code = "mandate-missing"
    title = "No mandate of the case that is in force allows this: propose one, and have it confirmed"


class OwnCase(Conflict):
    """The key that opened a case cannot verify it."""

    code = "own-case"
    title = "A case is verified by somebody else than its opener: use a verifier's key of the same tenant"


class OwnChallenge(Conflict):
    """The key that opened a case or its challenge cannot decide the challenge."""

    code = "own-challenge"
    title = "A challenge is decided by people who opened neither the case nor the challenge"


class ChallengeDecided(Conflict):
    """The challenge is decided."""

    code = "challenge-decided"
    title = "The challenge is decided; who disagrees opens a new one"


class AlreadyStated(Conflict):
    """This key has stated something else about the challenge."""

    code = "already-stated"
    title = "This key has stated something else about the challenge; somebody else has to state the contrary"


class AlreadyDecided(Conflict):
    """The check already has another decision."""

    code = "already-decided"
    title = "The check already has another decision"


class TakedownForbids(Conflict):
    """The state or the profile of the takedown request does not allow the event (docs/takedowns.md)."""

    code = "takedown-forbids"
    title = "The state of the takedown request does not allow this"


class JobEnded(Conflict):
    """A job that is done or has failed cannot be cancelled."""

    code = "job-ended"
    title = "The job has ended"


class AlreadyAcknowledged(Conflict):
    """Another request with the same Idempotency-Key was answered meanwhile. Its answer is repeated."""


class Refused(RegistryError):
    """The request was understood, but is not accepted."""

    status = 422
    code = "refused"
    title = "The registry does not accept this"


class MandateUnfit(Refused):
    """A mandate with this term or scope is not taken."""

    code = "mandate-unfit"
    title = "A mandate with this term or scope is not taken"


class EvidenceUnfit(Refused):
    """The kind of evidence does not support the level, or does not lower it."""

    code = "evidence-unfit"
    title = "This kind of evidence does not support the level"


class LabelRefused(Refused):
    """A label has another form than labels have, or is one too many."""

    code = "label-refused"
    title = "This label is not accepted"


class CodesInsufficient(Refused):
    """There is no code that can be matched, or there are two codes of one algorithm."""

    code = "codes-insufficient"
    title = "These codes cannot be matched"


class RoleUnfit(Refused):
    """The tenant of cases without an account has no keys of this role."""

    code = "role-unfit"
    title = "This tenant has no keys of this role"


class UnderAge(Refused):
    """Somebody under 18. Nothing is taken; bodies that may act are named."""

    code = "under-age"
    title = "For people under 18 other bodies do this, and nothing was taken here"


class CaseNumberInvalid(Refused):
    """There is a typing error in a case number, as its checksum shows."""

    code = "case-number-invalid"
    title = "The case number has a typing error"


class WordsInvalid(Refused):
    """There is a typing error in the words of a secret, as their check bits show.

    Attributes:
        places: numbers of the wrong words, counted from 1; empty if their number is wrong.
    """

    code = "words-invalid"
    title = "The words have a typing error"

    def __init__(self, detail: str = "", places: tuple[int, ...] = ()) -> None:
        super().__init__(detail)
        self.places = places


class WorkBound(Refused):
    """A clip takes more processor time than its size and duration justify."""

    code = "work-bound"
    title = "The clip takes more processor time than a clip of its size and duration may take"


class LikenessNotOffered(Refused):
    """Faces are switched off in this deployment."""

    code = "likeness-not-offered"
    title = "This registry does not look for faces"


class KnownBenign(Refused):
    """The media is on the operator's list of benign pictures, or near one, or a clip of nothing else."""

    code = "media-known-benign"
    title = "This is known as a picture that everybody shows, such as a logo, a title card or a joke"

    def __init__(self) -> None:
        super().__init__(
            f"{self.title}. Registered, it would hold other people's uploads. Register the part that shows the person,"
            " cut out. If you are shown in it and did not agree to that, ask the operator of this registry to look."
        )


class ConsentMissing(Refused):
    """The request does not state that the subject consents to a search for their face."""

    code = "consent-missing"
    title = "A likeness is registered with the subject's consent only: send consent=true"


class FaceRefused(Refused):
    """The photograph does not show one person's face well enough to find that person."""

    code = "face-refused"
    title = "The photograph does not show one face well enough"


class FaceNotFound(FaceRefused):
    """The photograph shows no face."""

    code = "face-not-found"
    title = "No face was found: send a photograph of the face, from the front and in good light"


class FaceNotAlone(FaceRefused):
    """The photograph shows several faces of about the same size."""

    code = "face-not-alone"
    title = "Several faces were found: cut the photograph so that it shows the subject's alone"


class FaceDisagrees(FaceRefused):
    """The photograph shows another person than the other photographs of the case."""

    code = "face-disagrees"
    title = "The photograph does not show the person of the other photographs of this case"

    def __init__(self) -> None:
        super().__init__(
            "Register each person in a case of their own, and try a photograph that shows the face from the front. If"
            " the first photograph of the case was the wrong one, withdraw the consent to the likeness, which deletes"
            " the faces of the case, and send the right ones."
        )


class FaceUnfit(FaceRefused):
    """The face in the photograph is too small, too blurred or too uncertain."""

    code = "face-unfit"
    title = "The face is too small, too blurred or too much covered"


class IdempotencyKeyReused(Refused):
    """The same Idempotency-Key was sent with other parameters."""

    code = "idempotency-key-reused"
    title = "This Idempotency-Key was used with other parameters"


class ProfileUnknown(Refused):
    """There is no profile of takedown requests with this name."""

    code = "profile-unknown"
    title = "There is no such profile"


class PlatformUnknown(Refused):
    """The tenant that a takedown request names is no platform of this registry."""

    code = "platform-unknown"
    title = "This is no platform of this registry: leave it out for a platform elsewhere"


class AddressUnfit(Refused):
    """The address of an item has another form than addresses have, or contains personal data."""

    code = "address-unfit"
    title = "This address cannot be used"


class ElementUnfit(Refused):
    """An element of a takedown request is unknown to its profile, or has another form."""

    code = "element-unfit"
    title = "An element of the request does not fit its profile"


class ReasonUnfit(Refused):
    """The event of a takedown request cannot have this reason, or one must be named."""

    code = "reason-unfit"
    title = "The event does not have this reason"


class BadRequest(RegistryError):
    """The request itself is wrong."""

    status = 400
    code = "bad-request"
    title = "The request is malformed"


class RateLimited(RegistryError):
    """The caller's request budget is spent."""

    status = 429
    code = "rate-limited"
    title = "Too many requests"

    def __init__(self, detail: str = "", retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class TooManyWaiting(RateLimited):
    """The tenant has too many requests waiting in one server process."""

    code = "too-many-waiting"
    title = "Too many requests of this tenant are waiting"

    def __init__(self) -> None:
        super().__init__("Send fewer requests at the same time, and wait for their answers.")


class ProofsBusy(RateLimited):
    """Too many secrets of cases are compared at the moment in one server process."""

    code = "proofs-busy"
    title = "Too many secrets are compared now"

    def __init__(self) -> None:
        super().__init__("Check the case number and the words, and try again.", retry_after_s=2)


class TooManyJobs(RegistryError):
    """As many jobs of the tenant or the key wait as its quota allows."""

    status = 429
    code = "too-many-jobs"
    title = "Too many jobs wait"
    retry_after_s = 60

    def __init__(self, detail: str = "") -> None:
        super().__init__(
            f"{detail or self.title} Wait until some of these jobs have ended, or ask the operator of this registry for"
            " more."
        )


class TooManyTakedowns(RegistryError):
    """The tenant or the key opened as many takedown requests within a day as its quota allows."""

    status = 429
    code = "too-many-takedowns"
    title = "Too many takedown requests"
    retry_after_s = 3600

    def __init__(self, detail: str = "") -> None:
        super().__init__(
            f"{detail or self.title} Send the most urgent ones first, or ask the operator of this registry for more."
        )


class TooManyChallenges(RegistryError):
    """As many challenges are open as one challenger may have, or as many checks were challenged."""

    status = 429
    code = "too-many-challenges"
    title = "Too many challenges"
    retry_after_s = 3600

    def __init__(self, detail: str = "") -> None:
        super().__init__(
            f"{detail or self.title} Wait until some are decided, or name the whole case in place of its references."
        )


class Unavailable(RegistryError):
    """The registry cannot answer at the moment. Nothing was written."""

    status = 503
    code = "unavailable"
    title = "The registry cannot answer now"
    retry_after_s = 2


class StorageUnavailable(Unavailable):
    """The database is locked, full or unreachable. Nothing was written."""

    code = "storage-unavailable"
    title = "The database cannot take this now; nothing was written"


class StorageFull(StorageUnavailable):
    """The disk is full or refuses to write. Nothing was written. Clients see no difference."""


class AttemptsExhausted(Unavailable):
    """A job was started too often and never ended."""

    code = "attempts-exhausted"
    title = "The registry tried several times and could not finish this"


class UploadLost(Unavailable):
    """A job's upload is missing from its spool, or was changed there."""

    code = "upload-lost"
    title = "The upload is no longer there"


class IndexBehind(Unavailable):
    """The index does not reflect the database. An answer could be wrong, so none is given."""

    code = "index-not-ready"
    title = "The index is not ready; ask again"


class LedgerBroken(Unavailable):
    """The ledger, or the stored tree over it, was changed."""

    code = "ledger-broken"
    title = "The ledger does not fit its own digests"

    def __init__(self, number: int) -> None:
        super().__init__(
            f"The ledger or its tree does not fit at entry {number}. The operator runs `takedown ledger verify`."
        )


class HolidaysUnknown(Unavailable):
    """A clock counts business days beyond the years that its profile's list of holidays covers."""

    code = "holidays-unknown"
    title = "The profile's list of holidays ends too early: the operator installs a newer one"


class JournalUnfit(Unavailable):
    """The withdrawal journal is missing, damaged, another registry's, or older than the database."""

    code = "journal-unfit"
    title = "The withdrawal journal does not fit the database"


class NotPublished(Unavailable):
    """The file of published checkpoints cannot be read or written, or holds something else."""

    code = "not-published"
    title = "The checkpoint could not be published"


class SealBroken(Unavailable):
    """A sealed value was changed, belongs to another context, or was sealed with a key that is not available."""

    code = "seal-broken"
    title = "Stored data cannot be decrypted"
