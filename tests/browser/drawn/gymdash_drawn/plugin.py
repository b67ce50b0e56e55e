"""What the plugin registers: a kind for the sound renderer and one for each fault, named after it."""

from pydantic import BaseModel

from gymdash_core import SimulationType, StatKind, hookimpl


class Path(BaseModel):
    x: list[float]
    y: list[float]


#: What each broken renderer does, and a part of what the page says about it.
FAULTS = {
    "absent": "has no file static/absent.js",
    "outside": "is no path inside the package",
    "unparsable": "SyntaxError",
    "raises_at_import": "meant to break at import",
    "other_contract": "version 2 of the renderers' contract",
    "without_entry": "no entry for the kind without_entry",
    "bad_tag": '"Bad" is no name of a custom element',
    "no_element": "no class derived from HTMLElement",
    "taken_tag": "has defined the element drawn-path already",
    "throws_in_constructor": "meant to break in the constructor",
    "throws_at_ctx": "meant to break at ctx",
    "throws_when_connected": "meant to break when connected",
    "throws_at_data": "meant to break at data",
    "throws_nothing_much": "nothing much",
}
FILES = {"outside": "../outside.js"}


@hookimpl
def gymdash_simulations():
    return [SimulationType("drawing", "gymdash_drawn.simulation:Drawing", "Drawing")]


@hookimpl
def gymdash_stat_kinds():
    broken = [StatKind(name, name, renderer=FILES.get(name, f"static/{name}.js")) for name in FAULTS]
    return [
        StatKind("paths", "Paths", point_model=Path, renderer="static/paths.js"),
        StatKind("offered", "Offered"),
        *broken,
    ]


@hookimpl
def gymdash_frontend():
    return ["static/offers.mjs", "static/raises_at_import.js"]
