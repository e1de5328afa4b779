"""The contract is as large as it claims to be."""

import ast
import inspect
from pathlib import Path

from servicecrm.testing import StoreContract, contract


def test_the_contract_holds_at_least_150_distinct_assertions() -> None:
    found: set[str] = set()
    for file in Path(contract.__file__).parent.glob("*.py"):
        for test in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                for node in ast.walk(test):
                    if isinstance(node, ast.Assert) or (
                        isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.raises"
                    ):
                        found.add(f"{test.name}: {ast.unparse(node)}")

    assert len(found) >= 150


def test_every_area_stands_alone() -> None:
    areas = [area for area in inspect.getmro(StoreContract)[1:] if area is not object]

    assert len(areas) >= 13
    names = [name for area in areas for name in vars(area) if name.startswith("test_")]
    assert len(names) == len(set(names))
    assert all(area.__doc__ for area in areas)
