"""Lets torchvision be imported beside a torch build that its native part does not fit.

Processors of transformers import torchvision for their resizing, which is plain torch. On machines
with torch for the processor only, the wheel of torchvision cannot load its native part and then
fails to register two operators that nobody here calls; they are declared first. What decodes
images is native too; Pillow stands in for it.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import io
import sys

KEPT = []


def stand_in():
    """Import torchvision, with the two operators declared where its native part is missing."""
    if 'torchvision' in sys.modules:
        return
    import torch

    try:
        importlib.import_module('torchvision')
    except RuntimeError:
        for name in [name for name in sys.modules if name.split('.')[0] == 'torchvision']:
            del sys.modules[name]
        library = torch.library.Library('torchvision', 'DEF')
        for name in ('nms', 'qnms'):
            library.define(f'{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')
        KEPT.append(library)
        importlib.import_module('torchvision')
        importlib.import_module('torchvision.io').decode_image = decode


def decode(encoded, **options):
    """Decode an image file's bytes (N,) uint8 to RGB (3, H, W)."""
    import numpy as np
    import torch
    from PIL import Image

    image = Image.open(io.BytesIO(encoded.numpy().tobytes())).convert('RGB')
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)
