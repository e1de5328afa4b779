"""A year of a water utility that does not exist, over every part of the library, and a page about how it stands.

```python
from servicecrm.demo import a_year, manager_page
from servicecrm.storage import MemoryStore

crm = a_year(MemoryStore())
page = manager_page(crm)
```

Nothing in it is left to chance: the year is the same every time, and so is the page.
"""

from servicecrm.demo.page import TEXTS, manager_page
from servicecrm.demo.stage import END, YEAR
from servicecrm.demo.year import a_year

__all__ = ["END", "TEXTS", "YEAR", "a_year", "manager_page"]
