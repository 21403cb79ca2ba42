"""The command `lims`: thin over the facility.

main.py     where the process starts and ends: the table of commands, errors into sentences, exit codes
options.py  what every command needs and costs nothing to import
frame.py    what commands share that ask a facility: opening it, printing its answers
laptop.py, hub.py, leftovers.py   behind `lims up`: what its Hub is told, its processes, what a killed one left
Every other module is one command and has it as `command`; it is imported only when that command runs.
"""
