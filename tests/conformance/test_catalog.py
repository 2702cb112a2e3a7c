"""`list`, `show` and `explain`: what the spec holds, for people and for programs, without torch."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from rich.console import Console

from resnet_conformance import catalog
from resnet_conformance.cli import main
from resnet_conformance.explain import describe_scope, explain
from resnet_conformance.show import show, stage_rows
from resnet_conformance.spec import Spec, load_spec

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def spec() -> Spec:
    return load_spec()


def printed(view: Callable[[Console], None], width: int = 80) -> str:
    stream = io.StringIO()
    view(Console(file=stream, width=width))
    return stream.getvalue()


def words(text: str) -> str:
    return " ".join(text.split())


def explained(name: str, spec: Spec, lang: str = "en") -> str:
    return printed(lambda console: explain(name, spec, console, lang))


class TestList:
    @pytest.mark.parametrize("kind", catalog.KINDS)
    @pytest.mark.parametrize("lang", ["en", "ko"])
    def test_every_entry_has_one_line_of_80_columns(self, kind: str, lang: str, spec: Spec) -> None:
        text = printed(lambda console: catalog.list_table(kind, spec, console, lang))
        firsts = [line.split()[0] for line in text.splitlines() if line]
        assert set(getattr(spec, kind)) <= set(firsts)
        assert len(firsts) == len(set(firsts)) + 2 * (kind == "architectures")  # three tables with one head
        assert max(cell_len(line) for line in text.splitlines()) <= 80

    def test_clauses_show_level_evidence_and_first_words(self, spec: Spec) -> None:
        text = printed(lambda console: catalog.list_table("clauses", spec, console))
        line = next(line for line in text.splitlines() if line.startswith("BTN-04 "))
        assert line.split()[1] == "MUST"
        assert spec.clauses["BTN-04"].evidence[0] in line
        assert line.endswith(" ...")
        assert " ".join(spec.clauses["BTN-04"].statement["en"].split()[:5]) in line

    def test_a_clause_shows_every_evidence_or_that_there_is_none(self, spec: Spec) -> None:
        text = printed(lambda console: catalog.list_table("clauses", spec, console))
        lines = {line.split()[0]: line for line in text.splitlines()}
        assert " MUST    equivalence   With the same weights" in lines["EQ-01"]
        assert " MUST    struct+behav  With F forced to zero" in lines["BLK-09"]
        assert " MUST    not examined  Plain and residual nets" in lines["IN-05"]
        told = {name for name, line in lines.items() if " not examined " in line}
        assert told == {clause.id for clause in spec.clauses.values() if clause.not_examined}
        korean = printed(lambda console: catalog.list_table("clauses", spec, console, "ko"))
        assert korean.count("검사 안 함") == len(told)

    def test_every_evidence_has_a_short_word(self, spec: Spec) -> None:
        assert {kind for clause in spec.clauses.values() for kind in clause.evidence} <= set(catalog.SHORT)

    def test_papers_and_variants_are_apart(self, spec: Spec) -> None:
        text = printed(lambda console: catalog.list_table("architectures", spec, console))
        papers, variants = text.split("\nVariants")
        assert "imagenet/resnet50 " in papers
        assert "25,557,032" in papers
        assert "imagenet/resnet50-v1.5" not in papers
        assert "imagenet/resnet50-v1.5" in variants
        assert "4,089,184,256" in variants

    @pytest.mark.parametrize("kind", catalog.KINDS)
    def test_json_holds_every_entry(self, kind: str, spec: Spec, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["list", kind, "--format", "json"]) == 0
        data = json.loads(capsys.readouterr().out)
        assert [entry.get("id") or entry["name"] for entry in data] == list(getattr(spec, kind))

    def test_json_of_a_clause_an_architecture_and_a_deviation(self, spec: Spec) -> None:
        clause = next(c for c in catalog.list_data("clauses", spec) if c["id"] == "BTN-04")
        assert clause["statement"]["ko"] == spec.clauses["BTN-04"].statement["ko"]
        assert clause["cite"]
        net = next(a for a in catalog.list_data("architectures", spec) if a["name"] == "imagenet/resnet34")
        assert {option: figures["parameters"] for option, figures in net["options"].items()} == {
            "A": 21623848,
            "B": 21797672,
            "C": 22716840,
        }
        deviation = next(d for d in catalog.list_data("deviations", spec) if d["id"] == "stride-3x3")
        assert {"BTN-04", "BTN-05", "CT-05"} <= set(deviation["explains"])


class TestFindClauses:
    def test_globs(self, spec: Spec) -> None:
        assert catalog.find_clauses(spec, ["BTN-0[45]", "SC-0?"])[:2] == ("BTN-04", "BTN-05")
        assert set(catalog.find_clauses(spec, ["*"])) == set(spec.clauses)

    def test_one_that_matches_nothing_is_refused_among_others(self, spec: Spec) -> None:
        with pytest.raises(catalog.UnknownNameError, match=r"'BTN-4x'.*did you mean 'BTN-04'"):
            catalog.find_clauses(spec, ["SC-*", "BTN-4x"])


class TestShow:
    """The table against He et al. 2015, Table 1 and section 4.2; figures by hand from the tables."""

    def test_resnet50(self, spec: Spec) -> None:
        rows = stage_rows(spec.architectures["imagenet/resnet50"])
        assert rows == [
            ("conv1", "112x112", "64", "7x7/2", "", "9,536", "118,013,952"),
            ("pool1", "56x56", "64", "3x3/2 max", "", "0", "0"),
            ("conv2_x", "56x56", "64-64-256", "1x1 3x3 1x1", "3", "215,808", "667,942,912"),
            ("conv3_x", "28x28", "128-128-512", "1x1/2 3x3 1x1", "4", "1,219,584", "950,534,144"),
            ("conv4_x", "14x14", "256-256-1024", "1x1/2 3x3 1x1", "6", "7,098,368", "1,387,266,048"),
            ("conv5_x", "7x7", "512-512-2048", "1x1/2 3x3 1x1", "3", "14,964,736", "732,168,192"),
            ("head", "1x1", "1000", "avg pool, fc", "", "2,049,000", "2,048,000"),
            ("total", "", "", "", "", "25,557,032", "3,857,973,248"),
        ]

    def test_the_stride_of_the_variant_is_on_the_3x3(self, spec: Spec) -> None:
        rows = stage_rows(spec.architectures["imagenet/resnet50-v1.5"])
        assert [row[3] for row in rows if row[0] == "conv3_x"] == ["1x1 3x3/2 1x1"]
        assert rows[-1][-1] == "4,089,184,256"

    def test_cifar(self, spec: Spec) -> None:
        rows = stage_rows(spec.architectures["cifar10/resnet20"])
        assert [row[:5] for row in rows[:4]] == [
            ("conv1", "32x32", "16", "3x3", ""),
            ("32x32", "32x32", "16-16", "3x3 3x3", "3"),
            ("16x16", "16x16", "32-32", "3x3/2 3x3", "3"),
            ("8x8", "8x8", "64-64", "3x3/2 3x3", "3"),
        ]
        assert rows[-1][-2:] == ("269,722", "40,551,040")

    def test_the_rows_add_up_for_every_architecture(self, spec: Spec) -> None:
        for architecture in spec.architectures.values():
            *rows, total = stage_rows(architecture)
            for column in (-2, -1):
                counted = sum(int(row[column].replace(",", "")) for row in rows)
                assert counted == int(total[column].replace(",", "")), architecture.name

    def test_fits_80_columns(self, spec: Spec) -> None:
        for architecture in spec.architectures.values():
            text = printed(partial(show, architecture))
            assert max(map(len, text.splitlines())) <= 80, architecture.name

    def test_derived_stands_beside_printed_with_citations(self, spec: Spec) -> None:
        text = words(printed(lambda console: show(spec.architectures["imagenet/resnet34"], console)))
        assert "Printed: 3.6 billion multiply-adds (P1 Table 1, p.5" in text
        assert "derived, option A: 3,644,493,824, which is less than 0.1 billion from the print" in text
        assert "Printed error: top-1 24.19 %, top-5 7.40 % (10-crop, ImageNet val, option C; P1 Table 3, p.6)" in text
        table6 = words(printed(lambda console: show(spec.architectures["cifar10/resnet110"], console)))
        assert "Printed: 1.7 million parameters (P1 Table 6, p.7)" in table6
        assert "1,727,962, which rounds to the print" in table6
        assert "top-1 6.43 %, mean of 5 runs 6.61 +- 0.16" in table6

    def test_every_option_is_listed(self, spec: Spec) -> None:
        text = printed(lambda console: show(spec.architectures["imagenet/resnet34"], console))
        lines = [line.split() for line in text.splitlines()]
        assert ["C", "16", "22,716,840", "22,784", "3,830,747,136"] in lines

    def test_a_variant_says_so(self, spec: Spec) -> None:
        text = printed(lambda console: show(spec.architectures["imagenet/resnet50-v1.5"], console))
        assert "variant of imagenet/resnet50, in no paper's table" in words(text)
        assert "Printed" not in text


class TestExplain:
    def test_every_name_in_both_languages(self, spec: Spec) -> None:
        for lang in ("en", "ko"):
            for name in (*spec.clauses, *spec.deviations, *spec.architectures, *spec.sources):
                text = explained(name, spec, lang)
                assert text.split(":")[0].split()[0] == name
                assert all(cell_len(line) <= 80 or len(line.split()) == 1 for line in text.splitlines()), (
                    name,
                    lang,
                )

    def test_a_clause(self, spec: Spec) -> None:
        clause = spec.clauses["BTN-04"]
        text = words(explained("btn-04", spec))
        assert text.startswith("BTN-04 MUST: ")
        for part in (clause.statement["en"], f"Why: {clause.why['en']}", "Applies to: v1, bottleneck blocks"):
            assert words(part) in text
        assert "imagenet/resnet152-v1.5" in text
        assert "(by BTN-06)" in text
        assert "Broken by: stride-3x3" in text

    def test_citations_are_resolved_once_for_each_source(self, spec: Spec) -> None:
        text = explained("BTN-04", spec)
        for citation in spec.clauses["BTN-04"].cite:
            source = spec.sources[citation.split()[0]]
            assert citation in text
            assert words(source.title) in words(text)
            assert source.link is not None
            assert text.count(f"{source.link}\n") == 1

    def test_korean(self, spec: Spec) -> None:
        text = words(explained("BTN-04", spec, "ko"))
        assert words(spec.clauses["BTN-04"].statement["ko"]) in text
        assert words(spec.clauses["BTN-04"].why["ko"]) in text
        assert "Why:" not in text

    def test_a_clause_without_a_check_says_why(self, spec: Spec) -> None:
        for clause in spec.clauses.values():
            said = clause.not_examined is not None
            assert ("Not examined:" in explained(clause.id, spec)) == said, clause.id

    def test_a_deviation(self, spec: Spec) -> None:
        deviation = spec.deviations["stride-3x3"]
        text = explained("stride-3x3", spec)
        assert words(deviation.description["en"]) in words(text)
        assert words(f"BTN-04 MUST: {spec.clauses['BTN-04'].statement['en']}") in words(text)
        for place in deviation.seen_in:
            assert f"      {place['link']}\n" in text

    def test_an_architecture(self, spec: Spec) -> None:
        text = words(explained("imagenet/resnet50-v1.5", spec))
        assert "Base: imagenet/resnet50 " in text
        assert "Options: B " in text
        assert "BTN-04 (by BTN-06)" in text
        assert "CT-05 (no clause takes its place)" in text

    def test_a_source(self, spec: Spec) -> None:
        text = words(explained("p2", spec))
        assert text.startswith("P2: Identity Mappings in Deep Residual Networks")
        assert "Where: arXiv:1603.05027v3" in text
        assert "V2-01" in text
        assert "Recipes: cifar10/v2, imagenet/v2" in text
        assert spec.sources["P2"].link in text

    def test_the_project_as_a_source_has_no_link(self, spec: Spec) -> None:
        text = explained("PROJECT", spec)
        assert "BH-01" in text
        assert "https://" not in text
        assert "Recipes:" not in text

    def test_an_unknown_name_suggests_a_source_too(self, spec: Spec) -> None:
        with pytest.raises(catalog.UnknownNameError, match=r"architecture or source 'cafe' \(did you mean 'CAFFE'"):
            explained("cafe", spec)

    def test_scope_in_words(self) -> None:
        scope: list[dict[str, tuple[object, ...]]] = [
            {"dataset": ("imagenet",), "block": ("basic", "bottleneck")},
            {"option": ("A",), "strided": (1,)},
        ]
        assert describe_scope(scope) == (
            "imagenet, basic or bottleneck blocks; or option A, stride on the first convolution of F"
        )
        assert describe_scope([{}]) == "all networks"


VERBS = (
    "list clauses",
    "list architectures --format json",
    "show imagenet/resnet50",
    "explain stride-3x3",
    "--version",
    "show imagenet/resnet51",
)


def test_torch_is_not_imported() -> None:
    code = """
import sys
from resnet_conformance.cli import main
for verb in sys.argv[1:]:
    try:
        main(verb.split())
    except SystemExit:
        pass
    print(verb, "torch" in sys.modules, file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, *VERBS], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    told = [line for line in done.stderr.splitlines() if not line.startswith("resnet-conformance: ")]
    assert told == [f"{verb} False" for verb in VERBS]
