"""What every part of an expression can yield: labels and their values, type, unit, bounds, and why.

One pass over the tree, `analyse`; whoever checks, builds or explains a query asks the `Analysis`. It tells the most
that can be: a label that it calls ``never`` is on no series, whatever is stored; one that it calls ``maybe`` need not
be there.
"""

from __future__ import annotations

from vedette.promql.flow.analyse import Analysis, analyse
from vedette.promql.flow.branch import Branch, Flow
from vedette.promql.flow.labels import ANY, NONE, Label, Labels, Reason
from vedette.promql.flow.series import Known, SampleType, Series
from vedette.promql.flow.units import COUNT, RATIO, SECONDS, Unit, unit_of_name

__all__ = [
    "ANY", "COUNT", "NONE", "RATIO", "SECONDS", "Analysis", "Branch", "Flow", "Known", "Label", "Labels", "Reason",
    "SampleType", "Series", "Unit", "analyse", "unit_of_name",
]  # fmt: skip
