import { createToolkit, type FlagPort } from 'drizzle-expand-contract'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Phase } from '../../../src/phase/phase.ts'
import { badges, change, changes, people, schema } from './stage.ts'

/** No poll and no renewal comes by itself in a story: a service sees what the story lets it see. */
const never = 3_600_000

/** One process of the new release, which learns of a transition when the story refreshes it. */
export type Service = Awaited<ReturnType<typeof startService>>

export async function startService(url: string, name: string, flags: FlagPort) {
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  pool.on('error', () => undefined)
  let phase: Phase = 'planned'
  const toolkit = createToolkit({
    db: drizzle({ client: pool }),
    schema,
    changes,
    flags,
    process: { name, release: 'story' },
    pollMs: never,
    leaseMs: 2 * never,
    // For the table without a trigger, of which no row speaks: both of its columns are written.
    control: 'optional',
    log: (event) => {
      if ('phase' in event && event.type !== 'read-clamped' && event.changeId === change.id) phase = event.phase
    },
  })
  await toolkit.start()
  return {
    name,
    toolkit,
    people: toolkit.repository(people),
    badges: toolkit.repository(badges),
    /** By which it acts: the one that it saw last. */
    get phase(): Phase {
      return phase
    },
    async stop() {
      await toolkit.stop()
      await pool.end()
    },
  }
}
