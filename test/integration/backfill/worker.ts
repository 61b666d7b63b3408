// A backfill in a process of its own, to be killed: `worker.ts <url> <table> <rows of a page>`.
import { runBackfill } from '../../../src/backfill/index.ts'
import { openSession } from '../../../src/control/session.ts'
import { declare } from './declared.ts'

const [url, table, pageRows] = process.argv.slice(2) as [string, string, string]
const { change, sides } = declare(table)
const session = await openSession(url, `worker of ${table}`)
await runBackfill(session, change, sides, { pageRows: Number(pageRows) })
await session.close()
