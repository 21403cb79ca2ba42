"""Which instrument a file says it is from, against what the other files of the same place say."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from lims.catalog import View
from lims.model import Dataset

FEWEST = 2
"""Other files that must say the same before it counts; one is enough whose time inside was obeyed."""


@dataclass(frozen=True)
class Identity:
    """The instrument's name and model as files state them, "" where they do not."""

    name: str = ""
    model: str = ""

    def fits(self, other: "Identity") -> bool:
        """Both say which instrument it is, and say the same."""
        pairs = [(a, b) for a, b in ((self.name, other.name), (self.model, other.model)) if a and b]
        return bool(pairs) and all(a == b for a, b in pairs)


class Witnesses:
    """What the files of the facility's instruments say, read once. view: must see everything."""

    def __init__(self, view: View, instruments: Iterable[str], batch: Iterable[Dataset]) -> None:
        """batch: datasets at hand, which may not be in the catalog as they are now."""
        self.view = view
        self.instruments = tuple(dict.fromkeys(instruments))
        self.batch = {one.id: one for one in batch}
        self._said: dict[str, tuple[Counter[Identity], Counter[Identity]]] = {}

    def is_kin(self, one: Dataset) -> bool:
        """Whether most other files of its instrument's folder say that they are from the very same instrument."""
        usual = self.usual(one.instrument or "", but=identity_of(one))
        return usual is not None and usual.fits(identity_of(one))

    def stranger(self, one: Dataset) -> str:
        """The other instrument of this facility whose files say what this one says, "" where there is none."""
        said = identity_of(one)
        own = self.usual(one.instrument or "") if said != Identity() else None
        if own is None or own.fits(said):
            return ""
        others = (other for other in self.instruments if other != one.instrument)
        usual = ((other, self.usual(other)) for other in others)
        return next((other for other, identity in usual if identity is not None and identity.fits(said)), "")

    def usual(self, instrument: str, *, but: Identity | None = None) -> Identity | None:
        """What most files of an instrument say. but: what one of them says, which is no witness of itself."""
        files, obeyed = self.said(instrument)
        identity, count = max(files.items(), key=lambda pair: pair[1], default=(Identity(), 0))
        others = count - (identity == but)
        return identity if others >= FEWEST or (others and obeyed[identity]) else None

    def said(self, instrument: str) -> tuple[Counter[Identity], Counter[Identity]]:
        """(how many files say so, of how many of them the time inside was obeyed)."""
        if instrument not in self._said:
            files, obeyed = Counter[Identity](), Counter[Identity]()
            for name, model, count, trusted in self.view.identities(instrument, without=self.batch):
                files[Identity(name, model)] += count
                obeyed[Identity(name, model)] += trusted
            for one in self.batch.values():
                if one.instrument == instrument and identity_of(one) != Identity():
                    files[identity_of(one)] += 1
                    obeyed[identity_of(one)] += one.clock == "inner"
            self._said[instrument] = files, obeyed
        return self._said[instrument]


def identity_of(one: Dataset) -> Identity:
    return Identity(told(one, "instrument_name"), told(one, "instrument_model"))


def told(one: Dataset, field: str) -> str:
    value = one.normalised.get(field)
    return "" if value is None or value.value is None else str(value.value)
