"""Reads config/security/policy.xml: what each node may publish, hear, serve and call."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from xml.etree import ElementTree

from qwen_embodied.resources import shared_file

KINDS = {'topics': ('publish', 'subscribe'), 'services': ('reply', 'request')}


class Rights(dict):
    """Names by right; `enclave` is its path."""

    def __init__(self, enclave):
        super().__init__({right: set() for rights in KINDS.values() for right in rights})
        self.enclave = enclave


def full(name, node):
    """Give the whole name of a topic or service of a node in the root namespace."""
    return f'/{node}/{name[1:]}' if name.startswith('~') else f'/{name}'


def read():
    found = {}
    root = ElementTree.parse(shared_file('config/security/policy.xml')).getroot()
    for enclave in root.iter('enclave'):
        for profile in enclave.iter('profile'):
            node = profile.get('node')
            assert profile.get('ns') == '/'
            assert node not in found, f'{node} is in two enclaves'
            found[node] = rights = Rights(enclave.get('path'))
            for group in profile:
                given = set(group.attrib) & set(KINDS[group.tag])
                assert len(given) == 1
                assert set(group.attrib.values()) == {'ALLOW'}
                names = [item.text for item in group]
                assert names == sorted(set(names)), f'{node}: doubled or out of order'
                rights[given.pop()] |= {full(name, node) for name in names}
    return found


NODES = read()


def who_may(right, name):
    return {node for node, rights in NODES.items() if name in rights[right]}
