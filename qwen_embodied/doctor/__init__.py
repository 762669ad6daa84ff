"""What this machine, its software and the running graph have and lack, with the remedy."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.doctor.finding import Check, Finding, Status

__all__ = ['Check', 'Finding', 'Status']
