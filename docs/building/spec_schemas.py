"""docs/yaml.md: the files that people write, a project's and the spec's, from their schemas and with excerpts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import yaml

from docs.building.markdown import opening, root, table
from docs.building.prose import code, plain, terminal
from docs.building.schemas import Book, Schema, chapters, sentence
from docs.building.schemas_words import FILLED, READING, SHARED, WORDS
from docs.building.spec_words import (
    DECLARED,
    DECLARED_EXAMPLE,
    EXCERPT,
    INTRO,
    MEANINGS,
    NOTES,
    PROJECT,
    SEE,
    SPEC,
    TITLE,
    TOML,
    TOML_EXAMPLE,
    TOML_HEAD,
)
from resnet_conformance.expectations.reading import load_schema
from resnet_conformance.project import KINDS
from resnet_conformance.spec.files import kind_of

FOLDER = Path(__file__).parents[2] / "spec"
EXPECTATIONS = "expectations.schema.json"
CALLED = {
    "clause": "clause id",
    "name": "architecture name",
    "option": "shortcut option",
    "options": "shortcut options",
}
# Each kind of file: its heading, and the entry that is shown of it, from which file.
KINDS_OF_SPEC: Mapping[str, tuple[str, str, tuple[str | int, ...]]] = {
    "sources": ("sources.yaml", "sources.yaml", ("sources", "P1")),
    "architectures": (
        "architectures/*.yaml",
        "architectures/cifar10.yaml",
        ("architectures", "cifar10/resnet20"),
    ),
    "variants": ("architectures/variants.yaml", "architectures/variants.yaml", ("variants", "imagenet/resnet50-v1.5")),
    "clauses": ("clauses/*.yaml", "clauses/stem.yaml", ("clauses", 0)),
    "deviations": ("deviations.yaml", "deviations.yaml", ("deviations", 1)),
    "training": ("training.yaml", "training.yaml", ("recipes", "cifar10/v1")),
}
# What the notes below the tables and the types in them tell: a test counts the conditions of the schemas.
CONDITIONS = {"architectures.schema.json": 3, "clauses.schema.json": 1}


def render(language: str) -> str:
    """The page in that language, "en" or "ko"."""
    schemas: dict[str, Schema] = {EXPECTATIONS: load_schema()}
    for kind in KINDS_OF_SPEC:
        name = f"{kind}.schema.json"
        schemas[name] = json.loads((FOLDER / "schema" / name).read_text("utf-8"))
    book = Book(schemas, language, called=CALLED)
    heading, told = SPEC[language]
    parts = [opening(TITLE[language], "yaml", language), *INTRO[language]]
    parts += [READING[language].format(rule=FILLED[language]), *_project(book), f"## {heading}", told]
    for kind in KINDS_OF_SPEC:
        parts += _spec_file(book, kind)
    parts += [f"## {SHARED[language]}", book.shared()]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _project(book: Book) -> Iterator[str]:
    """The files of whoever is judged."""
    language = book.language
    heading, told = PROJECT[language]
    yield from (f"## {heading}", told, "### `pyproject.toml`", *TOML[language])
    rows = [
        (code(key), plain(words), WORDS["yes"][language] * (key == "target"), MEANINGS[key][language])
        for key, (_, words) in KINDS.items()
    ]
    yield from (table(TOML_HEAD[language], rows), TOML_EXAMPLE)
    heading, told, shown = DECLARED[language]
    yield from (f"### {heading}", told, book.table(EXPECTATIONS, book.files[EXPECTATIONS]), shown, DECLARED_EXAMPLE)


def _spec_file(book: Book, kind: str) -> Iterator[str]:
    """One kind of file of the spec: what it is, its keys, those of the mappings in it, and an entry."""
    heading, file, keys = KINDS_OF_SPEC[kind]
    language, name = book.language, f"{kind}.schema.json"
    schema = book.files[name]
    yield f"### {code(heading)}"
    yield terminal(sentence(schema["description"].partition(": ")[2]))
    links = [f"[{path.name}]({root(language)}spec/{path.relative_to(FOLDER).as_posix()})" for path in files(kind)]
    yield SEE[language].format(links=", ".join(links))
    if "properties" in schema:
        yield book.table(name, schema)
    if kind in NOTES:
        yield NOTES[kind][language]
    yield EXCERPT[language].format(link=f"[{file}]({root(language)}spec/{file})")
    yield f"```yaml\n{excerpt(FOLDER / file, *keys)}\n```"
    yield from chapters(book, name, "####", {name: [note[language]] for name, note in NOTES.items() if name != kind})


def files(kind: str) -> list[Path]:
    """The files of a kind."""
    if kind in ("architectures", "variants"):
        found = sorted((FOLDER / "architectures").glob("*.yaml"))
        return [path for path in found if kind_of(yaml.safe_load(path.read_text("utf-8"))) == kind]
    return sorted((FOLDER / kind).glob("*.yaml")) or [FOLDER / f"{kind}.yaml"]


def excerpt(path: Path, *keys: str | int) -> str:
    """The lines of one entry of a YAML file, its key and comments included."""
    text = path.read_text("utf-8")
    node = yaml.compose(text)
    first = 0
    for key in keys:
        if isinstance(node, yaml.SequenceNode):
            node = node.value[key]
            first = node.start_mark.line
        else:
            assert isinstance(node, yaml.MappingNode)
            name, node = next(pair for pair in node.value if pair[0].value == key)
            first = name.start_mark.line
    assert isinstance(node, yaml.CollectionNode)
    last = node.end_mark.line + bool(node.flow_style)  # a block ends where the next one begins
    lines = text.splitlines()[first:last]
    while not lines[-1].split("#")[0].strip():
        lines.pop()
    return dedent("\n".join(lines))
