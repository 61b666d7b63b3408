import { createToolkit, renameColumn, type Toolkit, type ToolkitOptions } from 'drizzle-expand-contract'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { pgTable, serial, text } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import { afterEach, beforeAll } from 'vitest'
import type { AnyChange, Change } from '../../../src/change/change.ts'
import { sidesOf } from '../../../src/change/sides.ts'
import { installControlTables } from '../../../src/control/install.ts'
import { recordExpanded } from '../../../src/control/record-expanded.ts'
import { openSession, type Session } from '../../../src/control/session.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

export const users = pgTable('users', {
  id: serial('id').primaryKey(),
  name: text('name'),
  fullName: text('full_name'),
})
export const schema = { users }
const rename = { id: 'user-full-name', table: users, from: 'name', to: 'fullName' } as const
export const inSync = renameColumn(rename)
export const withoutCopyBack = renameColumn({ ...rename, copyBack: false })
export const withoutTrigger = renameColumn({ ...rename, sync: 'none' })

type StartOptions<C extends Change> = Partial<
  Pick<ToolkitOptions<typeof schema, { change: C }, never>, 'pollMs' | 'leaseMs'>
> & { client?: pg.Pool }

/** A database with one row whose sides tell which of them was read, and processes that are started on it. */
export class Stage {
  /** What the processes have sent since the last of them was started. */
  readonly queries: string[] = []
  readonly started: { stop(): Promise<void> }[] = []
  database!: TestDatabase
  session!: Session

  /** A started process, in dual-write. */
  async startIn<const C extends Change>(
    change: C,
    { client = this.database.pool, ...options }: StartOptions<C> = {},
  ): Promise<Toolkit<typeof schema, { change: C }, NodePgDatabase>> {
    await this.session.client.query(
      'DROP SCHEMA IF EXISTS expand_contract CASCADE; DROP TABLE IF EXISTS users; CREATE TABLE users (id serial PRIMARY KEY, name text, full_name text)',
    )
    await this.session.client.query(`INSERT INTO users (name, full_name) VALUES ('old', 'new')`)
    await installControlTables(this.session)
    const declared = change as unknown as AnyChange
    await recordExpanded(this.session.db, declared, sidesOf(declared), undefined, {})
    await this.moveTo('dual-write')
    const db: NodePgDatabase = drizzle({ client, logger: { logQuery: (query) => void this.queries.push(query) } })
    const toolkit = createToolkit({
      db,
      schema,
      changes: { change },
      log: () => {},
      pollMs: 7_000,
      leaseMs: 15_000,
      ...options,
    })
    await toolkit.start()
    this.started.push(toolkit)
    this.queries.length = 0
    return toolkit
  }

  /** As a step does it, without its guards. */
  async moveTo(phase: string): Promise<void> {
    await this.session.client.query('UPDATE expand_contract.changes SET phase = $1, epoch = epoch + 1', [phase])
  }
}

/** A stage for the tests of a file. */
export function openStage(): Stage {
  const stage = new Stage()
  beforeAll(async () => {
    stage.database = await createTestDatabase()
    stage.session = await openSession(stage.database.url)
    return () => stage.session.close()
  })
  afterEach(async () => {
    for (const toolkit of stage.started.splice(0)) await toolkit.stop()
  })
  return stage
}
