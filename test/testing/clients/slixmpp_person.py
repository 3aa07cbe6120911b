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
        self.version = login.get('version')
        self.has_roster = {}
        self.add_filter('in', self.look)
        self.add_event_handler('session_start', self.started)
        self.add_event_handler('failed_all_auth', lambda _: tell(failed='not-authorized'))
        self.add_event_handler('presence', self.hear_presence)
        self.add_event_handler('roster_update', self.hear_push)

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
        elif what == 'leave':
            await self.disconnect()
        else:
            self.send_presence_subscription(pto=jid, ptype=what)
        return None


async def converse(person, lines):
    while line := await lines.readline():
        question = json.loads(line)
        number = question.pop('number')
        try:
            tell(number=number, answer=await person.do(**question))
        except IqError as error:
            tell(number=number, error=error.condition)
        if question['what'] == 'leave':
            return


async def main():
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    login = json.loads(await lines.readline())
    person = Person(login)
    person.connect((login['host'], login['port']), force_starttls=False, disable_starttls=True)
    await converse(person, lines)


asyncio.run(main())
