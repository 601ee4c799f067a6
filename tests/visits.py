"""A measure of work on graphs that no clock disturbs."""

from tensorgraph.core import Node


def visits(run):
    """How many times a run asks a node for its parents: a measure of work that no clock disturbs."""
    count = 0
    slot = Node.__dict__["parents"]

    class Counting:
        def __get__(self, instance, owner=None):
            nonlocal count
            count += 1
            return slot.__get__(instance, owner)

        def __set__(self, instance, value):
            slot.__set__(instance, value)

    Node.parents = Counting()
    try:
        run()
    finally:
        Node.parents = slot
    return count
