"""A model that answers from a list, for tests of what stands around models."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.errors import ModelError
from qwen_embodied.planning import ModelReply


class ListedModel:
    """Gives one reply after the other, then the last again; an exception is raised."""

    def __init__(self, *replies):
        self.replies, self.requests = replies, []
        self.identity = {'model': 'listed'}
        self.cancelled = 0

    def complete(self, request):
        self.requests.append(request)
        reply = self.replies[min(len(self.requests), len(self.replies)) - 1]
        if isinstance(reply, Exception):
            raise reply
        return ModelReply(reply, 'listed', 10, 5, 0.1, 0.2)

    def cancel(self):
        self.cancelled += 1


DOWN = ModelError('the server is down')
