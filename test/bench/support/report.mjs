const WIDTHS = [58, 22, 12, 0]

const line = (cells) =>
  console.log(
    `  ${cells
      .map((cell, at) => cell.padEnd(WIDTHS[at]))
      .join('')
      .trimEnd()}`,
  )

/** The head of a table, and what its figures mean. */
export function table(title, ...notes) {
  console.log(`\n${title}`)
  for (const note of notes) console.log(`  ${note}`)
  line(['', 'measured', 'budget', ''])
}

/** One row; `budget.most` or `budget.least` says which side of it is met. */
export function row(what, measured, { text = measured.toFixed(2), most, least, unit = '', note = '' } = {}) {
  const budget = most === undefined ? least : most
  if (budget === undefined) return line([what, text, '–', note])
  const isMet = most === undefined ? measured >= budget : measured <= budget
  return line([what, text, `${most === undefined ? '≥' : '≤'} ${budget}${unit}`, isMet ? 'met' : 'NOT MET'])
}

export const microseconds = (nanoseconds) => `${(nanoseconds / 1_000).toFixed(2)} µs`
export const milliseconds = (nanoseconds) => `${(nanoseconds / 1_000_000).toFixed(0)} ms`
