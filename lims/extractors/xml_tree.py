"""XML as a tree of what it says, in its own order; entity definitions, which grow without end, are refused."""

from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MOST_BYTES = 256 << 20


def tree_of_xml(xml: str | bytes) -> dict[str, Any]:
    """{root's name: …}. Attributes as "@name", text beside them as "#text", what repeats is a list.

    Raises ValueError with a reason for what is no XML.
    """
    if len(xml) > MOST_BYTES:
        raise ValueError(f"its XML of {len(xml) >> 20} MiB is larger than any vendor writes")
    try:
        root = fromstring(xml)
    except ParseError as error:
        raise ValueError(f"its XML is damaged ({error})") from error
    except DefusedXmlException as error:
        raise ValueError(f"its XML defines entities, which is refused ({error})") from error
    return {root.tag: element(root)}


def element(node: Element) -> Any:
    """What a node holds: its text where that is all, else its attributes, text and children by name."""
    words = (node.text or "").strip() if len(node) else node.text or ""
    if len(node) == 0 and not node.attrib:
        return words
    tree: dict[str, Any] = {f"@{key}": value for key, value in node.attrib.items()}
    if words.strip():
        tree["#text"] = words
    several = set()
    for child in node:
        if child.tag not in tree:
            tree[child.tag] = element(child)
        elif child.tag in several:
            tree[child.tag].append(element(child))
        else:
            tree[child.tag] = [tree[child.tag], element(child)]
            several.add(child.tag)
    return tree
