"""Diagnostics of several graphs on the one topic /diagnostics: names begin with the namespace."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node

TOPIC = '/diagnostics'


def statuses_of(node: Node, *statuses: DiagnosticStatus) -> DiagnosticArray:
    """Join what a node says, with its namespace before the names and its time."""
    for status in statuses:
        status.name = f'{_prefix(node)}{status.name}'
    message = DiagnosticArray(status=list(statuses))
    message.header.stamp = node.get_clock().now().to_msg()
    return message


def own_statuses(node: Node, message: DiagnosticArray) -> Iterator[tuple[str, DiagnosticStatus]]:
    """Give those of a node's own namespace, with their names in it."""
    before = _prefix(node)
    for status in message.status:
        namespace, slash, name = status.name.rpartition('/')
        if namespace + slash == before:
            yield name, status


def _prefix(node: Node) -> str:
    namespace = node.get_namespace().strip('/')
    return f'{namespace}/' if namespace else ''
