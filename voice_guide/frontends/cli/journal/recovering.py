"""What can still be read in a journal that was set aside, brought back into the present one."""

from __future__ import annotations

from functools import partial

from voice_guide.frontends.services import Services


def recover(services: Services) -> int:
    """Bring back what can be read of every journal that was set aside; none of them is changed."""
    from voice_guide.store.journal.broken import find_aside, put_back, read_what_is_left

    journal = services.journal()
    asides = [one for one in find_aside(journal.path) if one.suffix == journal.path.suffix]
    for aside in asides:
        found = read_what_is_left(aside)
        left = sum(map(len, found.values()))
        count = journal.database.write(partial(put_back, found=found))
        if left:
            print(f"{aside}: entries that can still be read: {left}; brought back: {count}.")
        else:
            print(f"{aside}: nothing in it can be read any more.")
    if not asides:
        print("No journal was set aside: there is nothing to recover.")
    return 0
