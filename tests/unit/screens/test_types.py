"""The screens keep to their types: scripts and templates, checked together."""

from tests.toolchain import SCREENS, install_screens, node


def test_hold_in_scripts_and_templates() -> None:
    install_screens()
    ended = node("node_modules/vue-tsc/bin/vue-tsc.js", "--noEmit", folder=SCREENS)
    assert ended.returncode == 0, ended.stdout + ended.stderr
