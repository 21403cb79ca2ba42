"""Statements of people, each run in a process of its own that can be killed.

running.py   who may run one now, and the talk with the process that runs it
child.py     that process, forked for each statement from one that has all loaded
result.py    the answer as Python sees it
"""
