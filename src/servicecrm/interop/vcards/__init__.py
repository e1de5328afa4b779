"""vCards 2.1, 3.0 and 4.0: people of an address book in, contacts of customers out.

```python
from servicecrm.interop import vcards

card = b"BEGIN:VCARD\\nVERSION:4.0\\nFN:Mia Holt\\nTEL:+49 30 1234\\nBDAY:19800321\\nEND:VCARD"
found = vcards.read_cards(card, source="book")
found.cards[0].contact.name, [str(each) for each in found.problems]
```

What a contact has no place for, such as a picture or a birthday, is told and left out. Whether a number is of home or
of work is not kept; what is preferred comes first. A card has no place for the role, the purposes and the times of a
contact.
"""

from servicecrm.interop.vcards.incoming import read_cards
from servicecrm.interop.vcards.model import Card, CardsRead, Version, cards_of
from servicecrm.interop.vcards.outgoing import write_cards

__all__ = ["Card", "CardsRead", "Version", "cards_of", "read_cards", "write_cards"]
