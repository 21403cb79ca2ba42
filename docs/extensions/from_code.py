"""Directives whose content comes out of the program, so that it cannot differ from it.

`{commands}` every command's help; `{facility-toml}` the file that `lims init` writes; `{vocabulary}` the normalised
fields; `{aliases}` their other names; `{promises}` what extractors promise; `{extract-schema}` a document's JSON
Schema; `{picture} NAME` a screenshot, light and dark, once it has been made.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import click
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from lims.catalog.search.fields import ALIASES, FIELDS, VOCABULARY
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


def table(heads: tuple[str, str], rows: list[tuple[str, str]]) -> nodes.table:
    made = nodes.table()
    group = nodes.tgroup(cols=2)
    made += group
    group += [nodes.colspec(colwidth=1), nodes.colspec(colwidth=1)]
    group += nodes.thead("", row_of(*(nodes.Text(head) for head in heads)))
    group += nodes.tbody("", *(row_of(nodes.literal("", left), nodes.Text(right)) for left, right in rows))
    return made


def row_of(*cells: nodes.Node) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("commands", Commands)
    app.add_directive("facility-toml", FacilityToml)
    app.add_directive("vocabulary", Vocabulary)
    app.add_directive("fields", Fields)
    app.add_directive("aliases", Aliases)
    app.add_directive("picture", Picture)
    app.add_directive("promises", Promises)
    app.add_directive("extract-schema", ExtractSchema)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
