"""The command line's modules load no more than their process needs."""

import subprocess
import sys

import pytest


def python(*arguments):
    """Run a fresh interpreter for which every warning is an error; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_a_supervisor_loads_nothing_of_the_registry():
    """The supervisor of a worker stays small: only its own module and the packages around it are loaded."""
    listing = (
        "import registry.cli.supervising, sys; print(*(m for m in sys.modules if m.startswith('registry')))"
    )
    assert python("-c", listing).split() == ["registry", "registry.cli", "registry.cli.supervising"]


def test_the_first_process_of_a_server_loads_no_metrics():
    """prometheus_client reads its folder when it is imported, so only the server's workers import it."""
    listing = "import registry.cli.serving, sys; print('prometheus_client' in sys.modules)"
    assert python("-c", listing) == "False\n"


@pytest.mark.parametrize("module", ["registry.cli.main", "registry.cli.supervising"])
def test_a_module_that_is_run_was_not_imported_before(module):
    """`python -m` warns about a module that its package has imported already: there is no such warning."""
    listing = f"import runpy, sys; runpy._get_module_details({module!r}); print({module!r} in sys.modules)"
    assert python("-c", listing) == "False\n"


def test_a_server_loads_no_http_client():
    """Only commands download models or talk to another registry, so a server's workers load no HTTP client."""
    listing = "import registry.bootstrap, registry.web, sys; print('httpx' in sys.modules)"
    assert python("-c", listing) == "False\n"
