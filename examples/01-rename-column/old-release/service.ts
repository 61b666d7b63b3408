/** The old release: Drizzle and nothing else. It has never heard of `full_name`, and runs on while the column appears. */
import { eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import { serve } from '../demo/serve.ts'
import { users } from './schema.ts'

const pool = new Pool({ connectionString: process.env.DATABASE_URL, application_name: 'old-release' })
const db = drizzle({ client: pool })

await serve({
  store: {
    async find(id) {
      const [user] = await db.select({ name: users.name }).from(users).where(eq(users.id, id))
      return user
    },
    async insert(id, name) {
      await db.insert(users).values({ id, name })
    },
    async rename(id, name) {
      const [renamed] = await db
        .update(users)
        .set({ name, revision: sql`${users.revision} + 1` })
        .where(eq(users.id, id))
        .returning({ revision: users.revision })
      return renamed?.revision
    },
    async upsert(id, name) {
      const [upserted] = await db
        .insert(users)
        .values({ id, name })
        .onConflictDoUpdate({ target: users.id, set: { name, revision: sql`${users.revision} + 1` } })
        .returning({ revision: users.revision })
      return upserted!.revision
    },
    async delete(id) {
      await db.delete(users).where(eq(users.id, id))
    },
  },
  close: () => pool.end(),
})
