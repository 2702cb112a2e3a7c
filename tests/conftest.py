"""What all tests share: one thread in each process, and on CI the same hypothesis examples in each run."""

from __future__ import annotations

import os

# Before anyone imports torch: on small networks threads cost more than they bring, and xdist fills the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings

# No deadline: a shared machine pauses for longer than any example takes.
settings.register_profile("here", deadline=None)
# On CI the examples follow from the test alone, so that a failure is the change's doing and comes again.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
