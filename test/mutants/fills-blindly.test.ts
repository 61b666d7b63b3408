import type { ClientBase } from 'pg'
import { vi } from 'vitest'
import type * as Pages from '../../src/backfill/page.ts'
import type { PageInput } from '../../src/backfill/page-statement.ts'
import { identifier, qualified } from '../../src/sql/identifier.ts'
import { keyEquals } from '../../src/walk/key-sql.ts'
import { expectToDie } from './story/expectations.ts'

interface ReadRow {
  readonly key: readonly string[]
  readonly value: string | null
}

/** Reads the rows of the next page while others still write, and later writes what it has read, whatever they hold by then. */
vi.mock('../../src/backfill/page.ts', async (importActual) => {
  const actual = await importActual<typeof Pages>()
  const readAhead = new WeakMap<ClientBase, { readonly run: number; readonly rows: readonly ReadRow[] }>()
  const runPage: typeof actual.runPage = async (client, change, input) => {
    const ahead = readAhead.get(client)
    const result = await actual.runPage(client, change, input)
    await write(client, input, ahead?.run === input.run ? ahead.rows : [])
    readAhead.set(client, { run: input.run, rows: await readRows(client, input) })
    return result
  }
  return { ...actual, runPage }
})

async function readRows(client: ClientBase, { sides, key, run }: PageInput): Promise<readonly ReadRow[]> {
  const { name } = key[0]!
  const { rows } = await client.query<ReadRow>(
    `SELECT jsonb_build_array(${identifier(name)}::text) AS key, ${identifier(sides.old[0]!.name)} AS value
       FROM ${qualified(sides.table)}
      WHERE ${identifier(name)} > (SELECT (cursor ->> 0)::int FROM expand_contract.backfills WHERE run = ${run})
      ORDER BY ${identifier(name)} LIMIT 15`,
  )
  return rows
}

async function write(client: ClientBase, { sides, key }: PageInput, rows: readonly ReadRow[]): Promise<void> {
  const update = `UPDATE ${qualified(sides.table)} AS t SET ${identifier(sides.next[0]!.name)} = $1 WHERE ${keyEquals(key, '$2::jsonb')}`
  for (const row of rows) await client.query(update, [row.value, JSON.stringify(row.key)])
}

expectToDie('fills-blindly')
