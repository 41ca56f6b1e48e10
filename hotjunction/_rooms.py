"""The packages beside this one, imported from the folder that it stands in.

A notebook's own folder comes first on Python's path: a file analysis.py in it would be taken for our package.
"""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

ROOMS = ("analysis", "app", "drivers", "procedures", "simulators")

FOLDER = Path(__file__).resolve().parents[1]


def load() -> None:
    """Import each package beside this one, whatever else on Python's path has its name.

    Raises
    ------
    ImportError
        If another module of one of these names is loaded already.
    """
    missing = []
    for name in ROOMS:
        loaded = sys.modules.get(name)
        if loaded is None:
            missing.append(name)
        elif not _is_ours(loaded.__file__, name):
            raise ImportError(
                f"hotjunction can't be imported: another module called {name!r} ({_place(loaded)}) is loaded already. "
                "Rename that file, restart Python, and import hotjunction again.",
                name=name,
            )
    for name in missing:
        _load(name)


def _load(name: str) -> None:
    file = FOLDER / name / "__init__.py"
    spec = spec_from_file_location(name, file, submodule_search_locations=[str(file.parent)])
    if spec is None or spec.loader is None or not file.is_file():
        raise ImportError(f"hotjunction is incomplete: {file} is missing. Install it again.", name=name)
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    hidden = PathFinder.find_spec(name)
    if hidden is not None and not _is_ours(hidden.origin, name):
        _explain(module, str(hidden.origin))


def _explain(module: ModuleType, hidden: str) -> None:
    """Let an attribute that is missing say which file of the user's this module hides."""

    def missing(attribute: str) -> object:
        raise AttributeError(
            f"module {module.__name__!r} is hotjunction's own and has no attribute {attribute!r}; it hides {hidden}. "
            "Rename that file to use both."
        )

    vars(module)["__getattr__"] = missing


def _is_ours(file: str | None, name: str) -> bool:
    return file is not None and Path(file).resolve() == FOLDER / name / "__init__.py"


def _place(module: ModuleType) -> str:
    return module.__file__ or ", ".join(module.__path__)
