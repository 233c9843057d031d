"""Our Values: with a whole weighted sum as one node, and one operation at a time, as micrograd computes."""

from microgrid import Value, operations

from ..workloads import OneByOne
from .graph import Graph


class FusedOperations:
    total, dot, linear = operations.total, operations.dot, operations.dot
    relu, sigmoid, tanh = operations.relu, operations.sigmoid, operations.tanh


class Fused(Graph):
    version, node, operations = "microgrid", Value, FusedOperations


class UnfusedOperations(OneByOne):
    relu, sigmoid, tanh = operations.relu, operations.sigmoid, operations.tanh


class Unfused(Graph):
    version, node, operations = "microgrid", Value, UnfusedOperations
