"""An outcome on the learner's screen: what holds, and what the first step that does not hold gets wrong."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from rich.console import Console

from ..reports.page import Page
from ..spec import load_spec
from .cookbook import Recipe, read_cookbook, render
from .outcome import STEPS, WHOLE, Fault, Outcome, Step
from .texts import Texts, load_texts
from .workshop import RECIPES

MARKS = {"holds": ("ok", "green"), "fails": ("no", "bold red"), "open": ("..", "yellow"), "broken": ("no", "bold red")}


def tell(outcome: Outcome, exercise: Path, console: Console, language: str) -> None:
    """Print the steps that were looked at, the last one in full, and where to go from there."""
    view = _View(Page(console), load_texts(language), exercise)
    for step in outcome.steps:
        view.row(step)
    if outcome.done:
        view.done()
    else:
        view.stuck(outcome.steps[-1])
    if outcome.printed.strip():
        view.page.gap()
        view.page.line((view.texts.say("printed"), "bold"))
        for line in outcome.printed.strip().splitlines():
            view.page.paragraph(line, indent=2)


def tell_recipe(recipe: Recipe, language: str, pattern: bool, exercise: Path | None, console: Console) -> None:
    """Print a recipe, its paragraphs in lines of the page's width, and how to see its code where that was left out."""
    page = Page(console)
    for number, text in enumerate(re.split(r"^```.*\n", render(recipe, language, pattern), flags=re.MULTILINE)):
        if number % 2:  # between two fences: code, as it is
            for line in text.splitlines():
                page.line((line, "cyan"), indent=4)
            page.gap()
            continue
        for block in filter(None, re.split(r"\n{2,}", text.strip())):
            _tell_block(page, block)
            page.gap()
    if not pattern:
        more = load_texts(language).say("more", folder=f"{shown_folder(exercise)} --step {recipe.number}".strip())
        page.line((more, "dim"))


def _tell_block(page: Page, block: str) -> None:
    """A heading, a list or a paragraph of Markdown; "**Goal.** ..." has its label in bold."""
    if block.startswith("# "):
        page.line((block[2:], "bold"))
    elif block.startswith("- "):
        for item in re.split(r"\n(?=- )", block):
            page.paragraph(item[2:], indent=2, label="-", label_style="")
    elif found := re.match(r"\*\*(.+?)\*\*\s*", block):
        page.line((found[1], "bold"))
        if rest := block[found.end() :]:
            page.paragraph(rest, indent=2)
    else:
        page.paragraph(block)


def shown_folder(exercise: Path | None) -> str:
    """The folder as the learner would name it in a command: nothing where it is the one that he is in."""
    if exercise is None or exercise.parent == Path():
        return ""
    return shlex.quote(str(exercise.parent))


class _View:
    """One outcome on its way to one page."""

    def __init__(self, page: Page, texts: Texts, exercise: Path) -> None:
        self.page, self.texts, self.exercise = page, texts, exercise
        self.titles = {recipe.number: recipe.title for recipe in read_cookbook(texts.language)}

    def row(self, step: Step) -> None:
        """One line: the step, its title, its state."""
        mark, style = MARKS[step.state]
        say = self.texts.say
        if step.number == 0:
            self.page.line((f"{mark}  ", style), (say("unreadable", file=self.exercise.name), "bold"))
            return
        name = say("whole") if step.number == WHOLE else f"{say('step', number=step.number)}  "
        words = say(step.state, count=len(step.clauses), seconds=f"{step.seconds:.1f}")
        self.page.line((f"{mark}  ", style), (name + self.titles.get(step.number, ""), "bold"), (f": {words}", ""))

    def stuck(self, step: Step) -> None:
        """What is wrong with a step, and where its recipe is."""
        say, folder = self.texts.say, shown_folder(self.exercise)
        if step.symbol:
            self.page.fields([(f"{say('look')}:", f"{step.symbol} ({self.exercise.name})")], indent=4)
        if step.state in ("broken", "open"):
            error = step.error if step.state == "broken" else ""
            self.page.fields([(f"{say('error')}:", error), (f"{say('place')}:", step.place)], indent=4)
        told = 1 if step.faults and step.faults[0].trap else 2  # what is known by name explains most of the others
        for fault in step.faults[:told]:
            self.fault(fault)
        if rest := ", ".join(dict.fromkeys(fault.clause for fault in step.faults[told:] if fault.clause)):
            self.page.gap()
            self.page.paragraph(say("others", ids=rest), indent=4)
        self.page.gap()
        if 1 <= step.number <= STEPS:
            number = f"{folder} --step {step.number}".strip()
            recipe = self.exercise.parent / RECIPES / f"{step.number}.md"
            shown = f" ({RECIPES}/{step.number}.md)" if recipe.is_file() else ""
            self.page.line((say("hint", folder=number) + shown, ""), indent=4)
        elif step.number == WHOLE:
            self.page.line((say("next", command=self._command(step.symbol)), ""), indent=4)

    def fault(self, fault: Fault) -> None:
        """The trap by its name, then the clause in its own words, with its source."""
        say = self.texts.say
        self.page.gap()
        if fault.trap:
            name, advice = self.texts.traps[fault.trap]
            self.page.paragraph(name, "bold", indent=4, label=f"{say('trap')}:", label_style="bold red")
            self.page.paragraph(advice, indent=6)
        clause = load_spec().clauses.get(fault.clause)  # only where it is needed: reading the spec takes a while
        if clause:
            self.page.line((f"{clause.id} {clause.level}", "bold"), indent=4)
        rows = [
            (f"{say('demands')}:", clause.statement[self.texts.language] if clause else ""),
            (f"{say('expected')}:", fault.expected),
            (f"{say('actual')}:", fault.found),
            ("", "" if fault.trap else fault.message),
            (f"{say('cited')}:", "; ".join(clause.cite) if clause else ""),
        ]
        self.page.fields(rows, indent=6)

    def done(self) -> None:
        """All holds: what that means, and the judge's own command."""
        self.page.gap()
        self.page.paragraph(self.texts.say("done", file=self.exercise.name), "bold green")
        self.page.line((self.texts.say("next", command=self._command("resnet20")), ""))
        self.page.line((self.texts.say("train", command=f"python {shlex.quote(str(self.exercise))}"), ""))

    def _command(self, symbol: str) -> str:
        architecture = "imagenet/resnet50" if symbol == "resnet50" else "cifar10/resnet20"
        target = shlex.quote(f"{self.exercise}:{symbol}")
        language = "" if self.texts.language == "en" else f" --lang {self.texts.language}"
        return f"resnet-conformance check {target} --architecture {architecture}{language}"
