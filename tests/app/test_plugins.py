import os

import pytest
from click.testing import CliRunner

from app.cli import main
from app.plugins import PluginError, load_plugins
from tests.support.plugins import plugins

COUNTS = "import os\nos.environ['COUNTED'] = os.environ.get('COUNTED', '') + '{}'\n"


@pytest.fixture(autouse=True)
def uncounted(monkeypatch):
    monkeypatch.setenv("COUNTED", "")


def run(*words):
    return CliRunner().invoke(main, list(words))


def test_every_file_of_every_folder_is_imported_once_before_a_command(tmp_path, monkeypatch):
    files = {"b_plug.py": COUNTS.format("b"), "a_plug.py": "import _c_plug\n" + COUNTS.format("a")}
    with (
        plugins(tmp_path / "2", {"d_plug.py": COUNTS.format("d")}),
        plugins(tmp_path / "1", files | {"_c_plug.py": COUNTS.format("c"), "_lost.py": "1 / 0"}),
    ):
        monkeypatch.setenv(
            "HOTJUNCTION_PLUGINS", os.pathsep.join(map(str, (tmp_path / "1", "", tmp_path / "2")))
        )

        for _ in range(2):
            assert run("report", "--help").exit_code == 0

    assert os.environ["COUNTED"] == "cabd"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\nx = y", "NameError: name 'y' is not defined (line 2)."),
        ("def f()\n", "SyntaxError: expected ':' (line 1)."),
        ("import no_such_thing", "ModuleNotFoundError: No module named 'no_such_thing' (line 1)."),
        ("raise ValueError('Not today.')", "Not today (line 1)."),
        ("def f():\n    raise KeyError\n\n\nf()", "KeyError (line 2)."),
        ("raise SystemExit('bye')", "SystemExit: bye (line 1)."),
    ],
)
def test_a_plugin_that_fails_is_one_sentence_and_exit_code_2(tmp_path, text, reason):
    with plugins(tmp_path / "mine", {"broken_plug.py": text}):
        done = run("report", "--help")

    assert done.exit_code == 2
    assert done.output == f"Error: Plug-in {tmp_path / 'mine' / 'broken_plug.py'}: {reason}\n"


def test_a_file_named_like_another_module_is_refused_and_hides_nothing(tmp_path):
    with plugins(tmp_path / "mine", {"analysis.py": "1 / 0"}):
        done = run("report", "--help")

    assert done.exit_code == 2
    assert "another module is called analysis; rename the file." in done.output


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(PluginError, match=r"HOTJUNCTION_PLUGINS: there is no folder .*gone\."):
        load_plugins({"HOTJUNCTION_PLUGINS": str(tmp_path / "gone")})


def install(folder, name, module):
    """Write what pip writes of a package that has a plug-in."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[hotjunction.plugins]\n{name} = {module}\n")


def test_an_installed_package_is_found_by_its_entry_point(tmp_path, monkeypatch):
    with plugins(
        tmp_path / "mine", {"_packed_plug.py": COUNTS.format("e") + "def begin(): pass\n"}
    ) as folder:
        install(folder, "packed", "_packed_plug")
        load_plugins()
        assert os.environ["COUNTED"] == "e"

        install(tmp_path / "elsewhere", "broken", "_no_plug")
        monkeypatch.syspath_prepend(tmp_path / "elsewhere")
        with pytest.raises(PluginError, match=r"Plug-in broken \(_no_plug\): ModuleNotFoundError"):
            load_plugins()


def test_help_loads_no_plugin(tmp_path):
    with plugins(tmp_path / "mine", {"broken_plug.py": "1 / 0"}):
        assert run("--help").exit_code == 0
