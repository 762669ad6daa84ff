"""What `qwen-embodied bench NAME` measures, and the table it prints.

A bench is a module here with `run(quick)`; each figure is a row with its bar:

>>> from qwen_embodied.bench import at_least
>>> at_least('task success', 97.0, '%', bar=95.0).holds
True
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.bench.registry import BENCHES, run_bench
from qwen_embodied.bench.report import Report, Row, at_least, at_most, figure, table

__all__ = ['BENCHES', 'Report', 'Row', 'at_least', 'at_most', 'figure', 'run_bench', 'table']
