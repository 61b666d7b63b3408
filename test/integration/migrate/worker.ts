// A process that applies the migrations of a folder, and tells its events line by line: what the tests kill.
import { openSession } from '../../../src/control/session.ts'
import { runMigrations } from '../../../src/migrate/index.ts'

const [url, folder] = process.argv.slice(2) as [string, string]
const session = await openSession(url, 'the migrating process')
await runMigrations(session, {
  folder,
  changes: [],
  onEvent: (event) => console.log(JSON.stringify(event)),
})
await session.close()
