"""The query language: grammar.py parses it, names.py says what a name means, conditions.py makes SQL of it."""

from lims.catalog.search.grammar import BadQuery, parse
from lims.catalog.search.page import search_page

__all__ = ["BadQuery", "parse", "search_page"]
