/** Everything that has never heard of the change: old releases, scripts, other teams. It speaks of the old column by SQL. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool, type PoolClient } from 'pg'
import { identifier } from '../../../../src/sql/identifier.ts'
import { stampOf, textBefore } from '../../ledger/stamp.ts'
import type { OpenStore, Update } from '../row-store.ts'

export const open: OpenStore = async ({ url, name, variant: { names } }) => {
  const pool = new Pool({ connectionString: url, application_name: name, max: 4 })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const [table, id, old] = [names.table, names.key, names.old].map(identifier)
  const counted = `$2::text || (${table}.revision + 1), revision = ${table}.revision + 1`

  const update = async (client: Pool | PoolClient, { key, write }: Update): Promise<number | null> => {
    const { rows } = await client.query<{ revision: number }>(
      `UPDATE ${table} SET ${old} = ${counted} WHERE ${id} = $1 RETURNING revision`,
      [key, textBefore(write)],
    )
    return rows[0]?.revision ?? null
  }

  const find = async (key: number) => {
    const { rows } = await pool.query<{ name: string | null }>(`SELECT ${old} AS name FROM ${table} WHERE ${id} = $1`, [
      key,
    ])
    const [row] = rows
    return row === undefined ? null : (stampOf(row.name ?? '') ?? 'unreadable')
  }

  return {
    find,
    async insert({ key, write }) {
      await pool.query(`INSERT INTO ${table} (${id}, ${old}) VALUES ($1, $2::text || 0)`, [key, textBefore(write)])
    },
    update: (row) => update(pool, row),
    async amend(row, thinkMs) {
      await find(row.key)
      await sleep(thinkMs)
      return update(pool, row)
    },
    async upsert({ key, write }) {
      const { rows } = await pool.query<{ revision: number }>(
        `INSERT INTO ${table} (${id}, ${old}) VALUES ($1, $2::text || 0)
         ON CONFLICT (${id}) DO UPDATE SET ${old} = ${counted} RETURNING revision`,
        [key, textBefore(write)],
      )
      return rows[0]!.revision
    },
    async delete(key) {
      await pool.query(`DELETE FROM ${table} WHERE ${id} = $1`, [key])
    },
    async transact(updates, isolation) {
      const client = await pool.connect()
      let failed: Error | undefined
      try {
        await client.query(`BEGIN ISOLATION LEVEL ${isolation}`)
        const versions: (number | null)[] = []
        for (const row of updates) versions.push(await update(client, row))
        await client.query('COMMIT')
        return versions
      } catch (error) {
        failed = error as Error
        throw error
      } finally {
        // A connection with a failed transaction is not given back.
        client.release(failed)
      }
    },
    close: () => pool.end(),
  }
}
