"""Files that were opened last, in the menu of every window."""

from functools import partial

from PyQt6.QtCore import QSettings

from app.gui.recent import KEPT, RecentFiles, shortened
from app.gui.windows.menus import Item, Listed, Menus


def test_the_newest_is_first_and_files_that_are_gone_are_not_offered(tmp_path, qapp):
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    recent = RecentFiles(settings, "recordings")
    assert recent.paths() == []
    files = [tmp_path / f"{number}.h5" for number in range(KEPT + 2)]
    for file in files:
        file.touch()
        recent.add(file)
    recent.add(files[5])
    assert recent.paths()[:3] == [files[5], files[-1], files[-2]]
    assert len(recent.paths()) == KEPT
    files[5].unlink()
    again = RecentFiles(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat), "recordings")
    assert again.paths()[0] == files[-1]
    assert RecentFiles(settings, "rigs").paths() == []
    RecentFiles(settings, "rigs").add(files[0])
    assert RecentFiles(settings, "rigs").paths() == [files[0]]


def test_a_long_path_is_cut_in_the_middle(tmp_path):
    path = tmp_path / ("a" * 80) / "R&D 1.h5"
    shown = shortened(path)
    assert shown.endswith("R&&D 1.h5") and "…" in shown and len(shown) < 65


def test_a_listed_menu_is_made_when_it_opens(qtbot):
    menus, opened, names = Menus(), [], ["a.h5", "b.h5"]
    qtbot.addWidget(menus)
    recent = Listed(
        "Recent", lambda: [Item(name, partial(opened.append, name)) for name in names], "none yet"
    )
    menus.fill({"&File": [recent]})
    inner = menus.actions()[0].menu().actions()[0].menu()
    inner.aboutToShow.emit()
    inner.actions()[1].trigger()
    assert opened == ["b.h5"]
    names.clear()
    inner.aboutToShow.emit()
    (nothing,) = inner.actions()
    assert (nothing.text(), nothing.isEnabled()) == ("none yet", False)
