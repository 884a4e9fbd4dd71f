"""An uploaded file: a picture stays in memory, a clip goes into the encrypted spool (docs/promises.md, promise 1).

1. The first bytes decide between the two. Any file that is not a clip stays in memory and is bounded like a picture. A
   sound file is refused at once, and so is a clip where none is taken: it reaches no disk.
2. The file's digest is computed on the way, to recognise a repeated request.
3. A spooled file belongs to the request until a job takes it over. Otherwise it is deleted with the request.
"""

import hashlib
import io
from typing import Final

from index.errors import TooManyBytes
from index.limits import STANDARD, STANDARD_CLIP
from index.media.clips import KIND_BYTES, is_clip
from registry.domain import Spooled
from registry.security import Spool, SpoolWriter
from registry.web.errors import BodyInvalid, BodyTooLarge, Fault

MAX_IN_MEMORY: Final = STANDARD.max_bytes + 64 * 1024
"""In-memory limit for uploads that are not clips, in bytes. Slightly above the picture limit, so that the decoder
rejects an oversized picture with the proper error."""
NO_CLIPS: Final = (
    "Clips are not registered without an account yet: send pictures of it, or ask an agency or a centre."
)


class Upload:
    """The file of a request, written by the form's parser. For one thread.

    Without a spool no clip is taken.
    """

    def __init__(self, spool: Spool | None) -> None:
        self._spool = spool
        self._memory = io.BytesIO()
        self._writer: SpoolWriter | None = None
        self._is_judged = False
        self._is_taken_over = False
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> int:
        """Append the next bytes.

        Raises:
            SoundOnly: the first bytes are those of a sound file.
            BodyInvalid: the file is a clip, and none is taken here.
            BodyTooLarge: the file is not a clip and exceeds the limit of a picture request.
            StorageUnavailable: the file is a clip and the disk refuses.
        """
        self._digest.update(data)  # 2.
        self._size += len(data)
        if self._writer is not None:
            return self._writer.write(data)
        if self._size > MAX_IN_MEMORY:
            raise BodyTooLarge(f"A picture has at most {STANDARD.max_bytes} bytes.")
        self._memory.write(data)
        if not self._is_judged and self._size >= KIND_BYTES:
            self._judge()
        return len(data)

    def seek(self, _offset: int, _whence: int = io.SEEK_SET) -> int:
        """Complete the file. The parser seeks to the start after it has written the whole file.

        Raises:
            SoundOnly: the first bytes are those of a sound file.
            BodyInvalid: the file is a clip, and none is taken here.
        """
        if not self._is_judged:
            self._judge()
        return 0

    def close(self) -> None:
        """Release the file. Calling it again has no effect."""
        self._memory = io.BytesIO()
        if self._writer is not None and self._is_taken_over:
            self._writer.close()
        elif self._writer is not None:
            self._writer.discard()  # 3.

    @property
    def is_clip(self) -> bool:
        """True if the file is a clip. Known after the file is complete."""
        return self._writer is not None

    @property
    def sha256(self) -> bytes:
        """SHA-256 digest of the file, 32 bytes."""
        return self._digest.digest()

    def picture(self) -> memoryview:
        """Return the content of a file that is not a clip."""
        if self._writer is not None:
            raise TypeError("a clip is not in memory")
        return self._memory.getbuffer()

    def clip(self) -> Spooled:
        """Return the place of the complete clip in the spool, durable on the disk.

        Raises:
            TooManyBytes: the clip exceeds the size limit.
            StorageUnavailable: the disk refuses.
        """
        if self._writer is None:
            raise TypeError("only a clip lies in the spool")
        if self._size > STANDARD_CLIP.max_bytes:
            raise TooManyBytes("the clip has more bytes than are looked at")
        return self._writer.finish()

    def take_over(self) -> None:
        """Record that a job owns the clip from now on."""
        self._is_taken_over = True

    def _judge(self) -> None:
        self._is_judged = True
        if is_clip(self._memory.getvalue()[:KIND_BYTES]):  # 1.
            if self._spool is None:
                raise BodyInvalid(NO_CLIPS, (Fault(pointer="/media", detail=NO_CLIPS, code="field-invalid"),))
            self._writer = self._spool.create()
            self._writer.write(self._memory.getvalue())
            self._memory = io.BytesIO()
