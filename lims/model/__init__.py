"""The words of the trade as frozen dataclasses, without input or output."""

from lims.model.audit import AuditEntry
from lims.model.datasets import (
    Activity,
    Axis,
    Dataset,
    DatasetStatus,
    Extraction,
    FormerVersion,
    OtherValue,
    Signal,
    Spread,
    Step,
    StepState,
    Value,
)
from lims.model.ids import Kind, kind_of, new_id, record_id_of
from lims.model.instruments import (
    Belonging,
    Collection,
    Correction,
    Instrument,
    Person,
    Project,
    Rhythm,
    Sample,
    Source,
)
from lims.model.principal import SYSTEM, Principal
from lims.model.provenance import Lineage, LineageEdge, LineageNode, Relation, Run, RunStatus
from lims.model.records import Decision, Question, Record, RecordBuild, RecordState, Settlement
from lims.model.requests import RequestKey
from lims.model.search import Facet, Hit, SearchPage
from lims.model.sessions import EventKind, Reservation, Session, SessionEvent, SessionState

__all__ = [
    "SYSTEM",
    "Activity",
    "AuditEntry",
    "Axis",
    "Belonging",
    "Collection",
    "Correction",
    "Dataset",
    "DatasetStatus",
    "Decision",
    "EventKind",
    "Extraction",
    "Facet",
    "FormerVersion",
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
    "Question",
    "Record",
    "RecordBuild",
    "RecordState",
    "Relation",
    "RequestKey",
    "Reservation",
    "Rhythm",
    "Run",
    "RunStatus",
    "Sample",
    "SearchPage",
    "Session",
    "SessionEvent",
    "SessionState",
    "Settlement",
    "Signal",
    "Source",
    "Spread",
    "Step",
    "StepState",
    "Value",
    "kind_of",
    "new_id",
    "record_id_of",
]
