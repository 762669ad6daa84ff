"""Real nodes over real DDS: each test has a ROS domain of its own and waits on conditions."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import warnings

import pytest

rclpy = pytest.importorskip('rclpy')
with warnings.catch_warnings():
    # The parser behind the message packages still uses a deprecated module of Python.
    warnings.filterwarnings('ignore', "module 'sre_", DeprecationWarning)
    pytest.importorskip('rosidl_generator_py')

from rclpy.context import Context  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.node import Node  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from rclpy.task import Future  # noqa: E402

from qwen_embodied.bringup import added_environment, graph_environment  # noqa: E402
from qwen_embodied.nodes import qos  # noqa: E402

DOMAINS = itertools.count(os.getpid() % 60)
PATIENCE = 20.0  # s; the machine may be busy


class Peer:
    """A fake counterpart with an executor thread, in which nodes under test run as well."""

    def __init__(self, domain):
        self.domain, self.changed, self.fault = domain, threading.Condition(), None
        self.context = Context()
        self.context.init(domain_id=domain)
        self.node = Node('peer', context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.nodes, self.ended = [self.node], Future()
        self.thread = threading.Thread(target=self._spin, daemon=True)
        self.thread.start()

    def _spin(self):
        try:
            self.executor.spin_until_future_complete(self.ended)
        except Exception as error:  # noqa: BLE001 - the test reads it
            self.fault = error

    def add(self, kind, **values):
        """Run a node of this package with parameters."""
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        node = kind(context=self.context, parameter_overrides=overrides)
        self.nodes.append(node)
        self.executor.add_node(node)
        return node

    def hear(self, kind, topic, profile=qos.SENSOR):
        """Collect the messages of a topic."""
        heard = []

        def listen(message):
            with self.changed:
                heard.append(message)
                self.changed.notify_all()

        self.node.create_subscription(kind, topic, listen, profile)
        self.executor.wake()
        return heard

    def sender(self, kind, topic, profile=qos.RELIABLE):
        """Give a publisher that found a subscriber."""
        publisher = self.node.create_publisher(kind, topic, profile)
        self.wait_for(publisher.get_subscription_count, f'a subscriber of {topic}')
        return publisher

    def wait_for(self, condition, what='the condition', patience=PATIENCE, each=None):
        """Wait until a condition holds; `each` is called meanwhile, fifty times a second."""
        pause, left = 0.02, patience / 0.02
        while not condition():
            assert left > 0, f'{what} did not come within {patience} s'
            assert self.fault is None, self.fault
            if each is not None:
                each()
            with self.changed:
                self.changed.wait(pause)
            left -= 1
        return condition()

    def call(self, service, kind):
        """Call a service and give its answer."""
        client = self.node.create_client(kind, service)
        assert client.wait_for_service(PATIENCE)
        done = threading.Event()
        future = client.call_async(kind.Request())
        future.add_done_callback(lambda _: done.set())
        assert done.wait(PATIENCE)
        return future.result()

    def close(self):
        self.ended.set_result(None)
        self.thread.join()
        for node in self.nodes:
            node.destroy_node()
        self.context.try_shutdown()


@pytest.fixture(scope='session', autouse=True)
def transports():
    os.environ.update(added_environment())


@pytest.fixture
def domain():
    return next(DOMAINS) % 90 + 10


@pytest.fixture(scope='module')
def shared_domain():
    return next(DOMAINS) % 90 + 10


@pytest.fixture
def peer(domain):
    peer = Peer(domain)
    yield peer
    peer.close()


@pytest.fixture(scope='module')
def shared_peer(transports, shared_domain):
    """Give one peer to all tests of a module, for a node that they only ask."""
    peer = Peer(shared_domain)
    yield peer
    peer.close()


@pytest.fixture
def start(domain):
    """Start a module of this package as a process in the test's domain."""
    processes = []

    def run(module, *arguments):
        environment = {**graph_environment(), 'ROS_DOMAIN_ID': str(domain)}
        process = subprocess.Popen(
            [sys.executable, '-m', f'qwen_embodied.nodes.{module}', '--ros-args', *arguments],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()
