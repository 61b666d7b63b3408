import pg from 'pg'
import { onTestFinished } from 'vitest'
import type { backfills } from '../../../schema/backfills.ts'
import type { AnyChange } from '../../../src/change/change.ts'
import { declarationHash, recordedDeclaration } from '../../../src/change/recorded.ts'
import type { Sides } from '../../../src/change/sides.ts'
import { type ChangeRow, readChangeRow, recordChange } from '../../../src/control/change-row.ts'
import { type HistoryEntry, readHistory } from '../../../src/control/history.ts'
import { installControlTables } from '../../../src/control/install.ts'
import { openSession, type Session } from '../../../src/control/session.ts'
import { type Phase, phases } from '../../../src/phase/phase.ts'
import { createTransformFunctions, installSync } from '../../../src/sync/index.ts'
import { createTestDatabase } from '../../support/database.ts'
import { type Declared, declare } from './declared.ts'

const database = await createTestDatabase()
export const url = database.url

const installer = await openSession(url)
await installControlTables(installer)
await installer.close()

export interface SubjectOptions {
  /** Columns of the table beside the two sides, and its constraints. Default: `id int PRIMARY KEY`. */
  readonly columns?: string
  /** Type of both sides. Default: `text`. */
  readonly type?: string
  /** What comes after the closing parenthesis of CREATE TABLE. */
  readonly suffix?: string
  /** Statements after CREATE TABLE and before the sync trigger; `%` stands for the table. */
  readonly fill?: readonly string[]
  readonly phase?: Phase
  /** A change that is no rename, and the columns of both sides. Default: a rename, and columns of `type`. */
  readonly transform?: { readonly declare: (table: string) => Declared; readonly sides: string }
}

/** A table in mid-change: column `old` is to become `next`, and all rows were written before the sync trigger was there. */
export interface Subject {
  readonly session: Session
  readonly change: AnyChange
  readonly sides: Sides
  readonly table: string
  /** Runs SQL in which `%` stands for the table, on a connection of its own. */
  query<Row extends pg.QueryResultRow>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>
  /** Another connection, for who gets in the way. */
  connect(application?: string): Promise<pg.Client>
  row(): Promise<ChangeRow>
  /** Sets columns of the change's row, as `next` and `back` do. */
  setRow(assignments: string): Promise<void>
  runs(): Promise<(typeof backfills.$inferSelect)[]>
  history(): Promise<readonly HistoryEntry[]>
  /** Rows whose sides differ. */
  differing(): Promise<number>
}

let subjects = 0

export async function createSubject(options: SubjectOptions = {}): Promise<Subject> {
  const { columns = 'id int PRIMARY KEY', type = 'text', suffix = '', fill = [], phase = 'dual-write' } = options
  const { declare: declared = declare, sides: sideColumns = `old ${type}, next ${type}` } = options.transform ?? {}
  subjects += 1
  const table = `subject_${subjects}`
  const { change, sides } = declared(table)
  const session = await openSession(url)
  onTestFinished(() => session.close())
  const query: Subject['query'] = async (sql, parameters = []) =>
    (await database.pool.query(sql.replaceAll('%', table), [...parameters])).rows

  await query(`CREATE TABLE % (${columns}, ${sideColumns}) ${suffix}`)
  for (const statement of fill) await query(statement)
  for (const statement of [
    ...createTransformFunctions(change.id, sides),
    ...installSync(change, sides, phases[phase].triggerMode ?? 'old'),
  ]) {
    await database.pool.query(statement)
  }
  const declaration = recordedDeclaration(change, sides)
  await recordChange(session.db, {
    id: change.id,
    declaration: { ...declaration },
    declarationHash: declarationHash(declaration),
    phase,
    sync: 'trigger',
    copyBack: true,
    soakMs: 0,
    syncSince: 1,
  })

  return {
    session,
    change,
    sides,
    table,
    query,
    async connect(application = 'test') {
      const client = new pg.Client({ connectionString: url, application_name: application })
      await client.connect()
      onTestFinished(() => client.end())
      return client
    },
    row: async () => (await readChangeRow(session.db, change.id))!,
    async setRow(assignments) {
      await query(`UPDATE expand_contract.changes SET ${assignments} WHERE id = $1`, [change.id])
    },
    runs: () =>
      query(
        `SELECT run::int, direction, state, cursor, upper_bound AS "upperBound", pages::int, sync_since::int AS "syncSince",
                rows_seen::int AS "rowsSeen", rows_changed::int AS "rowsChanged"
           FROM expand_contract.backfills WHERE change_id = $1 ORDER BY run`,
        [change.id],
      ),
    history: () => readHistory(session.db, change.id),
    differing: async () =>
      (await query<{ n: number }>('SELECT count(*)::int AS n FROM % WHERE next IS DISTINCT FROM old'))[0]!.n,
  }
}

/** For `onProgress`: does something once on another connection, after the first page and before what the walk does next. */
export function afterFirstPage(subject: Subject, action: () => Promise<unknown>): () => void {
  const { client } = subject.session
  let done = false
  return () => {
    if (done) return
    done = true
    const query = client.query.bind(client) as (...input: unknown[]) => Promise<unknown>
    const delayed = async (...input: unknown[]): Promise<unknown> => {
      Object.assign(client, { query })
      await action()
      return query(...input)
    }
    Object.assign(client, { query: delayed })
  }
}
