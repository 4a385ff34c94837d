"""A real Postfix in a folder of its own, that passes everything on to a receiver. Its master process wants root."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path
from string import Template

from tests.servers.local import Certificate, Daemon, folder, free_port

PATH = "/usr/sbin:/usr/local/sbin:/usr/bin:/bin"
MAIN = Template("""\
compatibility_level = 3.6
config_directory = $dir/etc
queue_directory = $dir/spool
data_directory = $dir/data
maillog_file_prefixes = $dir
maillog_file = $dir/mail.log
mail_owner = postfix
setgid_group = postdrop
command_directory = $commands
daemon_directory = $daemons
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example
mydestination =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:$relay
disable_dns_lookups = yes
smtpd_tls_security_level = may
smtpd_tls_cert_file = $dir/etc/cert.pem
smtpd_tls_key_file = $dir/etc/key.pem
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_discard_ehlo_keywords =
smtp_tls_security_level = none
message_size_limit = 1000000
""")
MASTER = Template("""\
127.0.0.1:$port inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
""")


def program() -> str | None:
    """Return where Postfix is, None if it is not installed."""
    return shutil.which("postfix", path=PATH)


class Postfix(Daemon):
    """One Postfix on `port`, with STARTTLS, that relays to a port of this machine."""

    def __init__(self, certificate: Certificate, relay: int) -> None:
        super().__init__(folder("postfix"))
        here, self.port = self.folder, free_port()
        here.chmod(0o755)
        for part in ("etc", "spool", "data"):
            (here / part).mkdir()
        shutil.chown(here / "data", "postfix")
        shutil.copy(certificate.cert, here / "etc" / "cert.pem")
        shutil.copy(certificate.key, here / "etc" / "key.pem")
        (here / "etc" / "main.cf").write_text(
            MAIN.substitute(dir=here, relay=relay, commands=_default("command"), daemons=_default("daemon"))
        )
        (here / "etc" / "master.cf").write_text(MASTER.substitute(port=self.port))
        command = [program() or "postfix", "-c", str(here / "etc"), "start-fg"]
        self._launch([*command], self.port, b"220", as_root=True)

    def close(self) -> None:
        """End its master, which leads a session of its own, and remove everything."""
        pid_file = self.folder / "spool" / "pid" / "master.pid"
        with contextlib.suppress(OSError, ValueError):
            os.killpg(int(pid_file.read_text()), signal.SIGTERM)
        super().close()


def _default(what: str) -> str:
    found = subprocess.run(  # noqa: S603 -- our own command
        [shutil.which("postconf", path=PATH) or "postconf", "-d", "-h", f"{what}_directory"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return str(Path(found.stdout.strip()))
