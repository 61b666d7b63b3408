// One step back in a process of its own, to be killed: `back-worker.ts <url> <true|false: copy-back>`.
import { planBack } from '../../../src/advance/plan.ts'
import { takeBack } from '../../../src/advance/take-back.ts'
import type { Target } from '../../../src/advance/target.ts'
import type { AnyChange } from '../../../src/change/change.ts'
import { sidesOf } from '../../../src/change/sides.ts'
import { openSession } from '../../../src/control/session.ts'
import { declareLedger } from './ledger-change.ts'

const [url, copyBack] = process.argv.slice(2) as [string, string]
const change = declareLedger({ copyBack: copyBack === 'true' }) as unknown as AnyChange
const session = await openSession(url, 'operator to be killed')
const target: Target = {
  session,
  change,
  changes: [change],
  sides: sidesOf(change),
  migrations: { folder: 'none', migrationsTable: '__drizzle_migrations', migrationsSchema: 'drizzle' },
  casing: undefined,
  lockTimeoutMs: 30_000,
}
await takeBack(target, await planBack(target))
await session.close()
