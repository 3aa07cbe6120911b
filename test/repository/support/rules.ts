import ts from 'typescript'
import { lineOf, parse, type Source, walk } from './source.js'

/** What a file breaks, one sentence for each place. */
export type Rule = (source: Source) => string[]

const MOST_LINES = 300
const MOST_LINES_OF_A_FUNCTION = 40

/** xmpp.js emits with any arguments; its listeners are described where it meets us. A Kysely fits no other but that of any. */
const MAY_SAY_ANY: ReadonlySet<string> = new Set(['src/xmpp/entity.ts', 'src/storage/sql/connection.ts'])

const BUILT_IN_ERROR = /^(Aggregate|Eval|Range|Reference|Syntax|Type|URI)?Error$/

const place = (source: Source, line: number, what: string): string => `${source.path}:${line} ${what}`

/** A rule about single nodes: what it says about one, if anything. */
const nodes =
  (judge: (node: ts.Node, source: Source) => string | undefined): Rule =>
  (source) => {
    const found: string[] = []
    walk(parse(source), (node) => {
      const what = judge(node, source)
      if (what !== undefined) found.push(place(source, lineOf(node), what))
    })
    return found
  }

/** A rule about single lines of text, comments included. */
const lines =
  (pattern: RegExp, what: string): Rule =>
  (source) =>
    source.text.split('\n').flatMap((line, at) => (pattern.test(line) ? [place(source, at + 1, what)] : []))

export const shortFiles: Rule = ({ path, text }) => {
  const count = text.replace(/\n$/, '').split('\n').length
  return count > MOST_LINES ? [`${path} has ${count} lines`] : []
}

/** Counted from the first word to the closing brace: a doc comment is free. */
export const shortFunctions: Rule = nodes((node) => {
  if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return undefined
  const last = node.getSourceFile().getLineAndCharacterOfPosition(node.getEnd()).line + 1
  const count = last - lineOf(node) + 1
  return count > MOST_LINES_OF_A_FUNCTION ? `is a function of ${count} lines` : undefined
})

export const noAny: Rule = nodes((node, { path }) =>
  node.kind === ts.SyntaxKind.AnyKeyword && !MAY_SAY_ANY.has(path) ? 'says any' : undefined,
)

export const ownErrors: Rule = nodes((node) => {
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return undefined
  const name = node.expression.getText()
  return BUILT_IN_ERROR.test(name) ? `makes a bare ${name}` : undefined
})

/** Where time comes from, and the tools for tests: they wait for real sockets and real databases. */
const MAY_KNOW_THE_TIME = /^src\/(core\/clock\.ts$|testing\/)/

/** Everything else takes its time from `RosterOptions.clock`. What is put off by 0 waits for a turn of the event loop, not for time. */
export const givenTime: Rule = nodes((node, { path }) => {
  if (MAY_KNOW_THE_TIME.test(path)) return undefined
  if (ts.isPropertyAccessExpression(node)) {
    const read = /^((globalThis\.)?Date\.now|(globalThis\.)?performance\.\w+)$/.test(node.getText())
    return read ? `asks ${node.getText()} for the time` : undefined
  }
  if (ts.isNewExpression(node) && !node.arguments?.length && node.expression.getText() === 'Date')
    return 'makes a Date of now'
  if (!ts.isCallExpression(node)) return undefined
  const [called, , delay] = [
    node.expression.getText().replace('globalThis.', ''),
    ...node.arguments.map((one) => one.getText()),
  ]
  if (called === 'Date') return 'makes a Date of now'
  return called === 'setInterval' || (called === 'setTimeout' && delay !== '0') ? `calls ${called}` : undefined
})

export const plainDeclarations: Rule = nodes((node) => {
  if (ts.isEnumDeclaration(node)) return 'declares an enum'
  if (ts.isModuleDeclaration(node) && ts.isIdentifier(node.name)) return `declares the namespace ${node.name.text}`
  if (ts.isExportAssignment(node)) return 'exports a default'
  if (ts.isExportSpecifier(node) && node.name.text === 'default') return 'exports a default'
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : []
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) ? 'exports a default' : undefined
})

/** Written so that this line does not break the rule itself. */
export const nothingLeftOpen: Rule = lines(/\b(TO(?:DO)|FIX(?:ME))\b/, 'leaves something open')

/** Whatever else stands between the call and the word, and behind it. */
export const nothingSingledOut: Rule = lines(/\b(test|it|describe|suite|bench)\b[\w.]*\.only\b/, 'runs alone')
