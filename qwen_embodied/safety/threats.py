"""The threats that were thought of, and what is done against each; docs/safety.md lists them.

The test of a threat has its number in its name: test_x07_... for X7.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

THREATS = {
    'X1': (
        'somebody else commands the arm',
        'a policy for SROS2 by name; it is compared with the running graph',
    ),
    'X2': ('security that is off without a word', 'a node that is secured by half does not start'),
    'X3': ('a policy that allows everything', 'no wildcard, an enclave for each process'),
    'X4': ('limits that are raised at run time', 'every parameter of the supervisor is read-only'),
    'X5': (
        'words that talk a model into something',
        'plans of a hostile planner are judged by the words of the operator alone (B2)',
    ),
    'X6': ('orders in the image or in a label', 'what is seen is a name, never a verb (B2)'),
    'X7': (
        'orders in names of frames, labels or the history',
        'frames are not in the prompt; the rest is one quoted or cleaned line',
    ),
    'X8': (
        'messages that are broken or huge',
        'dropped unread by their size, or refused by C1, C2 and the contracts',
    ),
    'X9': ('small files of huge images', 'the header is read before the file is decoded'),
    'X10': (
        'a model server that is down, slow, mad or hostile',
        'limits of time and size, no redirects, no open http to other machines',
    ),
    'X11': ('a vLLM with an unsafe decoder', 'it is asked for its version and gets no image'),
    'X12': (
        'weights that run code, or were changed',
        'safetensors alone, a pinned commit, or hashes of each file where they are given',
    ),
    'X13': ('code in data', 'nothing unpickles, evaluates or starts a shell'),
    'X14': ('recordings that are bombs or point elsewhere', 'refused within bounds'),
    'X15': ('a recording that drives a real arm', 'commands are never played'),
    'X16': ('keys in logs and records', 'in none, also where a server repeats them'),
    'X17': (
        'packages that were changed',
        'a lock with hashes; an audit that could not ask fails',
    ),
    'X18': ('floods of messages', 'short queues; a stop is served meanwhile'),
}

# What of these rows cannot be tested here, or is not, and why.
UNTESTED = {
    'X1': 'the policy under a secured middleware: the rclpy of PyPI has none compiled in',
    'X3': 'how long certificates are valid: `ros2 security` makes them, where it is used',
    'X5': 'a real model that is talked into something: a planner that wants every bad plan is',
    'X6': 'signs in rendered images, read by a real model: what it could ask for then is tested',
    'X17': 'whether the packages have known vulnerabilities: the service knew none of them here',
    'X18': 'how late a stop comes at 10 000 messages per second from another process',
}
