"""Messages over a WebSocket: blocks (docs/PROTOCOL.md, part 1) and the handshake (part 3)."""

import hashlib
import hmac
import os
import struct

from values import decode, encode
from websocket import WebSocket

MESSAGES, GOODBYE = 1, 4
PART = 0x80000000
PARTING_S = 2


class Link:
    """What an engine needs of its controller. Messages are dicts with a `type`."""

    def __init__(self, address, key, details):
        self._socket = WebSocket(address)
        self._waiting = []
        self._heard_goodbye = False
        self.welcome = self._shake_hands(key, details)

    def fileno(self):
        return self._socket.fileno()

    @property
    def has_waiting(self):
        """Whether `receive` answers at once, though nothing may be there to read."""
        return bool(self._waiting) or self._heard_goodbye

    def send(self, message):
        header = encode(message)
        head = struct.pack("<IIII", MESSAGES, 1, 1, len(header)) + header
        self._socket.send(head + bytes(-len(head) % 8))

    def receive(self):
        """The messages that have arrived. EOFError: the controller said goodbye. ConnectionError: the link is gone."""
        if not self.has_waiting:
            for block in self._socket.receive():
                self._unpack(block)
        if not self._waiting and self._heard_goodbye:
            raise EOFError("the controller said goodbye")
        waiting, self._waiting = self._waiting, []
        return waiting

    def close(self):
        """Says goodbye, and hears the controller out: a socket closed before that may lose what was sent last."""
        self._socket.settimeout(PARTING_S)
        try:
            self._socket.send(struct.pack("<IId", GOODBYE, 0, 0.0))
            while True:
                self.receive()
        except (EOFError, OSError):
            self._socket.close()

    def _unpack(self, block):
        (kind,) = struct.unpack_from("<I", block)
        if kind == GOODBYE:
            self._heard_goodbye = True
        elif kind == MESSAGES:
            self._waiting.extend(unpack(block))
        else:
            raise ConnectionError(f"a block of kind {kind}")

    def _expect(self, kind):
        while not self._waiting:
            self._waiting = self.receive()
        message = self._waiting.pop(0)
        if message["type"] == "refused":
            raise ConnectionError(f"{message['fault']['message']} [{message['fault']['code']}]")
        if message["type"] != kind:
            raise ConnectionError(f"{message['type']} came where {kind} was due")
        return message

    def _shake_hands(self, key, details):
        nonce = os.urandom(32)
        hello = {"protocol": "yardmaster", "version": 1, "role": "engine", "nonce": nonce, "details": details}
        self.send({"type": "hello", **hello})
        challenge = self._expect("challenge")

        def proof(label):
            text = f"yardmaster {label} 1 engine\n".encode()
            return hmac.new(key, text + nonce + challenge["nonce"], hashlib.sha256).digest()

        if not hmac.compare_digest(challenge["proof"], proof("listener")):
            raise ConnectionError("the controller does not hold this key")
        self.send({"type": "proof", "proof": proof("offerer")})
        return self._expect("welcome")["details"]


def unpack(block):
    """The messages of a block: each the header, with its payloads in their places."""
    (count,) = struct.unpack_from("<I", block, 4)
    table, at = [], 8
    for _ in range(count):
        (frames,) = struct.unpack_from("<I", block, at)
        table.append(struct.unpack_from(f"<{frames}I", block, at + 4))
        at += 4 + 4 * frames
    inline = sum(length for lengths in table for length in lengths if length < PART)
    part = (at + inline + 7) // 8 * 8
    for lengths in table:
        frames = []
        for length in lengths:
            if length < PART:
                frames.append(block[at : at + length])
                at += length
            else:
                length -= PART
                frames.append(block[part : part + length])
                part += (length + 7) // 8 * 8
        yield decode(frames[0], frames)
