"""Array types by element. Docstrings that use one also give its shape, for example `uint8 [height, width]`."""

import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
C128 = npt.NDArray[np.complex128]
Flags = npt.NDArray[np.bool_]

Plane = U8
"""A luma plane: uint8 [height, width], black 0, white 255."""
