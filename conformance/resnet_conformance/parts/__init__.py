"""Parts: one module of a network, held against the clauses of its part alone (He et al. 2015, Fig. 2, 3 and 5).

Importing this package does not import torch.
"""

from __future__ import annotations

from .judging import Question, check_part
from .table import PARTS, Part, PartError, find_part, refuse_beside_part

__all__ = ["PARTS", "Part", "PartError", "Question", "check_part", "find_part", "refuse_beside_part"]
