"""Names of nodes that a program of this machine has taken in a ROS domain.

ROS lets two nodes have one name and mixes their topics. Whoever starts a graph takes its names
first; the system gives them back when the program ends, however it ends.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from qwen_embodied.errors import NodeError


def claim(names: Iterable[str], domain: str, folder: Path | None = None) -> ExitStack:
    """Take names until the stack that is given is closed.

    Args:
        names: Full names of nodes, such as '/left/planner'.
        domain: ROS domain; empty counts as 0.
        folder: For the files that are locked; one of this user where absent.

    Raises:
        NodeError: Another program has one of them.
    """
    where = folder or Path(tempfile.gettempdir()) / f'qwen_embodied-{os.getuid()}'
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as taken:
        for name in names:
            path = where / f'{domain or "0"}{name.replace("/", ".")}'
            file = taken.enter_context(path.open('a+', encoding='ascii'))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                raise NodeError(_taken(name, domain, file.read().strip())) from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        return taken.pop_all()


def _taken(name: str, domain: str, process: str) -> str:
    return (
        f'the node {name} runs already in ROS domain {domain or "0"}, started by process '
        f'{process or "unknown"}; stop that graph, set ROS_DOMAIN_ID to another number, or give '
        'this one a namespace'
    )
