"""packaging/setup says plainly what is wrong. Needs root: the system it sees is made of mounts."""

import os
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
SETUP = os.path.join(REPOSITORY, "packaging", "setup")
FEDORA = 'NAME="Fedora Linux"\nID=fedora\nVERSION_ID=41\n'


class SetupTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def program(self, name, text):
        """A stand-in that is found before the real program of that name."""
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(f"#!/bin/bash\n{text}\n")
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)

    def run_setup(self, *options, os_release=None, before=()):
        """Runs it in a mount namespace of its own, where /etc/os-release may be another."""
        prepare = ""
        if os_release:
            path = os.path.join(self.folder, "os-release")
            with open(path, "w") as f:
                f.write(os_release)
            prepare = f"mount --bind {path} $(readlink -f /etc/os-release); "
        return subprocess.run(
            ["unshare", "--mount", "bash", "-euc", prepare + 'exec "$@"', "-", *before, SETUP,
             *options], env=dict(os.environ, TMPDIR=self.folder,
                     PATH=f"{self.folder}:/usr/sbin:/usr/bin:/sbin:/bin"),
            capture_output=True, text=True, timeout=60)

    def apt_that_fails(self, output):
        """No package is installed, and apt-get's installation ends with `output`."""
        self.program("dpkg-query", "exit 1")
        self.program("apt-get", f"""if [[ " $* " == *" update "* ]]; then exit 0; fi
cat <<'TEXT'
{output}
TEXT
exit 100""")

    def test_where_all_is_installed_nothing_is_done_and_no_network_needed(self):
        self.program("apt-get", "echo called >&2; exit 99")
        done = self.run_setup(before=("unshare", "--net"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"all \d+ packages are installed already")

    def test_another_distribution_is_told_what_is_missing_and_nothing_is_installed(self):
        self.program("apt-get", "echo called >&2; exit 99")
        # Only bash's own commands and these are there: every tool is missing, the headers are not.
        bare = os.path.join(self.folder, "bare")
        os.mkdir(bare)
        for name in ("bash", "env", "uname"):
            os.symlink(f"/usr/bin/{name}", os.path.join(bare, name))
        done = self.run_setup(os_release=FEDORA, before=("env", f"PATH={bare}"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("this is 'fedora 41'; packages can be installed on Debian 12 only",
                      done.stderr)
        for name in ("a C++ compiler: clang 16 or newer, or g++ 13 or newer", "CMake 3.25 or newer",
                     "Docker Engine 20.10 or newer"):
            self.assertIn(f"missing: {name}", done.stderr)
        self.assertNotIn("libcurl", done.stderr)
        self.assertNotIn("called", done.stderr)

    def test_a_missing_library_is_named_too(self):
        done = self.run_setup(os_release=FEDORA, before=(
            "bash", "-euc", 'mount -t tmpfs none /usr/include/boost; exec "$@"', "-"))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(re.findall("missing: (.*)", done.stderr),
                         ["Boost 1.81 or newer, with its headers"])

    def test_another_debian_is_another_distribution(self):
        done = self.run_setup(os_release="ID=debian\nVERSION_ID=11\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("this is 'debian 11'", done.stderr)

    def test_without_root_it_says_how_to_become_root(self):
        done = self.run_setup("--build", before=("setpriv", "--reuid=65534", "--clear-groups"))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"by root only\.\n +Repeat with: sudo .*setup --build")

    def test_an_unknown_option_is_named(self):
        done = self.run_setup("--biuld")
        self.assertEqual(done.returncode, 1)
        self.assertIn("unknown option '--biuld'", done.stderr)
        self.assertIn("usage:", done.stderr)

    def test_the_packages_asked_for_are_those_installed(self):
        self.program("dpkg-query", "exit 1")
        self.program("apt-get", f'echo "$*" >> {self.folder}/calls')
        self.assertEqual(self.run_setup("--build").returncode, 0)
        with open(f"{self.folder}/calls") as f:
            calls = f.read()
        self.assertIn("--no-install-recommends", calls)
        self.assertIn("clang-19", calls)
        self.assertNotIn("docker.io", calls)

    def test_a_failed_installation_is_explained(self):
        for output, advice in (
                ("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 42 (apt)",
                 "Another package manager holds the lock"),
                ("E: dpkg was interrupted, you must manually run 'dpkg --configure -a'",
                 "An earlier installation was interrupted"),
                ("E: Failed to fetch http://deb.debian.org/x.deb  Temporary failure resolving "
                 "'deb.debian.org'", "Debian's archive cannot be reached"),
                ("E: Unable to locate package clang-19", "must name the suite bookworm"),
                ("E: You don't have enough free space in /var/cache/apt/archives/.",
                 "The disk is full")):
            with self.subTest(advice):
                self.apt_that_fails(output)
                done = self.run_setup("--build")
                self.assertEqual(done.returncode, 1)
                self.assertIn(advice, done.stderr)
                self.assertIn(output, done.stderr)


if __name__ == "__main__":
    unittest.main()
