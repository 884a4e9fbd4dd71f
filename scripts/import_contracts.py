"""The import contract that import-linter lacks: packages are imported through their public names alone.

A package's public names are the `__all__` of its `__init__`; a module may be one of them. Inside a package,
modules import each other directly. So do the modules of its sub-packages: the package itself may not be ready yet.
"""

from importlib import import_module

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, output


class PublicNamesContract(Contract):
    """Forbid imports of a package's modules from outside that package."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 - the base class's
        """Collect every import of a module whose package does not contain the importer."""
        internal = {module for module in graph.modules if not graph.is_module_squashed(module)}
        packages = {module.rpartition(".")[0] for module in internal} - {""}
        broken = sorted(
            (importer, imported)
            for imported in internal - packages
            for importer in graph.find_modules_that_directly_import(imported)
            if not _may_import(importer, imported)
        )
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print every forbidden import, and what to write in its place."""
        for importer, imported in check.metadata["broken"]:
            package = imported.rpartition(".")[0]
            output.print_error(f"{importer} imports {imported}: import the name from {package}")


def _may_import(importer: str, imported: str) -> bool:
    """Return True for modules of one package, for public modules, and for those directly below a root package."""
    package, _, name = imported.rpartition(".")
    if "." not in package or importer == package or importer.startswith(f"{package}."):
        return True
    return name in getattr(import_module(package), "__all__", ())
