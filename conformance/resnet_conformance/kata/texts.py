"""The kata's messages in both languages (texts.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PAGE = Path(__file__).parent / "texts.yaml"


@dataclass(frozen=True, slots=True)
class Texts:
    """Words of one language. `traps`: key -> what the mistake is called, and what is wrong about it."""

    language: str
    traps: Mapping[str, tuple[str, str]]
    words: Mapping[str, str]

    def say(self, word: str, **given: object) -> str:
        """A message with its blanks filled in."""
        return self.words[word].format(**given)


@cache
def load_texts(language: str) -> Texts:
    """The messages of "en" or "ko"."""
    data: dict[str, Any] = yaml.safe_load(PAGE.read_text(encoding="utf-8"))
    traps = {key: (entry[language][0], entry[language][1]) for key, entry in data["traps"].items()}
    return Texts(language, traps, {key: entry[language] for key, entry in (data["words"] | data["seen"]).items()})
