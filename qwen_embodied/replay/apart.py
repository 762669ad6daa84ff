"""Reads and looks at the next images in a process of its own, on a second core."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import mmap
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import DupFd
from typing import Any

from qwen_embodied.errors import QwenEmbodiedError, ReplayError
from qwen_embodied.replay.inputs import ClockJumpError
from qwen_embodied.replay.moments import Account, Moment, MomentReader, Source
from qwen_embodied.replay.parcels import SLOT_SIZE, SLOTS, Packer, Parcel, Unpacker, all_slots

LONGEST_END = 5.0  # s for the process to end by itself


@dataclass(frozen=True)
class End:
    """How the reading ended.

    Attributes:
        account: What was read.
        error: Why it ended early; empty where it did not.
        is_jump: Whether a clock jumped.
    """

    account: Account
    error: str = ''
    is_jump: bool = False


class Apart:
    """Gives the moments of a recording in their order, prepared in another process.

    What is given does not depend on how fast either process is. Whoever has time finds the
    objects: the other process when all its moments still wait.
    """

    def __init__(self, source: Source) -> None:
        """Prepare to read; iterate once."""
        self._source, self.account = source, Account()

    @staticmethod
    def is_possible() -> bool:
        """Say whether this machine has a second core and the memory that processes share."""
        return hasattr(os, 'memfd_create') and len(os.sched_getaffinity(0)) > 1

    def __iter__(self) -> Iterator[Moment]:
        """Give moments; raises ReplayError where the recording is broken."""
        file = os.memfd_create('moments')
        os.ftruncate(file, SLOTS * SLOT_SIZE)
        memory = mmap.mmap(file, SLOTS * SLOT_SIZE)
        # Never a copy of this process: its threads would not be in it, and may hold locks.
        context = multiprocessing.get_context('spawn')
        parcels, sender = context.Pipe(duplex=False)
        receiver, free = context.Pipe(duplex=False)
        shared = _Shared(file)
        process = context.Process(
            target=_read, args=(self._source, sender, receiver, shared), name='bag reader',
            daemon=True,
        )  # fmt: skip
        process.start()
        os.close(file)
        sender.close()
        receiver.close()
        try:
            yield from self._given(parcels, free, Unpacker(memory), process)
        finally:
            free.close()
            parcels.close()
            process.join(LONGEST_END)
            process.kill()
            process.join()

    def _given(
        self, parcels: Connection, free: Connection, unpacker: Unpacker, process: Any
    ) -> Iterator[Moment]:
        while True:
            try:
                item = parcels.recv()
            except EOFError as error:
                process.join(LONGEST_END)
                raise ReplayError(
                    f'the process that reads the recording ended with {process.exitcode}; '
                    'is there enough memory? --one-process does without it'
                ) from error
            if isinstance(item, End):
                self.account = item.account
                if item.error:
                    raise (ClockJumpError if item.is_jump else ReplayError)(item.error)
                return
            yield unpacker.unpack(item)
            if item.slot is not None:
                with suppress(BrokenPipeError):  # it has sent everything and ended
                    free.send(item.slot)


class _Shared:
    """A file without a name, handed to a process while that is started."""

    def __init__(self, file: int) -> None:
        self._file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return _opened, (DupFd(self._file),)


def _opened(handle: Any) -> mmap.mmap:
    file = handle.detach()
    try:
        return mmap.mmap(file, SLOTS * SLOT_SIZE)
    finally:
        os.close(file)


def _read(source: Source, parcels: Connection, free: Connection, memory: mmap.mmap) -> None:
    """Run in the other process until the recording ends or nobody listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who listens
    reader = MomentReader(source)
    try:
        parcels.send(_sent(reader, _Sender(parcels, free, Packer(memory))))
    except (OSError, EOFError):
        return


def _sent(reader: MomentReader, sender: _Sender) -> End:
    try:
        for moment in reader:
            sender.send(reader, moment)
    except QwenEmbodiedError as error:
        return End(reader.account, str(error), isinstance(error, ClockJumpError))
    return End(reader.account)


class _Sender:
    """Sends moments, and uses the time in which nobody wants one."""

    def __init__(self, parcels: Connection, free: Connection, packer: Packer) -> None:
        self._parcels, self._free, self._packer = parcels, free, packer
        self._slots = deque(all_slots())

    def send(self, reader: MomentReader, moment: Moment) -> None:
        if moment.frame is None:
            self._parcels.send(Parcel(None, moment))
            return
        if not self._slots and not self._free.poll(0):
            moment = reader.find(moment)
        if not self._slots:
            self._slots.append(self._free.recv())
        self._parcels.send(self._packer.pack(moment, self._slots.popleft()))
