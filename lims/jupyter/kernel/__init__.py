"""What is recorded of the notebooks that people work in: `%load_ext lims`.

extension.py   what IPython calls, and the magic %lims_run
surroundings.py  whether anything is to be recorded here, and where the facility's stores are
recording.py   the cells, and the run, which begins with the first dataset or result
config/        installed as etc/ipython: it loads the extension where LIMS_CAPTURE=interactive

Imported at the start of kernels: nothing here imports more than the standard library before it is needed.
"""
