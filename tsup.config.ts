import { defineConfig, type Options } from 'tsup'

/** What users import, and the file behind it: `xmpp-roster/name` becomes `dist/name.js`. `exports` in package.json lists the same. */
const entry = {
  index: 'src/index.ts',
  admin: 'src/admin.ts',
  clients: 'src/clients.ts',
  sqlite: 'src/sqlite.ts',
  redis: 'src/redis.ts',
  sql: 'src/sql.ts',
  testing: 'src/testing.ts',
}

/** What users run: `dist/cli.js`. `bin` in package.json names it. */
const programs = { cli: 'src/cli.ts' }

const options: Options = {
  entry: { ...entry, ...programs },
  format: ['esm'],
  target: 'node20.19',
  tsconfig: 'tsconfig.json',
  dts: {
    entry,
    // The public types mention `Symbol.asyncDispose`, which the default `lib` of no target has. It goes into shared chunks too.
    banner: '/// <reference lib="esnext.disposable" />',
    // The bundler of declarations sets `baseUrl`, which TypeScript 6 reports.
    compilerOptions: { ignoreDeprecations: '6.0' },
  },
  sourcemap: true,
  splitting: true,
  treeshake: true,
  clean: true,
  // The command asks for these when an address names them, and says what to install; they are nobody's dependency.
  external: ['pg', 'redis'],
  // `node:sqlite` does not exist as `sqlite`.
  removeNodeProtocol: false,
}

export default defineConfig(options)
