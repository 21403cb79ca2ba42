import subprocess
import sys


def said(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_dask_is_loaded_without_the_rest_and_the_rest_is_there_afterwards() -> None:
    code = (
        "import sys\n"
        "from lims.extractors.lean import CHANCES, be_lean\n"
        "be_lean()\n"
        "import dask.array as da\n"
        "print([name for name in (*CHANCES, 'numba') if name in sys.modules])\n"
        "import sparse, scipy.sparse, scipy.fftpack, numba\n"
        "print(da.from_array(sparse.COO.from_numpy(__import__('numpy').eye(3))).compute().todense().sum())\n"
        "print(type(da.__loader__).__name__, da.fft.fft(da.ones(4, chunks=2).rechunk(4)).compute()[0].real)\n"
    )
    assert said(code).splitlines() == ["[]", "3.0", "Lean 4.0"]


def test_what_is_loaded_already_stays() -> None:
    code = (
        "import sys, scipy.sparse\n"
        "from lims.extractors.lean import be_lean\n"
        "be_lean()\n"
        "import dask.array\n"
        "print('scipy.sparse' in sys.modules, 'scipy.fftpack' in sys.modules)\n"
    )
    assert said(code) == "True False"


def test_without_it_all_is_as_ever() -> None:
    assert said("import sys, dask.array; print('sparse' in sys.modules)") == "True"
