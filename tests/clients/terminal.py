"""A real terminal (tmux) and a real server, for tests of what people see and type."""

import os
import pathlib
import select
import shlex
import shutil
import subprocess
import tempfile
import time
import uuid
from typing import Callable

SECONDS_MAX = 20


class Server:
    """The real server with an empty store, in a directory of its own."""

    def __init__(self, server: str, client: str, keys: str = "") -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="klantbeeld-"))
        self.client = client
        store = ["--data", f"{self.folder}/data", "--keys", f"{self.folder}/keys"]
        if keys:
            path = self.folder / "keys"
            path.touch(mode=0o600)
            path.write_text(keys)
        subprocess.run([server, "init", *store], check=True, capture_output=True)
        self.process = subprocess.Popen(
            [server, *store, "--socket", f"{self.folder}/s"], stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"]})
        # A ping retries by itself; the server is up when one comes through.
        ends = time.monotonic() + SECONDS_MAX
        while self.run("ping").returncode != 0:
            if self.process.poll() is not None or time.monotonic() > ends:
                raise AssertionError("the server does not start")

    def environment(self, **more: str) -> dict[str, str]:
        return {"HOME": str(self.folder), "PATH": os.environ["PATH"],
                "KLANTBEELD_SERVER": f"unix:{self.folder}/s", **more}

    def run(self, arguments: str, given: str = "", **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([self.client, *shlex.split(arguments)], input=given, text=True,
                              capture_output=True, env=self.environment(**more))

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        shutil.rmtree(self.folder)


class Terminal:
    """A tmux window that runs one command; what it shows can be waited for."""

    def __init__(self, command: str, environment: dict[str, str], columns: int = 80,
                 lines: int = 40) -> None:
        self.name = f"klantbeeld-{uuid.uuid4().hex[:12]}"
        self.folder = tempfile.mkdtemp(prefix="klantbeeld-tmux-")
        fifo = f"{self.folder}/output"
        os.mkfifo(fifo)
        self.output = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        # The window stays when the command is done, so that its end can be read.
        shell = f"{command}; echo EXIT $?; read -r _"
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(lines),
                   "env", "-i", "TERM=screen", "LC_ALL=C",
                   *[f"{name}={value}" for name, value in environment.items()],
                   "bash", "--norc", "-c", f"read -r _; {shell}")
        self._tmux("pipe-pane", f"cat >{fifo}")
        self._tmux("send-keys", "Enter")

    def _tmux(self, *arguments: str) -> str:
        return subprocess.run(["tmux", "-u", "-L", self.name, *arguments], check=True,
                              capture_output=True, text=True).stdout

    def screen(self) -> str:
        return "\n".join(line.rstrip() for line in self._tmux("capture-pane", "-p").split("\n")).rstrip()

    def wait_for(self, text: str, times: int = 1) -> str:
        """The screen, once it shows `text` so many times."""
        return self._wait(lambda screen: screen.count(text) >= times, text)

    def wait_for_prompt(self, prompts: tuple[str, ...], count: int) -> str:
        """The screen, once so many lines begin with one of these and the last is bare."""
        bare = tuple(prompt.rstrip() for prompt in prompts)

        def shows(screen: str) -> bool:
            lines = screen.split("\n")
            return sum(line.startswith(bare) for line in lines) == count and lines[-1] in bare
        return self._wait(shows, f"prompt number {count}")

    def _wait(self, shows: Callable[[str], bool], text: str, seconds: float = SECONDS_MAX) -> str:
        """Looks whenever something was written."""
        ends = time.monotonic() + seconds
        while True:
            screen = self.screen()
            if shows(screen):
                return screen
            left = ends - time.monotonic()
            if left < 0:
                raise AssertionError(f"'{text}' does not show up:\n{screen}")
            if select.select([self.output], [], [], left)[0]:
                os.read(self.output, 1 << 16)

    def send(self, text: str) -> None:
        """Types it; a tab is the key."""
        self._tmux("send-keys", "-l", text)

    def type(self, text: str) -> None:
        """Types it, with Enter."""
        if text:
            self.send(text)
        self._tmux("send-keys", "Enter")

    def press(self, key: str) -> None:
        """A key by tmux's name: Up, C-c, Tab."""
        self._tmux("send-keys", key)

    def press_until(self, key: str, text: str) -> str:
        """Presses it again and again: less drops what was typed around an interrupt."""
        ends = time.monotonic() + SECONDS_MAX
        while time.monotonic() < ends:
            self.press(key)
            try:
                return self._wait(lambda screen: text in screen, text, 1)
            except AssertionError:
                continue
        return self.wait_for(text)

    def resize(self, columns: int) -> None:
        self._tmux("resize-window", "-x", str(columns))

    def clear(self) -> None:
        """Clears what was shown, so that the next wait is for something new."""
        self._tmux("send-keys", "-R", "C-l")

    def close(self) -> None:
        self._tmux("kill-server")
        os.close(self.output)
        shutil.rmtree(self.folder)
