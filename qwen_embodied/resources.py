"""Where the files of config/ and launch/ lie: in a checkout or under an installed share folder."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from pathlib import Path

from qwen_embodied.errors import ConfigurationError

PACKAGE = 'qwen_embodied'


def shared_file(relative: str) -> Path:
    """Find a file such as 'config/robots/panda.yaml'.

    Args:
        relative: Path below the checkout or below share/qwen_embodied.

    Returns:
        The first that exists of: the checkout, an installed share folder beside this package
        (colcon), the share folder of the interpreter (pip).
    """
    package = Path(__file__).resolve().parent
    prefixes = [*package.parents, Path(sys.prefix)]
    candidates = [package.parent / relative]
    candidates += [prefix / 'share' / PACKAGE / relative for prefix in prefixes]
    for path in candidates:
        if path.exists():
            return path
    raise ConfigurationError(f'{relative} is not installed; looked in {candidates[0].parent}')
