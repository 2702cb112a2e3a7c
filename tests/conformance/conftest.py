"""Judging in this process, where a test is not about the child that foreign code runs in (it imports torch anew)."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from resnet_conformance import inside, outside
from resnet_conformance.reports import json_report


class Here:
    """In the place of `outside.ask`: the same answer, and the time limit that the child would have got."""

    timeout: float | None = None

    def __call__(
        self,
        request: outside.Request,
        timeout: float | None = None,
        folder: Path | None = None,
        show_errors: bool = False,
    ) -> dict[str, Any]:
        self.timeout = timeout
        before = list(sys.path)
        with contextlib.chdir(folder or Path.cwd()):
            sys.path.insert(0, str(Path.cwd()))
            try:
                answer: dict[str, Any] = json.loads(json_report.dump(inside.respond(request)))
            finally:
                sys.path[:] = before
        if "problem" in answer:
            raise outside.Problem(answer["problem"], answer["trace"], answer["differ"])
        return answer


@pytest.fixture
def judged_here(monkeypatch: pytest.MonkeyPatch) -> Here:
    """No child process."""
    here = Here()
    monkeypatch.setattr(outside, "ask", here)
    return here
