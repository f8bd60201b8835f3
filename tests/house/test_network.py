"""Tests stay on this machine."""

import socket
import urllib.request

import pytest

from tests.network import NetworkBlocked


def test_another_machine_is_out_of_reach() -> None:
    with socket.socket() as probe, pytest.raises(NetworkBlocked):
        probe.connect(("192.0.2.1", 80))
    with pytest.raises(NetworkBlocked):
        urllib.request.urlopen("http://padan.example/")


def test_this_machine_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
