"""Filters as SQL conditions.

SQL knows three truth values, filters know two. Under AND and OR alone, SQL's unknown behaves like false; so a
negation is pushed down to the comparisons, where a missing value is spelled out.
"""

from servicecrm.kernel.filters import AllOf, AnyOf, Comparison, Filter, Has, Not, OneOf, Search
from servicecrm.kernel.kinds import Indexed
from servicecrm.storage.rows import Query

__all__ = ["condition", "pages"]

Condition = tuple[str, list[Indexed]]

_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def condition(filter: Filter, terms: str, tenant: str, *, contains: str, negated: bool = False) -> Condition:
    """The condition of an encoded filter, for a tenant. `terms` is the table of the kind's terms, `contains` the
    database's test for a part of a text."""
    if isinstance(filter, Not):
        return condition(filter.inner, terms, tenant, contains=contains, negated=not negated)
    if isinstance(filter, AllOf | AnyOf):
        conjunction = isinstance(filter, AllOf) != negated
        parts = [condition(part, terms, tenant, contains=contains, negated=negated) for part in filter.parts]
        if not parts:
            return ("1 = 1" if conjunction else "1 = 0"), []
        joined = (" AND " if conjunction else " OR ").join(text for text, _ in parts)
        return f"({joined})", [value for _, values in parts for value in values]
    if isinstance(filter, Comparison):
        return _comparison(filter, negated=negated)
    if isinstance(filter, OneOf):
        return _one_of(filter, negated=negated)
    if isinstance(filter, Has):
        text = f"id {'NOT ' if negated else ''}IN (SELECT id FROM {terms} WHERE tenant = ? AND field = ? AND value = ?)"
        return text, [tenant, filter.field, filter.value]
    assert isinstance(filter, Search)
    return f"{'NOT ' if negated else ''}{contains.format(column='search')}", [filter.text]


def _comparison(filter: Comparison, *, negated: bool) -> Condition:
    column, value = f'"{filter.field}"', filter.value
    assert value is None or isinstance(value, str | int)
    if value is None:
        return f"{column} IS {'NOT ' if negated else ''}NULL", []
    if not negated:
        return f"{column} {'=' if filter.operator == '==' else filter.operator} ?", [value]
    opposite = "<>" if filter.operator == "==" else _OPPOSITE[filter.operator]
    return f"({column} {opposite} ? OR {column} IS NULL)", [value]


def _one_of(filter: OneOf, *, negated: bool) -> Condition:
    column = f'"{filter.field}"'
    values = [value for value in filter.values if isinstance(value, str | int)]
    missing = len(values) < len(filter.values)  # is a missing value among those that are asked for?
    parts = []
    if values:
        parts.append(f"{column} {'NOT ' if negated else ''}IN ({', '.join('?' for _ in values)})")
    if missing or (negated and values):
        parts.append(f"{column} IS {'NOT ' if missing and negated else ''}NULL")
    if not parts:
        return ("1 = 1" if negated else "1 = 0"), []
    return f"({(' AND ' if missing and negated else ' OR ').join(parts)})", list(values)


def pages(query: Query) -> list[Condition]:
    """The rows after the cursor, in order, and one row more than the limit. Missing values come last.

    Where a page may begin inside an index, rows with a value and rows without one are two ranges of it: each is read
    from where it begins, and no further than the page goes.
    """
    column, sign, way = f'"{query.order}"', *(("<", "DESC") if query.descending else (">", "ASC"))
    limit: Condition = ("", []) if query.limit is None else (" LIMIT ?", [query.limit + 1])

    def part(condition: str, values: list[Indexed], order: str) -> Condition:
        return f"{condition} ORDER BY {order}{limit[0]}", [*values, *limit[1]]

    in_order = f"{column} {way}, id {way}"  # as an index has it, also where no value differs
    if query.order == "id":
        after: Condition = (f" AND id {sign} ?", [query.after.id]) if query.after else ("", [])
        return [part(*after, f"id {way}")]
    if query.after is not None and query.after.value is None:
        return [part(f" AND {column} IS NULL AND id {sign} ?", [query.after.id], in_order)]
    if query.after is None and (query.taking or not query.descending):
        return [part("", [], f"{column} {way} NULLS LAST, id {way}")]
    begins: Condition = (f" AND {column} IS NOT NULL", [])
    if query.after is not None:
        begins = f" AND ({column}, id) {sign} (?, ?)", [query.after.value, query.after.id]
    return [part(*begins, in_order), part(f" AND {column} IS NULL", [], in_order)]
