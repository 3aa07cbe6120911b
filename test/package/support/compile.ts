import { join } from 'node:path'
import ts from 'typescript'
import { ROOT } from './markdown.js'

/** As a strict project of a user's has it, but for the package: it is taken from its source. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  noEmit: true,
  skipLibCheck: true,
  paths: { 'xmpp-roster': [join(ROOT, 'src/index.ts')], 'xmpp-roster/*': [join(ROOT, 'src/*.ts')] },
}

/** What the pieces of the documents take for granted. */
export const PRELUDE = `
import type { Client } from '@xmpp/client'
import type { OwnerRoster, Roster, RosterStorage } from 'xmpp-roster'
declare global {
  const xmpp: Client
  const roster: Roster
  const own: OwnerRoster
  const storage: RosterStorage
}
`

const COMPONENT_TYPES = join(ROOT, 'examples/xmpp-component.d.ts')

function programOf(files: ReadonlyMap<string, string>): ts.Program {
  const host = ts.createCompilerHost(OPTIONS)
  const { fileExists, getSourceFile } = host
  host.fileExists = (path) => files.has(path) || fileExists(path)
  // The options say that these are modules of ECMAScript, so that what they import has the types of one.
  host.getSourceFile = (path, options, ...rest) => {
    const text = files.get(path)
    return text === undefined ? getSourceFile(path, options, ...rest) : ts.createSourceFile(path, text, options)
  }
  return ts.createProgram([...files.keys(), COMPONENT_TYPES], OPTIONS, host)
}

/** What the compiler says of texts that are not files; `prelude` declares what all of them may use. */
export function compile(texts: ReadonlyMap<string, string>, prelude = ''): readonly string[] {
  const files = new Map([[join(ROOT, 'prelude.d.ts'), prelude]])
  // Each is a module of its own, whether or not it imports something.
  for (const [name, text] of texts) files.set(join(ROOT, `${name}.ts`), `${text}\nexport {}\n`)
  const program = programOf(files)
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
    const { file, start } = diagnostic
    if (file === undefined || start === undefined) return message
    const { line } = file.getLineAndCharacterOfPosition(start)
    return `${file.fileName.replace(ROOT, '')}, line ${line + 1}: ${message}`
  })
}

/** The members of a union of texts, or of an interface, that the package exports. */
export function namesIn(exported: string): readonly string[] {
  const text = `import type { ${exported} } from 'xmpp-roster'\nexport type Asked = ${exported}\n`
  const path = join(ROOT, 'names.ts')
  const program = programOf(new Map([[path, text]]))
  const file = program.getSourceFile(path)
  const alias = file?.statements.find((statement) => ts.isTypeAliasDeclaration(statement))
  if (alias === undefined) throw new Error(`Nothing to ask for ${exported}`)
  const type = program.getTypeChecker().getTypeAtLocation(alias)
  if (!type.isUnion()) return type.getProperties().map((property) => property.getName())
  return type.types.flatMap((member) => (member.isStringLiteral() ? [member.value] : []))
}
