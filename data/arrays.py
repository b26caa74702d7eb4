"""Array types by their element's kind and bytes, named once: `F8` is an array of float64."""

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
I1 = NDArray[np.int8]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]
U4 = NDArray[np.uint32]
U8 = NDArray[np.uint64]
Bool = NDArray[np.bool_]
Rows = NDArray[np.intp]
Days = NDArray[np.datetime64]
Records = NDArray[np.void]  # a structured array
