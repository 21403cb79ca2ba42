"""Electron backscatter patterns and maps in files of their own.

up.py       EDAX' .up1 and .up2
ebsp.py     Oxford's .ebsp
nordif.py   NORDIF's Pattern.dat with its Setting.txt
maps.py     maps as text: EDAX' .ang, Oxford's .ctf
adapter.py  the extractor
"""

from lims.extractors.ebsd.adapter import Ebsd

extractor = Ebsd()
"""The extractor of patterns and maps."""
