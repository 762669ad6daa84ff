"""Recordings as data sets for training, in the LeRobot format v3.0, without lerobot.

`export_bags` writes a folder and checks it; `check_dataset` checks any such folder:

    summary = export_bags([read_bag('recording')], Path('dataset'), ExportOptions())

A folder that is no data set says so:

>>> from pathlib import Path
>>> from qwen_embodied.export import check_dataset
>>> check_dataset(Path('nowhere'))
Traceback (most recent call last):
qwen_embodied.errors.DatasetError: nowhere/meta/info.json cannot be read: ...
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.export.checking import Summary, check_dataset
from qwen_embodied.export.exporting import ExportOptions, ExportReport, export_bags

__all__ = ['ExportOptions', 'ExportReport', 'Summary', 'check_dataset', 'export_bags']
