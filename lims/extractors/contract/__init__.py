"""What every extractor promises, as a suite that anyone can run on their own.

promises.py    the promises, one function each
checking.py    an extractor held to all of them with its samples
packages.py    which extractors a package has, and their samples
making.py      a new package, from template/, that keeps them
"""

from lims.extractors.contract.checking import Verdict, check
from lims.extractors.contract.packages import extractors_of, samples_of
from lims.extractors.contract.promises import OF_EXTRACTORS, OF_SAMPLES, Broken, Sample

__all__ = ["OF_EXTRACTORS", "OF_SAMPLES", "Broken", "Sample", "Verdict", "check", "extractors_of", "samples_of"]
