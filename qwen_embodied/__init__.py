"""A Qwen vision-language model as the brain of a robot arm, as ROS 2 nodes.

camera      an image, its depth and its intrinsics            -> Frame
perception  correct the light, find the objects on the table  -> Scene
planning    the instruction and the scene                     -> Plan
motion      each step of the plan                             -> JointTrajectory
safety      passes a trajectory or rejects it                 -> control moves the arm
"""

# SPDX-License-Identifier: Apache-2.0
__version__ = '0.1.0'
