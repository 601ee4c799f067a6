"""Grade hand-written forward and backward functions: name the mistake, show the evidence, hint at the fix.

A mistake is named by a hypothesis. Each is a small function that gives what a student with that mistake would have
computed; it is named when that is what the student computed, on every batch, and it is not what is right.

=================  ==============================================================================
``report``         findings and reports, and how they read
``layer``          what the grader knows of a layer: batches to try, what is right, suspects
``compare``        equal to rounding; a difference in words
``student``        calls of the student's code: nothing it does gets out
``observe``        one batch through a pair: values, and what the functions did besides
``repeat``         backward called again: it must give the same, from its cache alone
``judge``          from values to mistakes: the layer's suspects, then the generic ones
``generic``        mistakes that can be made in any layer
``affine`` ...     one file for each kind of layer: its batches, its suspects
``unknown``        layers of the student's own: the engine's derivative of the student's forward
``rules``          update rules, step by step
``pair``           a pair or a loss over all its batches
``grade``          a pair, a loss or a rule
``file``           everything in a file
=================  ==============================================================================
"""

from .file import grade_file
from .grade import grade
from .report import Finding, GradeReport

__all__ = ["Finding", "GradeReport", "grade", "grade_file"]
