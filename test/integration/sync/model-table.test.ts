import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TriggerMode } from '../../../src/phase/phase.ts'
import { installSync, switchMode } from '../../../src/sync/index.ts'
import { type TriggerEffect, triggerTable, type Written } from '../../model/trigger.ts'
import { createTestDatabase } from '../../support/database.ts'
import { ordinary } from './changed-tables.ts'

const { change, sides, table, old, next } = ordinary
const database = await createTestDatabase()
const client = await database.pool.connect()

beforeAll(async () => {
  for (const statement of [...ordinary.create, ...installSync(change, sides, 'old')]) await client.query(statement)
})
afterAll(() => client.release())

const assignments: Readonly<Record<Written, string>> = {
  'old alone': `${old} = 'b'`,
  'new alone': `${next} = 'b'`,
  both: `${old} = 'b', ${next} = 'c'`,
}

const cells = Object.entries(triggerTable).flatMap(([mode, row]) =>
  Object.entries(row).map(([written, effect]) => [mode as TriggerMode, written as Written, effect] as const),
)

describe('the sync trigger, as the model takes it to be', () => {
  it.each(cells)('in mode "%s", where a statement writes %s: %s', async (mode, written, effect) => {
    await client.query(`TRUNCATE ${table}`)
    await client.query(`INSERT INTO ${table} (id, ${old}, ${next}) VALUES (1, 'a', 'a')`)
    await switchMode(client, change, sides, { mode, copyBack: mode !== 'forward' && mode !== 'fence' })
    expect(await effectOf(`UPDATE ${table} SET ${assignments[written]} WHERE id = 1`)).toBe(effect)
  })
})

/** `b` is what the statement gives old, or the one side that it names, and `c` what it gives new besides. */
async function effectOf(statement: string): Promise<TriggerEffect> {
  try {
    await client.query(statement)
  } catch {
    return 'refuse'
  }
  const { rows } = await client.query<{ o: string; n: string }>(`SELECT ${old} AS o, ${next} AS n FROM ${table}`)
  const { o, n } = rows[0]!
  if (o !== n) return 'leave'
  return statement.includes(`${next} =`) && (n === 'c' || !statement.includes(`${old} =`))
    ? 'copy back'
    : 'copy forward'
}
