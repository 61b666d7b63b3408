/**
 * The checker: a process of its own that reads the ledgers and the table after all writers have ended, and says what was
 * lost. It knows nothing of the change and shares no memory with what it judges.
 *
 *   DATABASE_URL=… node checker.ts <directory of the ledgers>
 */
import { Pool } from 'pg'
import { judge } from './demo/judge.ts'
import { readLedgers } from './demo/ledger.ts'
import { readUsers } from './demo/users-table.ts'

const [directory] = process.argv.slice(2)
if (directory === undefined) throw new Error('Which directory holds the ledgers?')

const pool = new Pool({ connectionString: process.env.DATABASE_URL, application_name: 'checker' })
console.log(JSON.stringify(judge(readLedgers(directory), await readUsers(pool))))
await pool.end()
