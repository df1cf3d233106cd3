"""Equations of Office files (Office Math) in, a line of text out, as one would type it: `x=(-b±√(b^(2)-4ac))/(2a)`."""

from __future__ import annotations

from typing import Any

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"


def equation(element: Any) -> str:
    """The text of an equation, or of a part of one."""
    name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    parts = {child.tag.rpartition("}")[2]: child for child in element if isinstance(child.tag, str)}

    def of(part: str) -> str:
        return equation(parts[part]) if part in parts else ""

    def around(part: str) -> str:
        said = of(part)
        return said if len(said) <= 1 or said.isalnum() else f"({said})"

    if name == "t":
        return element.text or ""
    if name == "f":
        return f"{around('num')}/{around('den')}"
    if name in ("sSup", "sSub", "sSubSup"):
        below = f"_{around('sub')}" if of("sub") else ""
        return f"{of('e')}{below}{'^' + around('sup') if of('sup') else ''}"
    if name == "sPre":
        return f"_{around('sub')}^{around('sup')}{of('e')}"
    if name == "rad":
        degree = {"": "√", "3": "∛", "4": "∜"}.get(of("deg"), f"√[{of('deg')}]")
        return f"{degree}({of('e')})"
    if name == "nary":
        sign = _property(parts, "chr") or "∫"
        below = f"_{around('sub')}" if of("sub") else ""
        return f"{sign}{below}{'^' + around('sup') if of('sup') else ''} {of('e')}"
    if name == "d":
        opens, closes = (_property(parts, side) for side in ("begChr", "endChr"))
        inner = (_property(parts, "sepChr") or "|").join(equation(e) for e in element.findall(f"{M}e"))
        return f"{'(' if opens is None else opens}{inner}{')' if closes is None else closes}"
    if name in ("limLow", "limUpp"):
        return f"{of('e')}{'_' if name == 'limLow' else '^'}{around('lim')}"
    if name == "func":
        return f"{of('fName')} {of('e')}"
    if name in ("m", "eqArr"):
        rows = element.findall(f"{M}mr") or element.findall(f"{M}e")
        lines = (", ".join(equation(e) for e in row) if row.tag == f"{M}mr" else equation(row) for row in rows)
        return "[" + "; ".join(lines) + "]" if name == "m" else "; ".join(lines)
    if name == "oMathPara":
        return "\n".join(equation(child) for child in element if child.tag == f"{M}oMath")
    return "".join(equation(child) for child in element if not _is_properties(child))


def _is_properties(element: Any) -> bool:
    """Whether an element only says how its parent looks."""
    return not isinstance(element.tag, str) or element.tag.endswith("Pr")


def _property(parts: dict[str, Any], name: str) -> str | None:
    """What an equation says of its signs; None where it says nothing."""
    properties = next((part for key, part in parts.items() if key.endswith("Pr")), None)
    found = properties.find(f"{M}{name}") if properties is not None else None
    return None if found is None else found.get(f"{M}val") or ""
