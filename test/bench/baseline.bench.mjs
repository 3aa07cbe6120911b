// What the budgets are counted in: the cheapest program that would do, without this library.
import ltx from 'ltx/lib/ltx.js'
import { heapOf, nanoseconds, report } from './support/measure.mjs'

const CONTACTS = 1_000
const SHOWS = ['chat', 'away', 'xa', 'dnd']

const xml = Array.from(
  { length: CONTACTS },
  (_, at) =>
    `<presence from='contact${at}@capulet.example/balcony' to='romeo@montague.example'><show>${SHOWS[at % 4]}</show>` +
    `<status>here</status><priority>${at % 100}</priority></presence>`,
)
const stanzas = xml.map((text) => ltx.parse(text))

/** Owner → contact → resource → what it announced. */
const rosters = new Map()

function inner(map, key) {
  let found = map.get(key)
  if (found === undefined) {
    found = new Map()
    map.set(key, found)
  }
  return found
}

function update(stanza) {
  const { from, to } = stanza.attrs
  const slash = from.indexOf('/')
  inner(inner(rosters, to), from.slice(0, slash)).set(from.slice(slash + 1), {
    show: stanza.getChildText('show'),
    status: stanza.getChildText('status'),
    priority: Number(stanza.getChildText('priority')),
  })
}

report(
  'a presence parsed by ltx',
  nanoseconds((at) => ltx.parse(xml[at % CONTACTS]), { calls: 50_000 }),
  'ns',
)
report(
  'a parsed presence put into nested maps',
  nanoseconds((at) => update(stanzas[at % CONTACTS])),
  'ns',
)

const { bytes, kept } = heapOf(
  () =>
    new Map(stanzas.map((_, at) => [`contact${at}@capulet.example`, { name: `Contact ${at}`, subscription: 'both' }])),
)
report('a contact in a map, without presence', bytes / kept.size, 'bytes')
