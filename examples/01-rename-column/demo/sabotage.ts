import { fileURLToPath } from 'node:url'
import { changeId, type Stage } from './stage.ts'
import {
  backfill,
  deploy,
  dualWrite,
  expand,
  flipHalfWay,
  flipInPlanned,
  killedBackfill,
  newOnly,
  partialReads,
  readNew,
  type Scene,
} from './story.ts'

/**
 * Each story overrides the one guard that would have stopped it, and goes on until the damage is done. What the damage
 * is finds the checker alone, as in the whole story.
 */
export interface Sabotage {
  readonly scenes: readonly Scene[]
  /** Modules that the processes of the new release load first. */
  readonly preload?: readonly string[]
}

/** Until here the old column still holds everything, so nothing is lost yet. */
const dropAllTheSame: Scene = {
  title: 'SABOTAGE: everybody leaves, and the old column is dropped all the same',
  why: 'What the new column holds is all that is left.',
  async play(stage) {
    const { fleet, pool } = stage.props
    await stage.traffic(200)
    await fleet.stopAll()
    await pool.query('ALTER TABLE users DROP COLUMN name CASCADE')
  },
}

export const sabotageNames = ['notrigger', 'nobackfill', 'noclamp', 'dropearly'] as const
export type SabotageName = (typeof sabotageNames)[number]

export const sabotages: Readonly<Record<SabotageName, Sabotage>> = {
  /** Writers that know nothing of the change write the old column alone, and nothing copies. */
  notrigger: {
    scenes: [
      deploy,
      expand,
      {
        title: 'SABOTAGE: the sync trigger does nothing any more',
        why: 'Its function is replaced by an empty one, and what would have told is wiped from the records.',
        async play(stage) {
          const { rows } = await stage.props.pool.query<{ name: string }>(
            `SELECT DISTINCT tgfoid::regprocedure::text AS name FROM pg_trigger
              WHERE tgrelid = 'users'::regclass AND NOT tgisinternal`,
          )
          for (const { name } of rows) {
            await stage.props.pool.query(
              `CREATE OR REPLACE FUNCTION ${name} RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
            )
          }
          await forgetTriggerVersion(stage)
        },
      },
      dualWrite,
      {
        title: 'SABOTAGE: the backfill runs, and the verification is forged',
        why: 'It would have found the rows that have drifted apart since.',
        async play(stage) {
          await stage.command('backfill', changeId)
          await forgeVerification(stage)
        },
      },
      partialReads,
      dropAllTheSame,
    ],
  },

  /** Reads are switched over a half-filled column. */
  nobackfill: {
    scenes: [
      deploy,
      expand,
      dualWrite,
      killedBackfill,
      {
        title: 'SABOTAGE: backfill and verification are forged',
        why: 'Somebody with psql marks them as done.',
        play: forgeVerification,
      },
      partialReads,
      dropAllTheSame,
    ],
  },

  /** Flags are obeyed in every phase. */
  noclamp: {
    preload: [fileURLToPath(new URL('without-clamp.ts', import.meta.url))],
    scenes: [deploy, flipInPlanned, expand, dualWrite, killedBackfill, flipHalfWay],
  },

  /** The old column is dropped while the old release lives. */
  dropearly: {
    scenes: [
      deploy,
      expand,
      dualWrite,
      backfill,
      partialReads,
      readNew,
      newOnly,
      {
        title: 'SABOTAGE: the old column is given up by force',
        why: 'The old release and the raw writer are still there.',
        async play(stage) {
          await stage.command('next', changeId, '--force', 'sabotage of the demo')
          await stage.command('contract', changeId, '--yes', '--force', 'sabotage of the demo')
          await stage.traffic()
        },
      },
    ],
  },
}

/** A trigger whose version nobody knows cannot be told from an altered one. */
async function forgetTriggerVersion({ props: { pool } }: Stage): Promise<void> {
  await pool.query('UPDATE expand_contract.changes SET trigger_version = NULL WHERE id = $1', [changeId])
}

async function forgeVerification({ props: { pool } }: Stage): Promise<void> {
  await pool.query('DELETE FROM expand_contract.mismatches WHERE change_id = $1', [changeId])
  await pool.query(
    `UPDATE expand_contract.changes SET backfill_state = 'done', verified_epoch = epoch, verified_at = now()
      WHERE id = $1`,
    [changeId],
  )
}
