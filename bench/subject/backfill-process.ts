// A backfill in a process of its own, to be killed: bench/subject/killed-backfill.ts starts it.

import { runBackfill } from '../../src/backfill/index.ts'
import { openSession } from '../../src/control/session.ts'
import { rename } from './rename.ts'

const [url, application, pageRows] = process.argv.slice(2) as [string, string, string]
const session = await openSession(url, application)
await runBackfill(session, rename.change, rename.sides, {
  pageRows: Number(pageRows),
  onProgress: ({ pages }) => process.stdout.write(`${pages}\n`),
})
await session.close()
