"""The checks that run something: behaviour, equivalence, statistics, training (DESIGN.md section 4).

They stand apart from `clauses/`, which never imports torch; importing this package registers them.
"""

from __future__ import annotations

from . import addition as addition
from . import asked as asked
from . import batches as batches
from . import heads as heads
from . import identity_shortcuts as identity_shortcuts
from . import initialization as initialization
from . import projections as projections
from . import recipes as recipes
from . import same_values as same_values
from . import sizes as sizes
from . import training_mode as training_mode
from . import wiring as wiring
from . import zero_shortcuts as zero_shortcuts
