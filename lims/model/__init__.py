"""The words of the trade as frozen dataclasses, without input or output."""

from lims.model.audit import AuditEntry
from lims.model.datasets import (
    Activity,
    Axis,
    Dataset,
    DatasetStatus,
    Extraction,
    OtherValue,
    Signal,
    Step,
    StepState,
    Value,
)
from lims.model.ids import Kind, kind_of, new_id, record_id_of
from lims.model.instruments import Collection, Correction, Instrument, Person, Project, Sample, Source
from lims.model.principal import SYSTEM, Principal
from lims.model.provenance import Lineage, LineageEdge, LineageNode, Relation, Run, RunStatus
from lims.model.records import Record, RecordState
from lims.model.requests import RequestKey
from lims.model.search import Facet, Hit, SearchPage
from lims.model.sessions import EventKind, Reservation, Session, SessionEvent, SessionState

__all__ = [
    "SYSTEM",
    "Activity",
    "AuditEntry",
    "Axis",
    "Collection",
    "Correction",
    "Dataset",
    "DatasetStatus",
    "EventKind",
    "Extraction",
    "Facet",
    "Hit",
    "Instrument",
    "Kind",
    "Lineage",
    "LineageEdge",
    "LineageNode",
    "OtherValue",
    "Person",
    "Principal",
    "Project",
    "Record",
    "RecordState",
    "Relation",
    "RequestKey",
    "Reservation",
    "Run",
    "RunStatus",
    "Sample",
    "SearchPage",
    "Session",
    "SessionEvent",
    "SessionState",
    "Signal",
    "Source",
    "Step",
    "StepState",
    "Value",
    "kind_of",
    "new_id",
    "record_id_of",
]
