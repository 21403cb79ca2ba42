"""A spectrum as EMSA/MAS text (ISO 22029), which most spectrum software exports."""

from pathlib import Path

from lims.demo.shot import Shot


def write_emsa(path: Path, shot: Shot) -> None:
    keys = {
        "FORMAT": "EMSA/MAS Spectral Data File",
        "VERSION": "1.0",
        "TITLE": f"{shot.sample} {shot.detector}",
        "DATE": f"{shot.at:%d-%b-%Y}".upper(),
        "TIME": f"{shot.at:%H:%M}",
        "OWNER": shot.operator,
        "NPOINTS": f"{shot.data.size}.",
        "NCOLUMNS": "1.",
        "XUNITS": "eV",
        "YUNITS": "Counts",
        "DATATYPE": "Y",
        "XPERCHAN": f"{shot.energy_step_ev:g}",
        "OFFSET": f"{shot.energy_start_ev:g}",
        "SIGNALTYPE": "EDS",
        "BEAMKV   -kV": f"{shot.voltage_v / 1e3:g}",
        "PROBECUR -nA": "0.25",
        "MAGCAM": f"{shot.magnification:g}",
        "LIVETIME  -s": "59.2",
        "REALTIME  -s": "64.0",
        "ELEVANGLE-dg": "22.0",
        "EDSDET": "SDD",
        "COMMENT": shot.comment,
        "SPECTRUM": "Spectral Data Starts Here",
    }
    head = [f"#{key:<12}: {value}" for key, value in keys.items()]
    body = [f"{count}," for count in shot.data.tolist()]
    path.write_text("\r\n".join([*head, *body, "#ENDOFDATA   :", ""]), encoding="ascii", newline="")
