import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { type Program, startProgram } from './program.js'
import type { TestedServer } from './types.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const START = /\bnode --import tsx (examples\/[\w-]+\.ts)$/m

/** Starts an example with the very command that its head names, and these arguments. */
export const startExample = (
  name: string,
  variables: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Program => {
  const head = readFileSync(`${ROOT}examples/${name}.ts`, 'utf8').split('*/')[0] ?? ''
  const [command = ''] = START.exec(head) ?? []
  expect(command).toBe(`node --import tsx examples/${name}.ts`)
  for (const variable of Object.keys(variables)) expect(head).toContain(`${variable}=`)
  return startProgram([...command.split(' '), ...args], ROOT, variables)
}

/** How the examples are told of a component's server. */
export const asComponent = (server: TestedServer): Readonly<Record<string, string>> => ({
  XMPP_SERVICE: server.component,
  XMPP_DOMAIN: server.componentDomain,
  XMPP_PASSWORD: server.components[server.componentDomain] ?? '',
})
