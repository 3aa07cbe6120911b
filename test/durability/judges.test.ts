import { expect, test } from 'vitest'
import { flawsOf } from './support/history.js'
import { unfounded } from './support/judge.js'
import type { Commit } from './support/labour.js'
import type { Note } from './support/messages.js'

const OWNER = 'bot@bots.localhost'
const ROMEO = 'romeo@localhost'

type Known = Extract<Note, { kind: 'known' }>

const known = (state: Known['put'][number][1] | undefined): Note => ({
  kind: 'known',
  owner: OWNER,
  whole: false,
  put: state === undefined ? [] : [[ROMEO, state]],
  remove: state === undefined ? [ROMEO] : [],
})
const sends = (type?: string): Note => ({ kind: 'sends', from: `${OWNER}/here`, to: ROMEO, type })

test.each<[title: string, notes: readonly Note[], count: number]>([
  ['a grant that was stored is founded', [known('from'), sends('subscribed'), sends()], 0],
  ['a grant before it is stored is not', [sends('subscribed'), known('from')], 1],
  ['presence for somebody who waits is not', [known('none+in'), sends()], 1],
  ['presence for somebody who was granted it, but no longer is, is not', [known('both'), known('to'), sends()], 1],
  ['nor is one for somebody who was removed', [known('both'), known(undefined), sends('subscribed')], 1],
  ['a new process knows nothing before it has read it', [known('from'), { kind: 'born' }, sends()], 1],
  ['whoever asks, refuses or leaves grants nothing', [sends('subscribe'), sends('unsubscribed'), sends('probe')], 0],
])('of grants: %s', (_title, notes, count) => {
  expect(unfounded(notes)).toHaveLength(count)
})

const commit = (base: string, revision: string, outcome: Commit['outcome'] = 'acknowledged'): Commit => ({
  owner: OWNER,
  base,
  revision,
  outcome,
})

test.each<[title: string, commits: readonly Commit[], count: number]>([
  ['one chain is sound', [commit('0', '1'), commit('1', '2')], 0],
  ['what was refused has not happened', [commit('0', '1'), commit('0', '3', 'refused'), commit('1', '2')], 0],
  [
    'what was neither may have happened',
    [commit('0', '1', 'unknown'), commit('1', '2'), commit('1', '3', 'unknown')],
    0,
  ],
  ['a fork loses what was acknowledged', [commit('0', '1'), commit('0', '3'), commit('1', '2')], 1],
  ['what was refused must not be there', [commit('0', '1', 'refused'), commit('1', '2')], 1],
  ['a gap is found, and what was lost by it', [commit('0', '1'), commit('x', '2')], 2],
])('of histories: %s', (_title, commits, count) => {
  expect(flawsOf(OWNER, commits, '0', '2')).toHaveLength(count)
})
