"""Where an import lies in a store, and whose it is: its top collection, made before its first file, is the claim."""

import re
from dataclasses import dataclass
from pathlib import Path

from lims.access import check_is_staff, check_may_import_for
from lims.catalog import Transaction
from lims.errors import Conflict, Invalid, NoSuchThing, NotFound
from lims.extractors.companions import JUNK_FOLDERS, tree_of
from lims.facility.desk import Desk
from lims.facility.imports.views import FileThere, ImportPlace
from lims.harvest.brought import brought_ground
from lims.harvest.scope import Ground
from lims.importing import ImportLimits, collection_id
from lims.logbook import find_instrument
from lims.logbook.names import clean_name
from lims.model import SYSTEM, Collection, Instrument, Person, Principal, Project
from lims.stores import Entry, FolderStore, PrefixMissing, Store
from lims.stores.keys import checked_key

IMPORTED = "imported"
MOST_OF_ONE_NAME = 1000
BY_HARVEST = "Read it with: lims harvest"


@dataclass(frozen=True)
class Claim:
    """An import that may go on: where it lies and whose it is."""

    store: Store
    folder: str
    owner: str

    @property
    def collection(self) -> str:
        return collection_id(self.store.name, self.folder)

    @property
    def is_in_place(self) -> bool:
        return self.store.name != IMPORTED

    def ground(self, desk: Desk, instrument: Instrument | None) -> Ground:
        """What lies below it; but for what instruments have written there, which is theirs."""
        grounds = [one for one in desk.harvester.tools.all_grounds if one.store == self.store.name]
        elsewhere = tuple(sorted({one.prefix for one in grounds if one.prefix.startswith(f"{self.folder}/")}))
        return brought_ground(self.store.name, self.folder, self.owner, instrument, elsewhere)


def free_place(
    desk: Desk, principal: Principal, project: str, name: str, user: str | None, path: str | None
) -> Claim:
    """Where an import would lie. path: of its folder, where this facility sees the same disks as who asks.

    Raises Invalid where it should not be imported from there, Forbidden for somebody else's name.
    """
    owner = clean_name("person", user or principal.name)
    check_may_import_for(principal, owner)
    clean_name("project", project)
    found = in_a_store(desk, path) if path is not None else None
    if found is not None and principal.is_staff:  # others show by copying them that the files are theirs to read
        return Claim(*found, owner)
    wanted = f"{folder_name(project)}/{folder_name(name)}"
    for number in range(1, MOST_OF_ONE_NAME):
        claim = Claim(desk.stores[IMPORTED], wanted if number == 1 else f"{wanted}-{number}", owner)
        if is_ours_to_take(desk, claim):
            return claim
    raise Conflict(f"There are a thousand imports {wanted!r} already.", hint="Rename the source.")


def is_ours_to_take(desk: Desk, claim: Claim) -> bool:
    """Nobody's yet, or the same person's: then it goes on there."""
    try:
        return desk.catalog.view(SYSTEM).collection(claim.collection).owner == claim.owner
    except NoSuchThing:
        return not entries(claim.store, claim.folder)


def in_a_store(desk: Desk, path: str) -> tuple[Store, str] | None:
    """The store and the key of a folder of this machine. Raises Invalid where it is the LIMS's or a harvest's."""
    place = Path(path)
    for store in desk.stores.values():
        key = key_at(store, place)
        if key is not None:
            check_not_read_already(desk, store, key, path)
            return store, key
        if isinstance(store, FolderStore) and store.root.resolve().is_relative_to(place.resolve()):
            raise Invalid(f"{path} holds the store {store.name!r}.", hint="Import the folder of one project.")
    return None


def key_at(store: Store, place: Path) -> str | None:
    """Raises Invalid for what cannot be a path."""
    try:
        return store.key_of(place)
    except ValueError as error:
        raise Invalid(f"{str(place)!r} cannot be a path.") from error


def check_not_read_already(desk: Desk, store: Store, key: str, path: str) -> None:
    for ground in desk.harvester.tools.all_grounds:
        if ground.store == store.name and ground.holds(f"{key}/" if key else ""):
            name = ground.instrument.name
            raise Invalid(f"{path} is where {name} writes: a harvest does this already.", hint=f"{BY_HARVEST} {path}")
    if store.writable:
        raise Invalid(f"{path} lies in the store {store.name!r}, which the LIMS itself writes.")
    if not key:
        raise Invalid(f"{path} is the whole store {store.name!r}.", hint="Import its folders one by one.")
    if tree_of(f"{key}/"):
        raise Invalid(f"{path} is one dataset, or in one.", hint="Import the folder that holds it.")


def folder_name(said: str) -> str:
    """What people call a project or a source, as one part of a key."""
    name = re.sub(r'[/\\:*?"<>|\x00-\x1f\x7f]', "_", said).strip(". ")[:100] or "_"
    return f"{name}_" if name.lower() in JUNK_FOLDERS or tree_of(f"{name}/") else name


def claim_it(desk: Desk, principal: Principal, claim: Claim, project: str, title: str) -> None:
    """Raises Conflict where somebody was quicker."""

    def put(change: Transaction) -> None:
        view = change.unrestricted
        known = next((one for one in view.collections() if one.id == claim.collection), None)
        if known is not None and known.owner != claim.owner:
            raise Conflict("Somebody has begun an import of this name just now.", hint="Ask again.")
        if known is None:
            name = title or claim.folder.rpartition("/")[2]
            change.put(Collection(claim.collection, name, claim.owner), action="import.begin")
        if project not in {one.id for one in view.projects()}:
            change.put(Project(project), action="import.begin")
        if claim.owner not in {one.id for one in view.people()}:
            change.put(Person(claim.owner), action="import.begin")

    desk.catalog.write(put, by=principal)


def claimed(desk: Desk, principal: Principal, store: str, folder: str, user: str | None) -> Claim:
    """An import that was begun. Raises NotFound where this person, or whom staff names, has begun none there."""
    owner = user or principal.name
    check_may_import_for(principal, owner)
    checked_key(folder)
    try:
        begun = desk.catalog.view(SYSTEM).collection(collection_id(store, folder))
    except NoSuchThing:
        begun = None
    if begun is None or begun.owner != owner or store not in desk.stores:
        raise NotFound(f"No import of {owner} was begun at {store}:{folder}.", hint="Begin one: lims import")
    if store != IMPORTED:
        check_is_staff(principal, "register files where they lie")
    return Claim(desk.stores[store], folder, owner)


def place_view(
    desk: Desk, claim: Claim, project: str, instrument: Instrument | None, *, with_files: bool
) -> ImportPlace:
    table = desk.settings.imports
    free = claim.store.free_bytes()
    return ImportPlace(
        store=claim.store.name,
        folder=claim.folder,
        collection=claim.collection,
        owner=claim.owner,
        project=project,
        timezone=instrument.timezone if instrument else desk.settings.facility.timezone,
        limits=ImportLimits(table.most_files, table.most_ratio, round(table.keep_free_gb * 1e9)),
        is_in_place=claim.is_in_place,
        keeps_times=claim.store.keeps_times,
        free_bytes=free,
        there=files_there(desk, claim) if with_files else None,
    )


def files_there(desk: Desk, claim: Claim) -> dict[str, FileThere]:
    """What an import has already, by path below its folder."""
    begin = len(claim.folder) + 1
    found = {one.key[begin:]: FileThere(one.bytes, one.modified) for one in entries(claim.store, claim.folder)}
    if claim.is_in_place:
        known = desk.catalog.view(SYSTEM).keys_in(claim.store.name, f"{claim.folder}/")
        return {path: one for path, one in found.items() if f"{claim.folder}/{path}" in known}
    return found


def entries(store: Store, folder: str) -> list[Entry]:
    try:
        return list(store.list(f"{folder}/"))
    except PrefixMissing:
        return []


def instrument_named(desk: Desk, said: str | None) -> Instrument | None:
    """Raises NotFound, Invalid."""
    return find_instrument(desk.catalog.view(SYSTEM).instruments(), said) if said else None
