"""What was read of a dataset goes when its files are other files, or when it goes itself."""

from dataclasses import replace

import pytest

from lims.catalog import Catalog, Transaction
from lims.model import SYSTEM, Dataset, Extraction, Value
from tests.catalog.world import dataset

READ = Extraction("dm3", "reader", "1", metadata={"Voltage": 200, "Mode": "STEM"})
OF_DATASETS = ("document", "leaf", "word", "normalised")
TREE = '(SELECT "tree" FROM indexed WHERE "dataset" = $id)'
NAMES = '(SELECT "names" FROM indexed WHERE "dataset" = $id)'
OF = dict.fromkeys(OF_DATASETS, f'"doc" = {TREE}') | {"normalised": f'"doc" = {NAMES}'}


def tables_with(catalog: Catalog, one: Dataset) -> list[str]:
    view = catalog.view(SYSTEM)
    asked = {name: f"SELECT 1 FROM {name} WHERE {OF[name]}" for name in OF_DATASETS}
    return [name for name, sql in asked.items() if view._ask(sql, {"id": one.id})]


@pytest.fixture
def known(catalog: Catalog) -> Dataset:
    one = dataset("a.dm3", normalised={"voltage": Value(200e3, "V")})

    def put(change: Transaction) -> None:
        change.put(one, action="put")
        change.put_extraction(one.id, READ)

    catalog.write(put, by=SYSTEM)
    assert tables_with(catalog, one) == list(OF_DATASETS)
    return one


def test_a_dropped_extraction_is_gone_and_the_history_says_of_which_reader(catalog: Catalog, known: Dataset) -> None:
    catalog.write(lambda change: change.drop_extraction(known.id), by=SYSTEM)
    assert tables_with(catalog, known) == ["normalised"]
    assert catalog.view(SYSTEM).extraction(known.id) is None
    last = catalog.view(SYSTEM).history(known.id)[-1]
    assert (last.action, last.after) == ("extract.drop", None)
    assert last.before == {"extractor": "reader", "extractor_version": "1"}


def test_where_nothing_was_read_there_is_nothing_to_drop(catalog: Catalog) -> None:
    one = dataset("b.dm3")
    catalog.write(lambda change: change.put(one, action="put"), by=SYSTEM)
    catalog.write(lambda change: change.drop_extraction(one.id), by=SYSTEM)
    assert [entry.action for entry in catalog.view(SYSTEM).history(one.id)] == ["put"]


def test_what_is_read_after_a_drop_is_kept(catalog: Catalog, known: Dataset) -> None:
    def change(transaction: Transaction) -> None:
        transaction.drop_extraction(known.id)
        transaction.flush()
        transaction.put_extraction(known.id, replace(READ, metadata={"Voltage": 80, "Mode": "TEM"}))

    catalog.write(change, by=SYSTEM)
    assert catalog.view(SYSTEM).document(known.id) == {"Voltage": 80, "Mode": "TEM"}
    assert tables_with(catalog, known) == list(OF_DATASETS)


def test_a_dataset_that_is_removed_leaves_no_values_behind(catalog: Catalog, known: Dataset) -> None:
    catalog.write(lambda change: change.remove(known, action="remove"), by=SYSTEM)
    assert "normalised" not in tables_with(catalog, known)
