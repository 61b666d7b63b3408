import { labApplication, type Site } from '../lab/site.ts'
import type { Fault } from './fault.ts'

/** Ends connections of everybody but the lab, wherever they are in their transactions. */
export const connectionStorm: Fault = {
  name: 'connection-storm',
  does: 'pg_terminate_backend on connections of all processes at once, several times in a row',
  async inject(site, random) {
    const waves = random.between(1, 4)
    await site.explanations.during(brokenCommands, async () => {
      for (let wave = 0; wave < waves; wave += 1) await terminate(site, random.pick([30, 100]))
    })
    site.tally.add('connection storm')
  },
}

const brokenCommands = {
  codes: ['EC_CONNECTION_LOST', 'EC_UNREACHABLE', 'EC_MIGRATION_FAILED'],
  because: 'a command whose connection was terminated',
}

async function terminate({ admin, tally }: Site, percent: number): Promise<void> {
  const { rows } = await admin.query<{ ended: number }>(
    `SELECT count(pg_terminate_backend(pid))::int AS ended FROM pg_stat_activity
      WHERE datname = current_database() AND application_name <> $1 AND random() * 100 < $2`,
    [labApplication, percent],
  )
  tally.add('connections terminated', rows[0]?.ended ?? 0)
}
