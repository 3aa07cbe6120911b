"""Somebody at slixmpp. The first line on stdin says who; each further one asks for something; both as JSON.

Each line on stdout is JSON as well: what was heard, or the answer to a question.
"""

import asyncio
import json
import logging
import sys

import slixmpp
from slixmpp.exceptions import IqError

logging.disable(logging.CRITICAL)


def tell(**what):
    print(json.dumps(what), flush=True)


def in_words(iq):
    return [
        {
            'jid': str(jid),
            'subscription': item['subscription'],
            'asked': item['ask'] == 'subscribe',
            'name': item['name'],
            'groups': item['groups'],
        }
        for jid, item in iq['roster']['items'].items()
    ]


class Person(slixmpp.ClientXMPP):
    def __init__(self, login):
        super().__init__(f"{login['username']}@{login['domain']}/{login['resource']}", login['password'])
        # Otherwise it would accept everybody by itself.
        self.roster.auto_authorize = None
        self.roster.auto_subscribe = False
        self.register_plugin('xep_0198')
        self.version = login.get('version')
        self.place = (login['host'], login['port'])
        self.has_roster = {}
        self.add_filter('in', self.look)
        self.add_event_handler('session_start', self.started)
        self.add_event_handler('failed_all_auth', lambda _: tell(failed='not-authorized'))
        self.add_event_handler('presence', self.hear_presence)
        self.add_event_handler('roster_update', self.hear_push)

    def enter(self):
        self.connect(self.place, force_starttls=False, disable_starttls=True)

    def look(self, stanza):
        # Whoever asks a stanza for its roster afterwards finds an empty one in it: it is made by asking.
        if stanza.name == 'iq':
            self.has_roster[stanza['id']] = stanza.xml.find('{jabber:iq:roster}query') is not None
        return stanza

    def started(self, _):
        if self.version is not None:
            self.client_roster.version = self.version
        tell(started=str(self.boundjid))

    def hear_presence(self, presence):
        tell(presence=str(presence['from']), what=presence['type'])

    def hear_push(self, iq):
        if iq['type'] == 'set':
            tell(push=in_words(iq), version=self.client_roster.version)

    async def come_back(self):
        resumed = asyncio.get_running_loop().create_future()
        self.add_event_handler('session_resumed', lambda _: resumed.set_result(None), disposable=True)
        self.add_event_handler('disconnected', lambda _: self.enter(), disposable=True)
        await resumed

    async def do(self, what, jid=None, item=None, show=None):
        if what == 'roster':
            result = await self.get_roster()
            return {
                'items': in_words(result) if self.has_roster[result['id']] else None,
                'version': self.client_roster.version,
                'kept': sorted(self.client_roster.keys()),
            }
        if what == 'update':
            await self.update_roster(jid, **item)
        elif what == 'remove':
            await self.del_roster_item(jid)
        elif what == 'announce':
            self.send_presence(pshow=show)
        elif what == 'ping':
            iq = self.make_iq_get(queryxmlns=None, ito=self.boundjid.domain)
            iq.append(slixmpp.xmlstream.ET.Element('{urn:xmpp:ping}ping'))
            await iq.send()
        elif what == 'resume':
            await self.come_back()
        elif what == 'leave':
            await self.disconnect()
        else:
            self.send_presence_subscription(pto=jid, ptype=what)
        return None


async def answer(person, number, **question):
    try:
        tell(number=number, answer=await person.do(**question))
    except IqError as error:
        tell(number=number, error=error.condition)


async def converse(person, lines):
    while line := await lines.readline():
        question = json.loads(line)
        answering = asyncio.ensure_future(answer(person, **question))
        if question['what'] == 'leave':
            await answering
            return


async def main():
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    login = json.loads(await lines.readline())
    person = Person(login)
    person.enter()
    await converse(person, lines)


asyncio.run(main())
