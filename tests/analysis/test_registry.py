import sys

import pytest

from analysis.registry import NameTaken, Registry


def fruits():
    return Registry(
        "fruit", {"pear": ("colorsys:rgb_to_hsv", "Sweet."), "gone": ("no_such_module:x", "Lost.")}
    )


def test_a_built_in_thing_is_imported_when_it_is_asked_for():
    sys.modules.pop("colorsys", None)
    registry = fruits()

    assert list(registry) == ["pear", "gone"]
    assert registry.sentence("gone") == "Lost."
    assert "colorsys" not in sys.modules
    assert registry["pear"](0, 0, 0) == (0, 0, 0)


def test_a_registered_thing_comes_after_the_built_in_ones():
    registry = fruits()

    registry.register("apple", "an apple", "Sour.")

    assert list(registry) == ["pear", "gone", "apple"] and len(registry) == 3
    assert (registry["apple"], registry.sentence("apple")) == ("an apple", "Sour.")
    assert "plum" not in registry and registry.get("plum") is None
    with pytest.raises(KeyError):
        registry["plum"]


def test_a_name_is_given_once():
    registry = fruits()
    registry.register("apple", "an apple")

    with pytest.raises(NameTaken, match="the fruit 'pear' is built in; choose another name"):
        registry.register("pear", "another")
    with pytest.raises(NameTaken, match="the fruit 'apple' comes from another plug-in; choose another name"):
        registry.register("apple", "another")
