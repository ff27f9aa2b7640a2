"""The built wheel: everything is in it, and programs, app and lines of Python run from it in an empty folder."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import urllib.request
import zipfile
from pathlib import Path

import pytest
from media import write_video
from wheels import ROOT, Installed

from core.library.samples.sources import sample_sources

SHIPPED = {"core": "core", "pages": "semblance_app/pages", "ui": "semblance_app/ui"}
FIRST = {"app.py": "semblance_app/app.py", ".streamlit/config.toml": "semblance_app/.streamlit/config.toml"}

pytestmark = pytest.mark.slow


def project_files() -> set[str]:
    """Where the wheel has to have the files of the checkout."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *SHIPPED]
    if shutil.which("git") is None or (done := _ran(listed)) is None:
        pytest.skip("what belongs to the project is asked of git, and this is no checkout of it")
    found = [Path(line) for line in done.splitlines() if (ROOT / line).is_file()]
    inside = {f"{SHIPPED[path.parts[0]]}/{path.relative_to(path.parts[0])}" for path in found}
    return inside | set(FIRST.values())


def _ran(command: list[str]) -> str | None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return None if done.returncode else done.stdout


def test_every_file_of_the_project_is_in_the_wheel(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
        about = [Path(name).name for name in wheel.namelist() if ".dist-info/licenses/" in name]
    assert packed == project_files()
    assert {"LICENSE", "NOTICE"} == set(about)


def test_the_command_is_the_installed_one(installed: Installed, sample_home: Path) -> None:
    assert installed.run("semblance", "--help").startswith("usage: semblance ")
    place = installed.run("python", "-c", "import core; print(core.__file__)")
    assert Path(place.strip()) == installed.packages / "core" / "__init__.py"
    assert '"healthy": true' in installed.run("semblance", "health", "--json", SEMBLANCE_HOME=str(sample_home))


def test_the_app_listens_on_this_machine_only_and_shows_no_traces(installed: Installed, tmp_path: Path) -> None:
    """Even where the environment, or a folder of settings where somebody stands, says otherwise."""
    settings = {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "full"}
    with installed.app(tmp_path, **settings) as (address, process):
        listening = {connection.laddr.ip for connection in process.net_connections() if connection.status == "LISTEN"}
        assert listening and listening <= {"127.0.0.1", "::1"}
        assert b"<title>" in urllib.request.urlopen(address).read()
        command = process.cmdline()
        assert str(installed.packages / "semblance_app" / "app.py") in command
        assert {"--client.showErrorDetails=none", "--browser.gatherUsageStats=false"} <= set(command)


def test_streamlit_finds_the_settings_of_the_app(installed: Installed) -> None:
    code = """if True:
        from streamlit import config
        config._main_script_path = {app!r}
        config.get_config_options(force_reparse=True)
        print(config.get_option("server.address"), config.get_option("client.showErrorDetails"))
        print(config.get_option("runner.postScriptGC"), config.get_option("theme.baseRadius"))
    """
    app = str(installed.packages / "semblance_app" / "app.py")
    assert installed.run("python", "-c", code.format(app=app)).split() == ["localhost", "none", "False", "10px"]


@pytest.fixture
def media(installed: Installed) -> None:
    """The photos and clips that the README's lines name, and a folder for its library."""
    (installed.folder / "photos").mkdir()
    (installed.folder / "clips").mkdir()
    sources = sample_sources()
    for name in ("chelsea.png", "flower.jpg", "coffee.png"):
        shutil.copy(sources[name], installed.folder / "photos" / name)
    shutil.copy(sources["chelsea.png"], installed.folder / "still.png")
    shutil.copy(sources["flower.jpg"], installed.folder / "photo.jpg")
    write_video(installed.folder / "clips" / "colors.mp4")


@pytest.mark.usefixtures("media")
def test_the_lines_of_the_readme_run(installed: Installed, sample_home: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert blocks
    predictions = installed.run("python", "-c", "\n".join(blocks), SEMBLANCE_HOME=str(sample_home))
    assert "flower.jpg" in predictions


PAGES_WITH_LINES = {"search_images": {"q": "a cat"}, "distance": {"part": "distance"}, "one_space": {}}


def test_the_lines_in_python_run(installed: Installed, sample_home: Path) -> None:
    """They are taken off the pages as the installed app shows them, and run as they are: each page's in names of its
    own, and all in one process, which loads the libraries once."""
    show = f"""if True:
        import json
        from streamlit.testing.v1 import AppTest
        from streamlit.util import calc_hash
        shown = []
        for page, link in {PAGES_WITH_LINES!r}.items():
            at = AppTest.from_file({str(installed.packages / "semblance_app" / "app.py")!r}, default_timeout=120)
            at.query_params.update(link | {{"library": "Sample photos"}})
            at._page_hash = calc_hash(page)  # as a link opens it
            at.run()
            assert not at.exception and not at.error, [page, *at.exception, *at.error]
            shown.append(at.code[-1].value)
        print(json.dumps(shown))
    """
    run = """if True:
        import contextlib, io, json, sys
        printed = []
        for lines in json.loads(sys.argv[1]):
            with contextlib.redirect_stdout(io.StringIO()) as output:
                exec(lines, {"__name__": "__main__"})
            printed.append(output.getvalue().strip())
        print(json.dumps(printed))
    """
    settings = {"SEMBLANCE_HOME": str(sample_home)}
    shown = json.loads(installed.run("python", "-c", show, **settings))
    assert all("import" in lines for lines in shown) and len(shown) == len(PAGES_WITH_LINES)
    printed = json.loads(installed.run("python", "-c", run, json.dumps(shown), **settings))
    assert len(printed) == len(shown) and all(printed), printed
