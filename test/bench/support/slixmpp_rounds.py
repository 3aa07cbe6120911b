"""Does in slixmpp what the benchmark does with xmpp.js. One JSON line says who and which stanzas; then each line asks for a round."""

import asyncio
import json
import logging
import sys
import time
from xml.etree import ElementTree

import slixmpp

logging.disable(logging.CRITICAL)
asyncio.set_event_loop(asyncio.new_event_loop())

setting = json.loads(sys.stdin.readline())
kind, owner, waves = setting['kind'], setting['owner'], setting['waves']

if kind == 'client':
    xmpp = slixmpp.ClientXMPP(f'{owner}/orchard', 'secret')
else:
    xmpp = slixmpp.ComponentXMPP(owner.split('@')[1], 'secret', 'localhost', 5347)

HEADER = f"<stream:stream xmlns='{xmpp.default_ns}' xmlns:stream='http://etherx.jabber.org/streams'>"
told = 0


def tell(_presence):
    global told
    told += 1


def stanza_of(text):
    return xmpp._build_stanza(ElementTree.fromstring(HEADER + text + '</stream:stream>')[0])


xmpp.add_event_handler('presence', tell)
xmpp.start_stream_handler = lambda _root: None
xmpp.init_parser()
xmpp.data_received(HEADER.encode())
rounds = {
    'bytes': [''.join(wave).encode() for wave in waves],
    'stanzas': [[stanza_of(text) for text in wave] for wave in waves],
}

print('ready', slixmpp.__version__, flush=True)
for number, line in enumerate(sys.stdin):
    what = line.strip()
    wave = rounds[what][number % len(waves)]
    start = time.process_time_ns()
    if what == 'bytes':
        xmpp.data_received(wave)
    else:
        for stanza in wave:
            xmpp._handle_available(stanza)
    print(time.process_time_ns() - start, told, flush=True)
