"""What is chosen in a widget, as Python handles: ids on the wire, things that open in the notebook."""

from dataclasses import dataclass
from typing import Any

import traitlets

import lims
from lims.errors import NotFound
from lims.jupyter.widgets.connection import KERNEL
from lims.model.ids import kind_of


@dataclass(frozen=True)
class Selected:
    """A record or dataset that somebody chose in a widget."""

    id: str

    @property
    def kind(self) -> str:
        return kind_of(self.id)

    def open(self, signal: int | None = None, lazy: bool | None = None) -> Any:
        """The dataset as a HyperSpy signal; for a record, its cover dataset. Raises NotFound where it has none."""
        return lims.open(self.id if self.kind == "dataset" else self._cover(), signal=signal, lazy=lazy)

    def _cover(self) -> str:
        cover = self.show()["record"]["cover"]
        if not cover:
            raise NotFound(f"{self.id} has no dataset that could be opened.", hint="Choose one of its datasets.")
        return str(cover)

    def show(self) -> dict[str, Any]:
        """Everything the LIMS knows of it."""
        told: dict[str, Any] = KERNEL.facility().ask(self.kind, {self.kind: self.id})
        return told


class Selection(traitlets.TraitType[tuple[Selected, ...], Any]):
    """A trait of things; takes ids as well, so that `browser.selected = ["dat-4k7m2q9x0t"]` works."""

    default_value = ()
    info_text = "a list of ids or of selected things"

    def validate(self, obj: Any, value: Any) -> tuple[Selected, ...]:
        if isinstance(value, str) or not isinstance(value, list | tuple):
            self.error(obj, value)
        return tuple(one if isinstance(one, Selected) else Selected(str(getattr(one, "id", one))) for one in value)


def ids_of(value: tuple[Selected, ...], _widget: Any = None) -> list[str]:
    return [one.id for one in value]


def things_of(ids: list[str], _widget: Any = None) -> tuple[Selected, ...]:
    return tuple(Selected(str(one)) for one in ids)


def selection() -> Selection:
    return Selection().tag(sync=True, to_json=ids_of, from_json=things_of)
