import { CompiledQuery, type Kysely } from 'kysely'

/** A Kysely of the application's, whatever tables it knows. */
// biome-ignore lint/suspicious/noExplicitAny: a Kysely of some tables fits no other but that of any; they are not looked at.
export type AnyKysely = Kysely<any>

/** A value that every driver writes alike. What is more than that goes as JSON text. */
export type Parameter = string | number | boolean | null

/** One statement with its values. */
export interface Query {
  readonly sql: string
  readonly parameters: readonly Parameter[]
}

/**
 * The application's database, or a transaction of it. The statements are finished text: the application's plugins would
 * rename their columns or parse their texts, so they are left out.
 */
export class Connection {
  readonly #db: AnyKysely

  constructor(db: AnyKysely) {
    this.#db = db.withoutPlugins()
  }

  /** The rows that a statement gives. They are what the driver makes of them. */
  async rows<R>({ sql, parameters }: Query): Promise<readonly R[]> {
    const { rows } = await this.#db.executeQuery<R>(CompiledQuery.raw(sql, [...parameters]))
    return rows
  }

  /** How many rows a statement wrote. */
  async affected({ sql, parameters }: Query): Promise<number> {
    const { numAffectedRows } = await this.#db.executeQuery(CompiledQuery.raw(sql, [...parameters]))
    return Number(numAffectedRows ?? 0)
  }

  /** Each statement sees what was committed before it began; what throws undoes all of them. */
  transaction<T>(run: (transaction: Connection) => Promise<T>): Promise<T> {
    return this.#db
      .transaction()
      .setIsolationLevel('read committed')
      .execute((transaction) => run(new Connection(transaction)))
  }

  /** Several statements over one connection, without a transaction. */
  onOne<T>(run: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#db.connection().execute((one) => run(new Connection(one)))
  }
}
