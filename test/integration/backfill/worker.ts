// A backfill in a process of its own, to be killed: `worker.ts <url> <table> <rows of a page> <direction>`.
import { runBackfill } from '../../../src/backfill/index.ts'
import type { FillDirection } from '../../../src/control/change-row.ts'
import { openSession } from '../../../src/control/session.ts'
import { declare } from './declared.ts'

const [url, table, pageRows, direction] = process.argv.slice(2) as [string, string, string, FillDirection]
const { change, sides } = declare(table)
const session = await openSession(url, `worker of ${table}`)
await runBackfill(session, change, sides, { pageRows: Number(pageRows), direction })
await session.close()
