"""Directives whose content comes out of the program, so that it cannot differ from it.

`{commands}` every command's help; `{facility-toml}` the file that `lims init` writes; `{vocabulary}` the normalised
fields; `{aliases}` their other names; `{promises}` what extractors promise; `{extract-schema}` a document's JSON
Schema; `{views}` what SQL is asked of; `{functions}` what it may call; `{picture} NAME` a screenshot, light and dark,
once it has been made.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from lims.catalog.search.fields import ALIASES, FIELDS, VOCABULARY
from lims.catalog.sql.functions import COMPUTING
from lims.catalog.sql.published import VIEWS
from lims.cli.main import COMMANDS, lims
from lims.extractors.contract import OF_EXTRACTORS, OF_SAMPLES
from lims.extractors.document import schema
from lims.settings.template import facility_toml

WIDTH = 88


class Commands(SphinxDirective):
    """A section per command and, below it, per subcommand."""

    def run(self) -> list[nodes.Node]:
        top = click.Context(lims, info_name="lims", max_content_width=WIDTH, terminal_width=WIDTH)
        return [section for name in COMMANDS for section in self.sections(top, lims, name)]

    def sections(self, parent: click.Context, group: click.Group, name: str) -> Iterator[nodes.Node]:
        command = group.get_command(parent, name)
        if command is None:
            raise self.error(f"there is no command {name!r}")
        context = click.Context(command, info_name=name, parent=parent, terminal_width=WIDTH)
        section = nodes.section(ids=[nodes.make_id(context.command_path)])
        section += nodes.title("", context.command_path)
        section += nodes.literal_block("", command.get_help(context), language="text")
        yield section
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                section.extend(self.sections(context, command, inner))


class FacilityToml(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        text = facility_toml("Our facility", "Europe/Berlin", ["k.brandt"])
        return [nodes.literal_block("", text, language="toml")]


class Vocabulary(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        said = {None: "text", "": "number"}
        rows = [(name, said.get(unit, unit or "")) for name, unit in sorted(VOCABULARY.items())]
        return [table(("Field", "Unit"), rows)]


class Fields(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [nodes.paragraph("", ", ".join(sorted(FIELDS)))]


class Aliases(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [table(("You may write", "for"), sorted(ALIASES.items()))]


class Promises(SphinxDirective):
    """What every extractor promises, in the words of the suite that checks it."""

    def run(self) -> list[nodes.Node]:
        said = [str(promise.__doc__).partition("\n")[0] for promise in (*OF_EXTRACTORS, *OF_SAMPLES)]
        return [nodes.bullet_list("", *(nodes.list_item("", nodes.paragraph("", words)) for words in said))]


class Views(SphinxDirective):
    """A section for each view of which SQL is asked, with its columns."""

    def run(self) -> list[nodes.Node]:
        return [self.section(name) for name in VIEWS]

    def section(self, name: str) -> nodes.Node:
        view = VIEWS[name]
        section = nodes.section(ids=[nodes.make_id(f"view-{name}")])
        section += nodes.title("", name)
        section += nodes.paragraph("", "", *words(view.about))
        rows = [(one.name, f"{one.meaning}{f' [{one.unit}]' if one.unit else ''}", one.kind) for one in view.columns]
        section += table(("Column", "What it says", "Type"), rows)
        return section


class Functions(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        named = sorted(name for name in COMPUTING if name.isidentifier())
        return [nodes.paragraph("", ", ".join(named))]


class ExtractSchema(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [nodes.literal_block("", json.dumps(schema(), indent=1), language="json")]


class Picture(SphinxDirective):
    """docs/pictures/NAME-light.png and NAME-dark.png with the content as the text for who cannot see them."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        name, said = self.arguments[0], " ".join(self.content)
        pictures = Path(self.env.srcdir) / "pictures"
        found = [shade for shade in ("light", "dark") if (pictures / f"{name}-{shade}.png").is_file()]
        return [
            nodes.image(uri=f"/pictures/{name}-{shade}.png", alt=said, classes=[f"only-{shade}"]) for shade in found
        ]


def words(text: str) -> list[nodes.Node]:
    """Text in which `this` is code."""
    parts = text.split("`")
    return [nodes.literal("", part) if place % 2 else nodes.Text(part) for place, part in enumerate(parts)]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> nodes.table:
    """The first of each row is code."""
    made = nodes.table()
    group = nodes.tgroup(cols=len(heads))
    made += group
    group += [nodes.colspec(colwidth=1) for _ in heads]
    group += nodes.thead("", row_of(*(words(head) for head in heads)))
    group += nodes.tbody("", *(row_of([nodes.literal("", one)], *map(words, others)) for one, *others in rows))
    return made


def row_of(*cells: list[nodes.Node]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("commands", Commands)
    app.add_directive("facility-toml", FacilityToml)
    app.add_directive("vocabulary", Vocabulary)
    app.add_directive("fields", Fields)
    app.add_directive("aliases", Aliases)
    app.add_directive("picture", Picture)
    app.add_directive("promises", Promises)
    app.add_directive("extract-schema", ExtractSchema)
    app.add_directive("views", Views)
    app.add_directive("functions", Functions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
