"""Files of light microscopes (and of electron microscopes whose vendor writes the same ones).

formats.py   whose file it is, by its bytes
reading.py   the extractor over them
czi.py       Zeiss (attachments.py: what lies in such a file beside the image)
lif.py       Leica    nd2.py   Nikon    oif.py   Olympus

In every one of them a scene (series, position, image) and a channel is one signal, as a detector is one in Velox or
Bruker files: channels differ in dye, exposure, detector, even type of number, and HyperSpy calibrates only axes along
which one can walk. Time, depth and what else was scanned are navigation axes; a wavelength stays one axis.
"""

from lims.extractors.bioimaging.reading import Bioimaging

extractor = Bioimaging()
