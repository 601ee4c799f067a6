"""What students hand in: whole functions with one realistic mistake each, and right ones written differently.

A class is one student's file: the functions in it are plain functions, as in a file of their own. Those with a mistake
say what the grader must name, result by result; those in ``right_ones`` must pass.
"""

WRONG = []
RIGHT = []


def wrong(named):
    """Register a student whose mistakes have these names: ``{"db": "wrong-axis"}``."""

    def register(student):
        WRONG.append((student, named))
        return student

    return register


def right(student):
    """Register a student who made no mistake."""
    RIGHT.append(student)
    return student
