const SHOWS = ['<show>away</show>', '', '<show>dnd</show>', '<show>xa</show>']
const STATUSES = ['', 'In a meeting until four', 'Gone to the market', 'Back soon &amp; happy']
const RESOURCES = ['balcony', 'Conversations.Xy7Q', 'gajim.4TK2ZQ9M', 'd6b9f1aa-2f6c-4f11-9d24']

export const jidOf = (at) => `contact${at}.of-the-house@capulet${at % 50}.example`

const GROUPS = ['Friends', 'Family', 'Colleagues', 'The house of Capulet']

/** Items as they stand in a roster result. */
export const itemsOf = (count) =>
  Array.from(
    { length: count },
    (_, at) =>
      `<item jid='${jidOf(at)}' name='Contact Number ${at}' subscription='both'><group>${GROUPS[at % 4]}</group></item>`,
  )

/** The same as storage gives them. */
export const storedOf = (count) =>
  Array.from({ length: count }, (_, at) => ({
    jid: jidOf(at),
    name: `Contact Number ${at}`,
    groups: [GROUPS[at % 4]],
    state: 'both',
  }))

/**
 * One presence of each contact; those of another `wave` say something else. They hold nothing but what RFC 6121 defines:
 * with more in them (entity capabilities, ids) xmpp.js and a program by hand would be slower, and we would look better.
 */
export const presencesOf = (count, wave, to) =>
  Array.from({ length: count }, (_, at) => {
    const kind = (at + wave) % 4
    const status = STATUSES[kind] === '' ? '' : `<status>${STATUSES[kind]}</status>`
    const says = `${SHOWS[kind]}${status}<priority>${wave * 5}</priority>`
    return `<presence from='${jidOf(at)}/${RESOURCES[at % 4]}' to='${to}'>${says}</presence>`
  })
