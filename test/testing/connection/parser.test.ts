import fc from 'fast-check'
import type { Element } from 'ltx'
import { describe, expect, test } from 'vitest'
import { RosterError } from '../../../src/core/errors.js'
import { DEEPEST_STANZA, type Header, LARGEST_STANZA, StreamParser } from '../../../src/testing/connection/parser.js'

const OPEN = `<s:stream xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams' xmlns:e='urn:e' to='localhost'>`

/** What a parser tells of these pieces, as text, and how it ended. */
function parseAll(pieces: Iterable<string>) {
  const headers: Header[] = []
  const elements: Element[] = []
  let ended = 0
  const parser = new StreamParser({
    opened: (header) => void headers.push(header),
    heard: (element) => void elements.push(element),
    ended: () => {
      ended += 1
    },
  })
  let condition: string | undefined
  try {
    for (const piece of pieces) parser.write(piece)
  } catch (error) {
    expect(error).toBeInstanceOf(RosterError)
    condition = (error as RosterError).condition
  }
  return { headers, elements, stanzas: elements.map(String), ended, condition }
}

const parse = (...pieces: readonly string[]) => parseAll(pieces)

const stanzas = (...pieces: readonly string[]) => {
  const { stanzas: found, condition } = parse(OPEN, ...pieces)
  expect(condition).toBeUndefined()
  return found
}

describe('a stream', () => {
  test('has a header, elements and an end', () => {
    const { headers, stanzas: found, ended } = parse(`<?xml version='1.0'?>`, OPEN, '<a/> <b>c</b>', '</s:stream>')
    expect(headers).toMatchObject([
      { name: 'stream', namespace: 'http://etherx.jabber.org/streams', content: 'jabber:client' },
    ])
    expect(headers[0]?.attributes.get('to')).toBe('localhost')
    expect(found).toEqual(['<a/>', '<b>c</b>'])
    expect(ended).toBe(1)
  })

  test('begins again when it is restarted, in the midst of a packet', () => {
    const heard: string[] = []
    const parser: StreamParser = new StreamParser({
      opened: () => void heard.push('opened'),
      heard: (element) => {
        heard.push(element.name)
        if (element.name === 'auth') parser.restart()
      },
      ended: () => void heard.push('ended'),
    })
    parser.write(`${OPEN}<auth/> <?xml version="1.0"?>\n${OPEN}<iq/></s:stream>`)
    expect(heard).toEqual(['opened', 'auth', 'opened', 'iq', 'ended'])
  })

  test('is of no interest any more after stop', () => {
    const heard: string[] = []
    const parser: StreamParser = new StreamParser({
      opened: () => undefined,
      heard: (element) => {
        heard.push(element.name)
        parser.stop()
      },
      ended: () => void heard.push('ended'),
    })
    parser.write(`${OPEN}<a/><b/></s:stream></what>`)
    expect(heard).toEqual(['a'])
  })
})

describe('what comes is read', () => {
  test.each([
    ['text with references', '<a>&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;</a>', `<a>&lt;&amp;&gt;"'A😀</a>`],
    ['attributes in both quotes', `<a b="'" c='"&#10;' d = ">" />`, `<a b="&apos;" c="&quot;\n" d="&gt;"/>`],
    ['line ends as one', '<a>1\r\n2\r3\n4</a>', '<a>1\n2\n3\n4</a>'],
    ['tabs and newlines in attributes as spaces', '<a b="1\t2\r\n3"/>', '<a b="1 2 3"/>'],
    ['CDATA', '<a><![CDATA[<b>&amp;]]]]><![CDATA[>]]></a>', '<a>&lt;b&gt;&amp;amp;]]&gt;</a>'],
    ['spaces in tags', '<a\n b = "c"\t></a >', '<a b="c"/>'],
    ['names in any script', '<日本 é="ü">本</日本>', '<日本 é="ü">本</日本>'],
    ['what objects inherit', '<constructor toString="x"/>', '<constructor toString="x"/>'],
  ])('%s', (_what, xml, meant) => {
    expect(stanzas(xml)).toEqual([meant])
  })

  test('byte by byte as at once', () => {
    const xml = `<message to="a"><body>&lt;é日👩‍🚀]]</body><![CDATA[ ]]]]><x xmlns='urn:x' y='">'/></message> <iq/>`
    const expected = stanzas(xml)
    expect(expected).toHaveLength(2)
    expect(stanzas(...xml)).toEqual(expected)
    fc.assert(
      fc.property(fc.array(fc.nat(xml.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), xml.length]
        const pieces = at.slice(1).map((end, i) => xml.slice(at[i], end))
        expect(stanzas(...pieces)).toEqual(expected)
      }),
    )
  })
})

describe('namespaces', () => {
  test.each([
    [
      "a stanza's own is left out",
      `<iq xmlns='jabber:client'><q xmlns='urn:q'><i/></q></iq>`,
      `<iq><q xmlns="urn:q"><i/></q></iq>`,
    ],
    [
      'prefixes are resolved',
      `<c:iq xmlns:c='jabber:client'><q:q xmlns:q='urn:q'><c:i/><q:j/></q:q></c:iq>`,
      `<iq><q xmlns="urn:q"><i xmlns="jabber:client"/><j/></q></iq>`,
    ],
    [
      'those of the stream header come along',
      `<iq><e:x e:y='1'><e:z/></e:x></iq>`,
      `<iq><x xmlns="urn:e" xmlns:e="urn:e" e:y="1"><z/></x></iq>`,
    ],
    ['xml: needs none', `<iq xml:lang='en'/>`, `<iq xml:lang="en"/>`],
    ['other elements say theirs', `<r xmlns='urn:xmpp:sm:3'/>`, `<r xmlns="urn:xmpp:sm:3"/>`],
  ])('%s', (_what, xml, meant) => {
    expect(stanzas(xml)).toEqual([meant])
  })

  test.each([
    ['an unknown prefix', '<x:a/>'],
    ['an unknown prefix of an attribute', `<a x:b='c'/>`],
    ['a prefix that ends with its element', `<a><x:b xmlns:x='urn:x'/><x:c/></a>`],
    ['a prefix that is undeclared', `<a xmlns:e=''/>`],
    ['another xml', `<a xmlns:xml='urn:x'/>`],
    ['a second prefix for xml', `<a xmlns:y='http://www.w3.org/XML/1998/namespace'/>`],
    ['xmlns as a prefix', `<a xmlns:xmlns='urn:x'/>`],
    ['two colons', '<a:b:c/>'],
  ])('%s is not well-formed', (_what, xml) => {
    expect(parse(OPEN, xml).condition).toBe('not-well-formed')
  })
})

test.each([
  ['another end', '<a></b>'],
  ['crossed ends', '<a><b></a></b>'],
  ['an end too much', '</a>'],
  ['an attribute without quotes', '<a b=c/>'],
  ['an attribute without a value', '<a b/>'],
  ['an attribute twice', `<a b='1' b='2'/>`],
  ['attributes without a space between', `<a b='1'c='2'/>`],
  ['a tag in a tag', '<a <b/>'],
  ['< in an attribute', `<a b='<'/>`],
  ['no name', '<>'],
  ['a space before the name', '< a/>'],
  ['a name that begins with a digit', '<1/>'],
  ['an end with attributes', `<a></a b='c'>`],
  ['a bare ampersand', '<a>b & c</a>'],
  ['an ampersand without an end', '<a>&amp</a>'],
  [']]> in text', '<a>]]></a>'],
  ['a reference to no character', '<a>&#0;</a>'],
  ['a reference to half a character', '<a>&#xD800;</a>'],
  ['a reference beyond Unicode', '<a>&#x110000;</a>'],
  ['a reference that is no number', '<a>&#x;</a>'],
  ['a reference with a capital X', '<a>&#X41;</a>'],
  ['a control character', '<a>\u0001</a>'],
  ['a control character in an attribute', `<a b='\u0000'/>`],
  ['U+FFFF in CDATA', '<a><![CDATA[\uffff]]></a>'],
])('%s is not well-formed', (_what, xml) => {
  expect(parse(OPEN, xml).condition).toBe('not-well-formed')
  expect(parse(OPEN, ...xml).condition).toBe('not-well-formed')
})

// RFC 6120 §11.1
test.each([
  ['a comment', '<!-- a -->'],
  ['a comment in a stanza', '<a><!-- b --></a>'],
  ['a DTD', '<!DOCTYPE a>'],
  ['a processing instruction', '<?php ?>'],
  ['an XML declaration in the midst', `<?xml version='1.0'?>`],
  ['an entity of its own', '<a>&lol;</a>'],
  ['an entity in an attribute', `<a b='&lol;'/>`],
])('%s is restricted (RFC 6120 §11.1)', (_what, xml) => {
  expect(parse(OPEN, xml).condition).toBe('restricted-xml')
})

test.each([
  ['text', 'GET / HTTP/1.1', 'not-well-formed'],
  ['a DTD', `<!DOCTYPE a [<!ENTITY lol 'lol'>]>`, 'restricted-xml'],
  ['an instruction', '<?xml-stylesheet ?>', 'restricted-xml'],
  ['a broken declaration', `<?xml version='1.0' encoding=?>`, 'not-well-formed'],
  ['another encoding', `<?xml version='1.0' encoding='ISO-8859-1'?>`, 'unsupported-encoding'],
  ['a header without its namespace', '<stream:stream>', 'not-well-formed'],
])('%s before the header is %s', (_what, xml, condition) => {
  expect(parse(xml, OPEN).condition).toBe(condition)
})

test.each([
  `<?xml version="1.0" encoding="UTF-8" standalone='yes' ?>`,
  `\n <?xml version='1.1' encoding='utf-8'?>`,
  '',
])('a stream may begin with %j', (xml) =>
  expect(parse(xml, OPEN)).toMatchObject({ condition: undefined, headers: [{}] }),
)

test('between stanzas there are spaces and nothing else', () => {
  expect(stanzas(' \n\t<a/>\r\n<b/> ')).toEqual(['<a/>', '<b/>'])
  expect(parse(OPEN, 'hello').condition).toBe('bad-format')
  expect(parse(OPEN, '<![CDATA[ ]]>').condition).toBe('bad-format')
})

describe('a limit', () => {
  test('of size is met, and not passed, by text, markup and CDATA, in one piece or many', () => {
    const most = LARGEST_STANZA - 'a'.length - '/a'.length
    expect(stanzas(`<a>${'x'.repeat(most)}</a>`)).toHaveLength(1)
    expect(parse(OPEN, `<a>${'x'.repeat(most + 1)}</a>`).condition).toBe('policy-violation')
    for (const start of ['<a>', `<a b='`, '<a><![CDATA[', '<', `<a>${'<b/>'.repeat(10)}`]) {
      const endless = Array.from({ length: 300 }, () => 'x'.repeat(1_000))
      expect(parse(OPEN, start, ...endless).condition).toBe('policy-violation')
    }
  })

  test('of size is for each stanza anew, and spaces between stanzas do not count', () => {
    const stanza = `<a>${'x'.repeat(LARGEST_STANZA / 2)}</a>`
    expect(stanzas(...Array.from({ length: 8 }, () => stanza + ' '.repeat(LARGEST_STANZA)))).toHaveLength(8)
  })

  test('of size is for the header as well', () => {
    expect(parse(`<stream:stream a='`, 'x'.repeat(LARGEST_STANZA)).condition).toBe('policy-violation')
    expect(parse('<?xml ', 'x'.repeat(LARGEST_STANZA)).condition).toBe('policy-violation')
  })

  test('of depth is met, and not passed', () => {
    const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth)
    expect(stanzas(nested(DEEPEST_STANZA))).toHaveLength(1)
    expect(parse(OPEN, nested(DEEPEST_STANZA + 1)).condition).toBe('policy-violation')
    expect(parse(OPEN, '<a>'.repeat(100_000)).condition).toBe('policy-violation')
  })
})

/** Each character by itself. */
function* one(text: string) {
  yield* text
}

test('a quarter of a million single characters are each read once', () => {
  const most = LARGEST_STANZA - 100
  for (const [start, fill, end] of [
    ['<a>', '&#32;', '</a>'],
    [`<a b='`, '>', `'/>`],
    ['<a><![CDATA[', ']>', ']]></a>'],
  ] as const)
    expect(parseAll(one(OPEN + start + fill.repeat(most / fill.length) + end)).elements).toHaveLength(1)
})
