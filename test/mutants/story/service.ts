import { createToolkit, type FlagPort } from 'drizzle-expand-contract'
import { drizzle } from 'drizzle-orm/node-postgres'
import type { Phase } from '../../../src/phase/phase.ts'
import { badges, declaredChanges, people, type Stage, schema } from './stage.ts'
import { StoppablePool } from './stoppable-pool.ts'

/** No poll and no renewal comes by itself in a story: a service sees what the story lets it see. */
const never = 1_800_000

/** One process of the new release, which learns of a transition when the story refreshes it. */
export type Service = Awaited<ReturnType<typeof startService>>

export async function startService({ variant, change }: Stage, url: string, name: string, flags: FlagPort) {
  const pool = new StoppablePool({ connectionString: url, max: 4 })
  pool.on('error', () => undefined)
  let phase: Phase = 'planned'
  const toolkit = createToolkit({
    db: drizzle({ client: pool }),
    schema,
    changes: declaredChanges(variant),
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
    /** It was stopped in the middle of a request, and the registry has forgotten it. */
    isAsleep: false,
    stopBefore: (connection: number) => pool.stopBefore(connection),
    async stop() {
      await toolkit.stop()
      await pool.end()
    },
  }
}
