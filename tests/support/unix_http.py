"""HTTP over a unix socket, for who asks heald's API."""

import http.client
import socket


class UnixConnection(http.client.HTTPConnection):
    """`path`: the socket's; `timeout`: seconds that each step may take."""

    def __init__(self, path, timeout):
        super().__init__("heald", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)
