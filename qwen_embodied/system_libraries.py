"""Shared libraries that wheels from PyPI need of the system, and the packages that hold them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re

from qwen_embodied.errors import MissingDependencyError

# Tried on a minimal Debian 12: rendering, OpenCV (libgl1, libglib2.0-0), Pinocchio (libgomp1).
DEBIAN_PACKAGES = ('libegl1', 'libgl1', 'libgl1-mesa-dri', 'libglib2.0-0', 'libgomp1')
INSTALL = f'run: sudo apt-get install {" ".join(DEBIAN_PACKAGES)}'
ABSENT_LIBRARY = re.compile(r'(lib\S+\.so[.\d]*): cannot open shared object file')


def explain(error: ImportError) -> MissingDependencyError | None:
    """Turn a failed import into what is missing; None when no system library is the cause."""
    found = ABSENT_LIBRARY.search(str(error))
    return MissingDependencyError(f'the system library {found[1]}', INSTALL) if found else None
