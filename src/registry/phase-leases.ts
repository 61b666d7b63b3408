import { type SQL, sql } from 'drizzle-orm'
import type { ProcessChange } from '../../schema/processes.ts'
import { longestLeaseMs } from './lease.ts'

/**
 * The phases of a shared row: `{ "<change>": { "<phase>": "<until>" } }`. Processes that share it may be in different
 * phases, so each phase has a lease of its own, and the oldest and the newest whose lease has not ended count. A process
 * that asks for a phase again extends it; none takes one away, since another may use it still.
 *
 * Times are text of one width in UTC, so that they compare as text and what a hand has left there cannot fail a cast.
 */
const format = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
const pattern = String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`

/** A time as the leases hold it. */
export const asLeaseTime = (time: SQL): SQL => sql`to_char((${time}) AT TIME ZONE 'UTC', ${sql.raw(`'${format}'`)})`

/** The leases of one process: the oldest and the newest phase that it uses of each change; what lies between is spanned. */
export function phaseLeasesOf(changes: Readonly<Record<string, ProcessChange>>, leaseUntil: SQL): SQL {
  const phases = JSON.stringify(
    Object.entries(changes).flatMap(([change, { oldestPhase, newestPhase = oldestPhase }]) =>
      [oldestPhase, newestPhase].map((phase) => ({ change, phase })),
    ),
  )
  return sql`(SELECT coalesce(jsonb_object_agg(one.change, one.phases), '{}') FROM (
    SELECT used.change, jsonb_object_agg(used.phase, ${asLeaseTime(leaseUntil)}) AS phases
    FROM jsonb_to_recordset(${phases}::jsonb) AS used(change text, phase text) GROUP BY used.change
  ) AS one)`
}

/** Those of the row and those of the process that renews it, without what has ended or can be nobody's. */
export const mergedPhaseLeases: SQL = sql`(
  SELECT coalesce(jsonb_object_agg(merged.change, merged.phases), '{}') FROM (
    SELECT one.change, jsonb_object_agg(one.phase, one.until) AS phases FROM (
      SELECT change.key AS change, phase.key AS phase, max(phase.value COLLATE "C") AS until
      FROM (VALUES (processes.phase_leases), (excluded.phase_leases)) AS side(leases),
        jsonb_each(CASE jsonb_typeof(side.leases) WHEN 'object' THEN side.leases ELSE '{}' END) AS change,
        jsonb_each_text(CASE jsonb_typeof(change.value) WHEN 'object' THEN change.value ELSE '{}' END) AS phase
      WHERE phase.value ~ ${sql.raw(`'${pattern}'`)}
        AND phase.value COLLATE "C" > ${asLeaseTime(sql`now()`)}
        AND phase.value COLLATE "C" <= ${asLeaseTime(sql`now() + make_interval(secs => ${sql.raw(String(longestLeaseMs / 1000))})`)}
      GROUP BY change.key, phase.key
    ) AS one GROUP BY one.change
  ) AS merged
)`
