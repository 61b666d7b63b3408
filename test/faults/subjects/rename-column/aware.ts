/** The new release: repositories, right in every phase. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createToolkit } from 'drizzle-expand-contract'
import { eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import { stampOf, textBefore } from '../../ledger/stamp.ts'
import { flagsOf } from '../flags.ts'
import type { OpenStore } from '../row-store.ts'
import * as changes from './changes.ts'
import * as schema from './schema.ts'

export const open: OpenStore = async ({ url, name, flags, pollMs, leaseMs, log }) => {
  const pool = new Pool({ connectionString: url, application_name: name, max: 4 })
  pool.on('error', () => undefined)
  // A connection that breaks inside a transaction, between two statements, tells nobody else.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const toolkit = createToolkit({
    db: drizzle({ client: pool }),
    schema,
    changes,
    flags: flagsOf(flags),
    process: { name, release: 'lab' },
    pollMs,
    leaseMs,
    log: ({ message }) => log(message),
  })
  try {
    await toolkit.start()
  } catch (error) {
    await pool.end()
    throw error
  }
  const users = toolkit.repository(schema.users)
  const unit = (key: number) => ({ userId: key })
  const next = (write: number) => (user: { readonly revision: typeof schema.users.revision }) => ({
    fullName: sql`${textBefore(write)}::text || (${user.revision} + 1)`,
    revision: sql`${user.revision} + 1`,
  })

  return {
    find: (key) =>
      toolkit.run(unit(key), async () => {
        const user = await users.findFirst({ columns: { fullName: true }, where: (user) => eq(user.id, key) })
        return user === undefined ? null : (stampOf(user.fullName) ?? 'unreadable')
      }),
    insert: ({ key, write }) =>
      toolkit.run(unit(key), async () => {
        await users.insert({ id: key, fullName: `${textBefore(write)}0` })
      }),
    update: ({ key, write }) =>
      toolkit.run(unit(key), async () => {
        const [updated] = await users.update(next(write), (user) => eq(user.id, key))
        return updated?.revision ?? null
      }),
    amend: ({ key, write }, thinkMs) =>
      toolkit.run(unit(key), async () => {
        await users.findFirst({ columns: { fullName: true }, where: (user) => eq(user.id, key) })
        await sleep(thinkMs)
        const [updated] = await users.update(next(write), (user) => eq(user.id, key))
        return updated?.revision ?? null
      }),
    upsert: ({ key, write }) =>
      toolkit.run(unit(key), async () => {
        const row = { id: key, fullName: `${textBefore(write)}0` }
        return (await users.upsert(row, { target: 'id', set: next(write) })).revision
      }),
    delete: (key) =>
      toolkit.run(unit(key), async () => {
        await users.delete((user) => eq(user.id, key))
      }),
    transact: (updates, isolationLevel) =>
      toolkit.transaction(
        unit(updates[0]?.key ?? 0),
        async () => {
          const versions: (number | null)[] = []
          for (const { key, write } of updates) {
            const [updated] = await users.update(next(write), (user) => eq(user.id, key))
            versions.push(updated?.revision ?? null)
          }
          return versions
        },
        { isolationLevel },
      ),
    async close() {
      await toolkit.stop()
      // Drizzle never gives back a connection that broke between being taken from the pool and BEGIN, and pool.end() would
      // wait for it.
      if (pool.totalCount === pool.idleCount) await pool.end()
      else log(`${pool.totalCount - pool.idleCount} connection(s) were never given back to the pool.`)
    },
  }
}
