// A service in a process of its own, to be stopped and killed: `service.ts <url> <lease in ms>`.
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { createToolkit } from '../../../../src/index.ts'
import * as schema from './schema.ts'

const [url, leaseMs] = process.argv.slice(2) as [string, string]
const pool = new pg.Pool({ connectionString: url })
const toolkit = createToolkit({
  db: drizzle({ client: pool }),
  schema,
  changes: schema,
  process: { name: 'billing', release: '4f2a1c' },
  pollMs: 50,
  leaseMs: Number(leaseMs),
  log: () => {},
})
await toolkit.start()
process.once('SIGTERM', async () => {
  await toolkit.stop()
  await pool.end()
  process.disconnect()
})
process.send?.('started')
process.on('disconnect', () => process.exit())
