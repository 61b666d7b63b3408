/**
 * The new release: one deploy that is right in every phase. It speaks of `fullName` from its first day, whatever the
 * database has by then.
 */
import { createToolkit } from 'drizzle-expand-contract'
import { memoryFlags } from 'drizzle-expand-contract/testing'
import { eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import * as changes from './changes.ts'
import { report, serve } from './demo/serve.ts'
import * as schema from './schema.ts'

const name = process.env.SERVICE_NAME ?? 'service'
const pool = new Pool({ connectionString: process.env.DATABASE_URL, application_name: name })

/** The director of the demo plays the flag service. */
const flags = { ...memoryFlags({ [changes.userFullName.id]: false }), name: 'demo' }

const toolkit = createToolkit({
  db: drizzle({ client: pool }),
  schema,
  changes,
  flags,
  process: { name, release: 'v2' },
  pollMs: Number(process.env.POLL_MS ?? 1_000),
  leaseMs: 5_000,
  log: (event) => report({ report: 'event', event }),
})
await toolkit.start()

const users = toolkit.repository(schema.users)

await serve({
  store: {
    find: (id) =>
      toolkit.run({ userId: id }, async () => {
        const user = await users.findFirst({ columns: { fullName: true }, where: (user) => eq(user.id, id) })
        return user && { name: user.fullName }
      }),
    insert: (id, name) =>
      toolkit.run({ userId: id }, async () => {
        await users.insert({ id, fullName: name })
      }),
    rename: (id, name) =>
      toolkit.run({ userId: id }, async () => {
        const [renamed] = await users.update(
          (user) => ({ fullName: name, revision: sql`${user.revision} + 1` }),
          (user) => eq(user.id, id),
        )
        return renamed?.revision
      }),
    upsert: (id, name) =>
      toolkit.run({ userId: id }, async () => {
        const upserted = await users.upsert(
          { id, fullName: name },
          { target: 'id', set: (user) => ({ fullName: name, revision: sql`${user.revision} + 1` }) },
        )
        return upserted.revision
      }),
    delete: (id) =>
      toolkit.run({ userId: id }, async () => {
        await users.delete((user) => eq(user.id, id))
      }),
  },
  onFlag: (percent) => flags.set(changes.userFullName.id, percent),
  close: async () => {
    await toolkit.stop()
    await pool.end()
  },
})
