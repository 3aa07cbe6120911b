import type { World } from './world.js'

/** A variable; one that is empty is none. */
export function variable({ env }: Pick<World, 'env'>, name: string): string | undefined {
  const text = env[name]
  return text === '' ? undefined : text
}
