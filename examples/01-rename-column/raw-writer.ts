/** A process that writes by SQL of its own, past every release: a script, a report, another team's service. */
import { Pool } from 'pg'
import { serve } from './demo/serve.ts'

const pool = new Pool({ connectionString: process.env.DATABASE_URL, application_name: 'raw-writer' })

await serve({
  store: {
    async find(id) {
      const { rows } = await pool.query<{ name: string }>('SELECT name FROM users WHERE id = $1', [id])
      return rows[0]
    },
    async insert(id, name) {
      await pool.query('INSERT INTO users (id, name) VALUES ($1, $2)', [id, name])
    },
    async rename(id, name) {
      const { rows } = await pool.query<{ revision: number }>(
        'UPDATE users SET name = $2, revision = revision + 1 WHERE id = $1 RETURNING revision',
        [id, name],
      )
      return rows[0]?.revision
    },
    async upsert(id, name) {
      const { rows } = await pool.query<{ revision: number }>(
        `INSERT INTO users AS existing (id, name) VALUES ($1, $2)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, revision = existing.revision + 1
         RETURNING revision`,
        [id, name],
      )
      return rows[0]!.revision
    },
    async delete(id) {
      await pool.query('DELETE FROM users WHERE id = $1', [id])
    },
  },
  close: () => pool.end(),
})
