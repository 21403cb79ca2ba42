"""What happened in the demo facility: two dozen visits, counted in working days before today."""

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True)
class Visit:
    """series: (minutes after the start, recipe, how many). notes: (minutes after the start, text).

    hours: 0 for a session that nobody ended. booked: a reservation of the calendar stands behind it.
    """

    days_ago: int
    start: time
    hours: float
    instrument: str
    user: str
    sample: str
    project: str
    title: str
    series: tuple[tuple[int, str, int], ...]
    notes: tuple[tuple[int, str], ...] = ()
    people: tuple[str, ...] = ()
    booked: bool = True


@dataclass(frozen=True)
class Booking:
    """A reservation without a session. days: working days from today; negative lies in the past."""

    days: int
    start: time
    hours: float
    instrument: str
    user: str
    title: str
    project: str
    sample: str | None = None


VISITS = (
    Visit(
        98, time(9, 0), 3, "titan", "m.keller", "17-4-asbuilt", "AM-12", "Precipitates in as-built 17-4",
        ((12, "haadf survey", 4), (95, "haadf", 3)), ((20, "holder drifts, waited 15 min"),), ("r.osei",),
    ),
    Visit(
        95, time(13, 30), 2, "gemini", "a.weber", "Au-cross-grating", "REF-01", "Monthly magnification check",
        ((5, "grating", 5),), booked=False,
    ),
    Visit(
        90, time(9, 15), 4, "arm", "t.nakamura", "STO-LMO-2", "OXI-03", "EELS across the second interface",
        ((10, "adf", 3), (60, "low loss", 3), (120, "core loss", 4)), ((118, "dispersion 0.2 eV per channel"),),
        ("l.moreau",),
    ),
    Visit(
        84, time(10, 0), 5, "helios", "r.osei", "17-4-asbuilt", "AM-12", "Fracture surface, then lamella lift-out",
        ((8, "fracture", 4), (140, "lamella", 3)), ((130, "changed to 2 kV for the final polish"),),
    ),
    Visit(
        78, time(8, 30), 8, "krios", "d.novak", "GroEL-4", "BIO-21", "Screening of grid 4",
        ((30, "exposure", 4), (300, "exposure", 4)), ((290, "ice too thick in square 7, moved on"),), ("e.lindqvist",),
    ),
    Visit(
        71, time(14, 0), 3.5, "titan", "s.patel", "FePt-C-04", "CAT-07", "FePt before cycling: size and composition",
        ((10, "particles", 3), (110, "particle eds", 3)), ((105, "EDS for 60 s per particle"),),
    ),
    Visit(
        66, time(9, 0), 2, "gemini", "a.weber", "EDS-TM002", "REF-01", "EDS calibration with TM002",
        ((10, "grating", 2), (40, "reference eds", 3)), ((8, "specimen current 0.4 nA"),),
    ),
    Visit(
        61, time(13, 0), 3, "arm", "l.moreau", "STO-LMO-2", "OXI-03", "Thickness from low loss",
        ((15, "adf", 2), (45, "low loss", 4)),
    ),
    Visit(
        57, time(9, 30), 3, "helios", "m.keller", "17-4-500C", "AM-12", "Lamella across a grain boundary",
        ((10, "fracture", 3), (70, "lamella", 4)), (), ("r.osei",),
    ),
    Visit(
        52, time(9, 0), 3, "titan", "m.keller", "17-4-500C", "AM-12", "Grain boundaries in 17-4 steel",
        ((10, "haadf survey", 3), (80, "haadf", 4)), ((31, "beam unstable after filament change"),), ("r.osei",),
    ),
    Visit(
        49, time(9, 0), 7, "krios", "e.lindqvist", "GroEL-4", "BIO-21", "Collection on grid 4",
        ((20, "shutter closed", 1), (40, "exposure", 6)), ((35, "dark frame first, shutter closed"),), ("d.novak",),
    ),
    Visit(
        44, time(10, 0), 2.5, "gemini", "e.lindqvist", "etna-7", "GEO-05", "Ash, first look",
        ((10, "ash", 4), (80, "reference eds", 2)),
    ),
    Visit(
        40, time(9, 0), 4, "arm", "t.nakamura", "STO-LMO-2", "OXI-03", "Core loss at 1.5 s, again",
        ((20, "adf", 2), (70, "core loss", 3)), ((65, "spectrometer retuned, zero loss back at 0"),),
    ),
    Visit(
        36, time(13, 0), 4, "helios", "s.patel", "FePt-C-03", "CAT-07", "Electrode cross-section",
        ((15, "fracture", 4), (120, "lamella", 3)),
    ),
    Visit(
        33, time(9, 0), 3, "titan", "s.patel", "FePt-C-03", "CAT-07", "FePt after 500 cycles",
        ((10, "particles", 3), (100, "particle eds", 3)), ((95, "many particles sintered at the edge"),), ("a.weber",),
    ),
    Visit(
        27, time(15, 0), 1.5, "gemini", "r.osei", "17-4-500C", "AM-12", "Etched grains",
        ((5, "grains", 3),), booked=False,
    ),
    Visit(
        24, time(8, 30), 8, "krios", "d.novak", "GroEL-4", "BIO-21", "Tilted exposures",
        ((40, "exposure", 5),), ((36, "energy filter slit 20 eV"),),
    ),
    Visit(
        22, time(9, 0), 3, "arm", "l.moreau", "STO-LMO-2", "OXI-03", "Survey for the paper's figure 2",
        ((10, "adf", 4),), (), ("t.nakamura",),
    ),
    Visit(
        19, time(9, 0), 3, "titan", "m.keller", "17-4-500C", "AM-12", "HAADF of the boundary from last month",
        ((15, "haadf survey", 3), (70, "haadf", 3)), ((66, "same boundary found at x 5.2, y 14.4"),),
    ),
    Visit(
        15, time(10, 0), 3, "helios", "r.osei", "17-4-500C", "AM-12", "Fracture after fatigue",
        ((8, "fracture", 5),), ((100, "charging at the lower left, 2 kV instead"),), ("m.keller",),
    ),
    Visit(
        12, time(9, 30), 2, "gemini", "a.weber", "EDS-TM002", "REF-01", "EDS calibration with TM002",
        ((6, "grating", 2), (35, "reference eds", 3)),
    ),
    Visit(
        10, time(13, 0), 3, "arm", "t.nakamura", "STO-LMO-2", "OXI-03", "Low loss and core loss, one place",
        ((10, "adf", 1), (30, "low loss", 3), (75, "core loss", 3)),
    ),
    Visit(
        8, time(9, 0), 4, "titan", "s.patel", "FePt-C-04", "CAT-07", "Fresh FePt, second batch",
        ((12, "particles", 4), (120, "particle eds", 4)), ((118, "Super-X back after service"),),
    ),
    Visit(
        6, time(8, 30), 6, "krios", "e.lindqvist", "GroEL-4", "BIO-21", "Grid 4, rest of square 9",
        ((30, "exposure", 4),), (), ("d.novak",),
    ),
    Visit(
        3, time(13, 0), 3, "titan", "m.keller", "17-4-500C", "AM-12", "Lattice at the boundary, for the paper",
        ((15, "haadf survey", 2), (60, "haadf", 4)), ((55, "drift below 0.1 nm a minute, go"),), ("l.moreau",),
    ),
    Visit(
        2, time(14, 0), 0, "gemini", "r.osei", "17-4-500C", "AM-12", "Etched grains, higher magnification",
        ((8, "grains", 4),),
    ),
)

BOOKINGS = (
    Booking(-5, time(14, 0), 2, "helios", "e.lindqvist", "Ash cross-section (nobody came)", "GEO-05", "etna-7"),
    Booking(0, time(9, 0), 3, "titan", "m.keller", "EDS maps of the boundary", "AM-12", "17-4-500C"),
    Booking(0, time(13, 0), 4, "titan", "s.patel", "FePt, third batch", "CAT-07", "FePt-C-04"),
    Booking(0, time(10, 0), 3, "arm", "t.nakamura", "Interface, more counts", "OXI-03", "STO-LMO-2"),
    Booking(1, time(9, 0), 8, "krios", "d.novak", "Collection on grid 5", "BIO-21"),
    Booking(1, time(9, 0), 3, "helios", "r.osei", "Next lamella", "AM-12", "17-4-500C"),
)

ORPHAN = (30, time(21, 40), "helios", "fracture", "r.osei", "17-4-500C")
"""(days ago, when, instrument, recipe, operator, sample) of a file that was written while nobody had a session."""

CUT = (33, "particles", 3)
"""(the visit's days ago, recipe, number in its series) of the file whose copy broke off."""
