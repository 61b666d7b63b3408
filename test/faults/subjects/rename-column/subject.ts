import type { ClientBase, Pool } from 'pg'
import { identifier, literal } from '../../../../src/sql/identifier.ts'
import { retiredName } from '../../../../src/sync/index.ts'
import type { StoredRow } from '../../ledger/judge.ts'
import { rowCanary, stampOf } from '../../ledger/stamp.ts'
import { seedKeys } from '../hidden-rows.ts'
import type { Subject } from '../subject.ts'
import { plainVariant } from './variant.ts'

export const renameColumnSubject: Subject = {
  name: 'rename-column',
  change: 'user-full-name',
  variant: plainVariant,

  async seed(client, { names }, rows) {
    const keys = seedKeys(rows)
    await client.query(
      `INSERT INTO ${identifier(names.table)} (${identifier(names.key)}, ${identifier(names.old)})
       SELECT n, '${rowCanary} ' || n || '#0' FROM unnest($1::int[]) AS n`,
      [keys],
    )
    await client.query(`ANALYZE ${identifier(names.table)}`)
    return keys
  },

  async createFollower(client, { names }) {
    const columns = [names.old, names.next, retiredName(names.old)].map((name) => `${identifier(name)} text`)
    await client.query(
      `CREATE TABLE ${identifier(names.table)} (${identifier(names.key)} int PRIMARY KEY, ${columns.join(', ')}, revision int)`,
    )
  },

  async read(client, { names }) {
    const columns = await columnsOf(client, names.table)
    // Once retired the old column has another name, and its values are still kept in sync.
    const old = columns.find((name) => name === names.old || name === retiredName(names.old))
    const next = columns.find((name) => name === names.next)
    const select = [names.key, old, next].map((name) => (name === undefined ? 'NULL' : identifier(name)))
    const { rows } = await client.query<[number, string | null, string | null]>({
      text: `SELECT ${select.join(', ')} FROM ${identifier(names.table)}`,
      rowMode: 'array',
    })
    return rows.map(
      ([key, oldText, newText]): StoredRow => ({
        key,
        ...(old === undefined ? {} : { old: stampOf(oldText ?? '') ?? 'unreadable' }),
        ...(next === undefined ? {} : { new: stampOf(newText ?? '') ?? 'unreadable' }),
      }),
    )
  },
}

async function columnsOf(client: Pool | ClientBase, table: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute
      WHERE attrelid = ${literal(identifier(table))}::regclass AND attnum > 0 AND NOT attisdropped`,
  )
  return rows.map(({ name }) => name)
}
