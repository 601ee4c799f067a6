"""Explanations for people: what is wrong with hand-written gradients, and what to do about it."""

from .grader import Finding, GradeReport, grade, grade_file

__all__ = ["Finding", "GradeReport", "grade", "grade_file"]
