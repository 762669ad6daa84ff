"""How large the parts of a recording may be; what is larger is refused before it is read."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

LARGEST_RECORD = 64 * 2**20  # bytes, of a message or of a chunk before and after decompression
LARGEST_RATIO = 100  # decompressed to compressed, of what becomes larger than FREE
LARGEST_TOTAL = 256 * 2**30  # bytes of all decompressed chunks: ten hours of a colour-depth camera
LARGEST_METADATA = 4 * 2**20  # bytes of metadata.yaml
LARGEST_DEFINITION = 256 * 2**10  # bytes of a message definition
MOST_FILES = 10_000
MOST_TOPICS = 2_000
FREE = 32 * 2**20  # bytes that may come of any number: a black image in 4K packs into a kilobyte
