"""What a bench has loaded does not lengthen a collection of garbage in the middle of a run."""

import gc

from app.server.process import leave_modules_alone


def test_what_is_loaded_is_no_longer_searched_and_what_comes_later_is():
    before = [[]]
    leave_modules_alone()
    later = [[]]

    searched = {id(thing) for thing in gc.get_objects()}
    assert id(before) not in searched
    assert id(later) in searched
