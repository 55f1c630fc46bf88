"""Finding members by file name and by entry point, without importing them.

A member is one file in one folder; the file's name is the member's name, and the one public class in it that
implements the folder's contract is the member. Outside packages join through an entry point in the group named
after the folder (``headstart.strategies``, ...), whose value is ``module:Class``. Listing names imports nothing.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from headstart.core.errors import UserError, nearest

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Registry(Generic[T]):
    """The members of one extension point.

    ``kind`` is the noun used in messages ("strategy"), ``package`` the dotted folder that is also the entry-point
    group, ``contract`` the class every member implements.
    """

    kind: str
    package: str
    contract: type[T]

    def names(self) -> tuple[str, ...]:
        """Every member's name, sorted; nothing is imported but the empty folder package."""
        return tuple(sorted({*self._files(), *self._entry_points()}))

    def get(self, name: str) -> type[T]:
        """The class of member ``name``.

        Raises:
            UserError: the name is unknown (the nearest is offered), or the member needs a package that is missing.
            TypeError: the file or entry point does not hold exactly one implementation of the contract.
        """
        points = self._entry_points()
        if name not in self._files() and name not in points:
            raise UserError(f"Unknown {self.kind} '{name}'. {nearest(name, self.names())}")
        try:
            if name in self._files():
                return self._only_member(f"{self.package}.{name}")
            found = points[name].load()
        except ModuleNotFoundError as error:
            if error.name is not None and error.name.startswith("headstart"):
                raise
            raise UserError(
                f"The {self.kind} '{name}' needs the package '{error.name}', which is not installed. "
                f"Install it with: pip install {error.name}"
            ) from error
        if not (inspect.isclass(found) and issubclass(found, self.contract)):
            raise TypeError(
                f"Entry point '{name}' in group '{self.package}' gives {found!r}, "
                f"expected a class that implements {self.contract.__name__}."
            )
        return found

    def create(self) -> dict[str, T]:
        """One instance of every member with its default hyper-parameters, by name."""
        return {name: self.get(name)() for name in self.names()}

    def _files(self) -> set[str]:
        folder = importlib.import_module(self.package)
        return {module.name for module in pkgutil.iter_modules(folder.__path__) if not module.name.startswith("_")}

    def _entry_points(self) -> dict[str, EntryPoint]:
        return _declared(self.package)

    def _only_member(self, module_name: str) -> type[T]:
        module = importlib.import_module(module_name)
        found = [
            value
            for name, value in vars(module).items()
            if inspect.isclass(value)
            and issubclass(value, self.contract)
            and value.__module__ == module.__name__
            and not name.startswith("_")
        ]
        if len(found) != 1:
            raise TypeError(
                f"{module_name} holds {len(found)} public implementations of {self.contract.__name__}, expected one."
            )
        return found[0]


@cache
def _declared(group: str) -> dict[str, EntryPoint]:
    """What installed packages declare, by name; looking through all of them takes milliseconds every time."""
    return {point.name: point for point in entry_points(group=group)}
