"""Lets `python -m qwen_embodied` be the command line."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.cli import main

if __name__ == '__main__':
    main()
