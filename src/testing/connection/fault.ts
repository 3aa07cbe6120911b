import { RosterError } from '../../core/errors.js'

/** What ends a stream: `condition` is that of the stream error (RFC 6120 §4.9.3), the sentence becomes its text. */
export const streamFault = (condition: string, sentence: string): RosterError =>
  new RosterError('STANZA_INVALID', sentence, { condition })

export const notWellFormed = (sentence: string): RosterError => streamFault('not-well-formed', sentence)
