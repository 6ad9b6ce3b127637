"""A TACACS+ client whose packets are written and read by scapy (scapy.contrib.tacacs), which is not ours.

Usage: scapy-client.py PORT SECRET, with a JSON list of sessions on standard input; each is a connection of its own. The answers
go out as JSON, one list for each session.
"""
import json
import random
import socket
import struct
import sys

import scapy.contrib.tacacs as tacacs

port = int(sys.argv[1])
tacacs.SECRET = sys.argv[2]


def exchange(connection, packet):
    connection.sendall(bytes(packet))
    answer = b""
    while len(answer) < 12 or len(answer) < 12 + struct.unpack("!I", answer[8:12])[0]:
        more = connection.recv(65536)
        if not more:
            return None
        answer += more
    return tacacs.TacacsHeader(answer)


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def arguments(packet):
    found = []
    while packet.haslayer(tacacs.TacacsPacketArguments):
        packet = packet[tacacs.TacacsPacketArguments]
        found.append(text(packet.data))
        packet = packet.payload
    return found


def asked(body, session):
    args = [arg.encode() for arg in session["args"]]
    packet = body(
        authen_method=6, priv_lvl=15, user=session["user"], port="tty2", rem_addr="192.0.2.9",
        arg_cnt=len(args), arg_len_list=[len(arg) for arg in args],
        **({"flags": session["flags"]} if "flags" in session else {}),
    )
    for arg in args:
        packet = packet / tacacs.TacacsPacketArguments(data=arg)
    return packet


def run(session):
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    number = random.getrandbits(32)

    def header(kind, seq=1, version=0xC0):
        return tacacs.TacacsHeader(version=version, type=kind, seq=seq, flags=0, session_id=number)

    if session["kind"] == "login":
        pap = "password" in session
        start = tacacs.TacacsAuthenticationStart(
            action=1, priv_lvl=1, authen_type=2 if pap else 1, authen_service=1,
            user=session.get("user", ""), port="tty2", rem_addr="192.0.2.9", data=session.get("password", ""),
        )
        answer = exchange(connection, header(1, 1, 0xC1 if pap else 0xC0) / start)
        replies = []
        typed = list(session.get("typed", []))
        seq = 3
        while answer is not None:
            reply = answer[tacacs.TacacsAuthenticationReply]
            replies.append([reply.status, text(reply.server_msg)])
            if reply.status not in (3, 4, 5) or not typed:
                break
            more = tacacs.TacacsAuthenticationContinue(flags=0, user_msg=typed.pop(0), data="")
            answer = exchange(connection, header(1, seq) / more)
            seq += 2
        return replies
    if session["kind"] == "authorization":
        answer = exchange(connection, header(2) / asked(tacacs.TacacsAuthorizationRequest, session))
        if answer is None:
            return []
        reply = answer[tacacs.TacacsAuthorizationReply]
        return [[reply.status, text(reply.server_msg)] + arguments(answer)]
    answer = exchange(connection, header(3) / asked(tacacs.TacacsAccountingRequest, session))
    if answer is None:
        return []
    reply = answer[tacacs.TacacsAccountingReply]
    return [[reply.status, text(reply.server_msg)]]


print(json.dumps([run(session) for session in json.load(sys.stdin)]))
