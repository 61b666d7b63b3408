import { type SQL, sql } from 'drizzle-orm'

/** Milliseconds from the last renewal of the row until now; 0 where a hand has put that renewal elsewhere. */
const sinceRenewal = sql`CASE WHEN isfinite(processes.renewed_at)
  THEN greatest(0, round(extract(epoch FROM now() - processes.renewed_at) * 1000)) ELSE 0 END`

/**
 * What the processes of a shared row say of their changes: the last to renew it counts, but that one of the others has
 * read old a moment ago is kept, since `next` waits for the end of such reads. `least` passes over what is NULL.
 */
export const mergedChanges: SQL = sql`(
  SELECT coalesce(jsonb_object_agg(said.key, jsonb_set(said.value, '{keyedReads,lastOldAgoMs}', coalesce(to_jsonb(
      least((said.value #>> '{keyedReads,lastOldAgoMs}')::numeric, before.ago::numeric + ${sinceRenewal})
    ), 'null'))), '{}')
  FROM jsonb_each(excluded.changes) AS said,
    LATERAL (SELECT substring(processes.changes #>> ARRAY[said.key, 'keyedReads', 'lastOldAgoMs'] FROM '^[0-9]{1,15}$') AS ago) AS before
)`
