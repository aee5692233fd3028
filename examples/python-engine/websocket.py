"""A WebSocket client for binary messages, on a blocking socket (RFC 6455)."""

import base64
import os
import socket
import struct
from urllib.parse import urlsplit

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class WebSocket:
    def __init__(self, address):
        url = urlsplit(address)
        self._socket = socket.create_connection((url.hostname, url.port or 80), timeout=5)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()
        self._fragments = []
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET / HTTP/1.1\r\nHost: {url.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise ConnectionError(f"{address} is no WebSocket: {head.splitlines()[0]!r}")
        self._buffer = bytearray(rest)
        self._socket.settimeout(None)

    def fileno(self):
        return self._socket.fileno()

    def send(self, data, opcode=BINARY):
        # Clients must mask; a mask of zeros leaves the bytes as they are.
        length = len(data)
        if length < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
        elif length < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
        self._socket.sendall(head + b"\0\0\0\0" + data)

    def receive(self):
        """The whole messages that have arrived, after waiting for some bytes. Raises ConnectionError when the link is gone."""
        self._fill()
        messages = []
        while (frame := self._take_frame()) is not None:
            final, opcode, data = frame
            if opcode == PING:
                self.send(data, PONG)
            elif opcode == CLOSE:
                break  # Nothing follows but the end of the stream.
            elif opcode in (BINARY, CONTINUATION):
                self._fragments.append(data)
                if final:
                    messages.append(b"".join(self._fragments))
                    self._fragments = []
        return messages

    def settimeout(self, seconds):
        self._socket.settimeout(seconds)

    def close(self):
        self._socket.close()

    def _fill(self):
        data = self._socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the link is gone")
        self._buffer += data

    def _take_frame(self):
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, at = buffer[1] & 0x7F, 2
        extra = {126: 2, 127: 8}.get(length, 0)
        if len(buffer) < at + extra:
            return None
        if extra:
            length, at = int.from_bytes(buffer[at : at + extra], "big"), at + extra
        if len(buffer) < at + length:
            return None
        data = bytes(buffer[at : at + length])
        final, opcode = bool(buffer[0] & 0x80), buffer[0] & 0x0F
        del buffer[: at + length]
        return final, opcode, data
