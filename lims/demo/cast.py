"""Who and what the demo facility has: people, projects, samples."""

from lims.model import Person, Project, Sample

STAFF = ("j.fischer", "k.brandt")

PEOPLE = (
    Person("a.weber", "Anna Weber", "a.weber@demo.example"),
    Person("d.novak", "Daniel Novák", "d.novak@demo.example"),
    Person("e.lindqvist", "Elin Lindqvist", "e.lindqvist@demo.example"),
    Person("j.fischer", "Jonas Fischer (staff)", "j.fischer@demo.example"),
    Person("k.brandt", "Karin Brandt (staff)", "k.brandt@demo.example"),
    Person("l.moreau", "Léa Moreau", "l.moreau@demo.example"),
    Person("m.keller", "Mara Keller", "m.keller@demo.example"),
    Person("r.osei", "Richmond Osei", "r.osei@demo.example"),
    Person("s.patel", "Shreya Patel", "s.patel@demo.example"),
    Person("t.nakamura", "Takumi Nakamura", "t.nakamura@demo.example"),
)

PROJECTS = (
    Project("AM-12", "Additively manufactured 17-4 PH steel"),
    Project("BIO-21", "Structure of chaperonins"),
    Project("CAT-07", "FePt catalysts for fuel cells"),
    Project("GEO-05", "Volcanic ash and its surfaces"),
    Project("OXI-03", "Oxide interfaces"),
    Project("REF-01", "Calibration and reference materials"),
)

SAMPLES = (
    Sample("17-4-500C", "17-4 PH, aged at 500 °C for 4 h", "AM-12"),
    Sample("17-4-asbuilt", "17-4 PH, as built", "AM-12"),
    Sample("EDS-TM002", "EDS reference material of BAM", "REF-01"),
    Sample("FePt-C-03", "FePt on carbon, 500 cycles", "CAT-07"),
    Sample("FePt-C-04", "FePt on carbon, fresh", "CAT-07"),
    Sample("GroEL-4", "GroEL on Quantifoil, blotted 4 s", "BIO-21"),
    Sample("Au-cross-grating", "Gold cross grating", "REF-01"),
    Sample("STO-LMO-2", "SrTiO3 / LaMnO3 multilayer, lamella 2", "OXI-03"),
    Sample("etna-7", "Ash of Etna, 63 to 125 µm", "GEO-05"),
)
