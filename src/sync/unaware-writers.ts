import { defaultScope } from '../../schema/namespace.ts'
import { orderedPhases, type Phase, phases } from '../phase/phase.ts'
import { literal } from '../sql/identifier.ts'
import { syncNames } from './names.ts'

/**
 * The sync trigger looks at one session at most once in this time, per change, in milliseconds. A session that keeps
 * writing is named again and again, so "not named for longer than this" means that it has stopped.
 */
export const recordingIntervalMs = 2_000

/**
 * Statements for the body of the sync function that name the session which made the sides disagree, in
 * `expand_contract.unaware_writers`.
 *
 * They never fail the write and never wait: the insert appends, its table lock is taken with NOWAIT, and whatever goes
 * wrong is passed over. Only a cancelled statement ends here as it would anywhere. The phase that they see may be stale
 * (the snapshot of a REPEATABLE READ transaction): that costs a line of the report, never data.
 *
 * The time of the last look is kept in a setting of the session, which a rollback undoes together with the insert. It is
 * compared as text, so that nothing written to the setting by others can raise.
 *
 * @param side a variable that holds which side was written: `old`, `new` or `both`.
 */
export function recordUnawareWriter(changeId: string, side: string): string {
  const setting = literal(syncNames(changeId).throttleSetting)
  return `
  IF coalesce(current_setting(${setting}, true), '') COLLATE "C"
    < (extract(epoch FROM clock_timestamp()) * 1000 - ${recordingIntervalMs})::bigint::text COLLATE "C" THEN
    PERFORM set_config(${setting}, (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text, false);
    IF to_regclass('expand_contract.unaware_writers') IS NOT NULL THEN
      BEGIN
        LOCK TABLE expand_contract.changes IN ACCESS SHARE MODE NOWAIT;
        LOCK TABLE expand_contract.unaware_writers IN ROW EXCLUSIVE MODE NOWAIT;
        INSERT INTO expand_contract.unaware_writers
          (scope, change_id, at, side, operation, role, application, client, pid)
        SELECT change.scope, change.id, clock_timestamp(), ${side}, TG_OP, session_user,
          current_setting('application_name'), inet_client_addr(), pg_backend_pid()
        FROM expand_contract.changes AS change
        WHERE change.scope = ${literal(defaultScope)} AND change.id = ${literal(changeId)}
          AND (change.phase IN (${phasesThatWrite('both')})
            OR change.phase IN (${phasesThatWrite('new')}) AND ${side} <> 'new');
      EXCEPTION WHEN OTHERS THEN NULL;
      END;
    END IF;
  END IF;`
}

/** In phases that write new alone, new alone is what an aware writer writes. */
function phasesThatWrite(write: 'both' | 'new'): string {
  return orderedPhases
    .filter((phase: Phase) => phases[phase].write === write)
    .map(literal)
    .join(', ')
}
