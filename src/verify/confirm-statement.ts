import { defaultScope } from '../../schema/namespace.ts'
import type { Sides } from '../change/sides.ts'
import { type Phase, phases, type Side } from '../phase/phase.ts'
import { literal, qualified } from '../sql/identifier.ts'
import { type Judgement, judgementBy } from '../sync/index.ts'
import { keyAsJson, keyEquals } from '../walk/key-sql.ts'
import { quarantineStatement } from '../walk/quarantine-statements.ts'
import type { KeyColumn } from '../walk/table-shape.ts'

export interface ConfirmInput {
  readonly changeId: string
  readonly epoch: number
  /** The side that holds the truth. */
  readonly truth: Side
  readonly sides: Sides
  readonly key: readonly KeyColumn[]
  readonly suspects: readonly (readonly string[])[]
}

/**
 * Looks at suspects again under their row locks, where no writer is in between: what still differs is a mismatch, and its
 * key is recorded unless it is on record already; what the transform rejects goes to quarantine. Locks the rows of both
 * kinds FOR NO KEY UPDATE.
 *
 * Suspects come in the order of the key. To ask for it with ORDER BY would make the planner go through the whole index
 * (25 s for 500 suspects in 200,000 rows).
 */
export function confirmStatement(input: ConfirmInput): string {
  const { changeId, sides, key, suspects } = input
  const judgement = judgementOf(input)
  const { rejected, passedOn, rowDisagrees } = judgement
  const looked = `SELECT ${keyAsJson(key)} AS key${rejected === undefined ? '' : `, ${passedOn}`}
       FROM ${suspectsAsRows(suspects)}
       JOIN ${qualified(sides.table)} AS t ON ${keyEquals(key, 'suspect.key')}
      WHERE ${rowDisagrees}
        FOR NO KEY UPDATE OF t`
  if (rejected === undefined) return recording(input, [['confirmed', looked]], 'NULL')
  return recording(
    input,
    [
      ['looked', looked],
      ['confirmed', `SELECT key FROM looked WHERE ${judgement.differs}`],
      [
        'quarantined',
        quarantineStatement(changeId, `(SELECT key, verdict AS reason FROM looked WHERE ${rejected}) AS rejected`),
      ],
    ],
    'NULL',
  )
}

/**
 * As `confirmStatement`, and copies from the side that holds the truth while the lock is held; rows that the transform
 * rejects it leaves alone. Does nothing where the truth has moved to the other side: the change is pinned by a statement
 * before.
 */
export function repairStatement(input: ConfirmInput): string {
  const { changeId, sides, key, suspects, truth } = input
  const { copying, rowDiffers } = judgementOf(input)
  const phasesOfTruth = (Object.keys(phases) as Phase[]).filter((phase) => phases[phase].truth === truth)
  const repaired = `UPDATE ${qualified(sides.table)} AS t
        SET ${copying}
       FROM ${suspectsAsRows(suspects)}
      WHERE ${keyEquals(key, 'suspect.key')} AND ${rowDiffers}
        AND EXISTS (SELECT FROM expand_contract.changes
                     WHERE ${changeIs(changeId)}
                       AND phase IN (${phasesOfTruth.map(literal).join(', ')}))
     RETURNING ${keyAsJson(key)} AS key`
  return recording(input, [['confirmed', repaired]], 'now()')
}

function judgementOf({ truth, changeId, sides }: ConfirmInput): Judgement {
  return judgementBy(truth, changeId, sides)
}

/** Records the keys that the query `confirmed` yields as mismatches, and answers how many there are. */
function recording(
  { changeId, epoch }: ConfirmInput,
  queries: readonly (readonly [name: string, query: string])[],
  repairedAt: 'NULL' | 'now()',
): string {
  return `WITH ${queries.map(([name, query]) => `${name} AS (\n     ${query}\n)`).join(', ')}, on_record AS MATERIALIZED (
     SELECT key FROM expand_contract.mismatches
      WHERE scope = ${literal(defaultScope)} AND change_id = ${literal(changeId)} AND repaired_at IS NULL
), recorded AS (
     INSERT INTO expand_contract.mismatches (scope, change_id, epoch, key, repaired_at)
     SELECT ${literal(defaultScope)}, ${literal(changeId)}, ${epoch}, confirmed.key, ${repairedAt}
       FROM confirmed
      WHERE NOT EXISTS (SELECT FROM on_record WHERE on_record.key = confirmed.key)
)
SELECT count(*)::float8 AS confirmed FROM confirmed`
}

/** Keeps transitions away while suspects are looked at: the change is pinned first, then rows of tables are locked, as everywhere. */
export function pinStatement(changeId: string): string {
  return `SELECT phase FROM expand_contract.pin_phase(${literal(changeId)}, ${literal(defaultScope)})`
}

/** Lockers of suspects and of the change's row: a query of one column, `xmax`. */
export function suspectLockersStatement({ changeId, sides, key, suspects }: ConfirmInput): string {
  return `SELECT t.xmax FROM ${qualified(sides.table)} AS t
            JOIN ${suspectsAsRows(suspects)} ON ${keyEquals(key, 'suspect.key')}
   UNION ALL SELECT xmax FROM expand_contract.changes WHERE ${changeIs(changeId)}`
}

function suspectsAsRows(suspects: ConfirmInput['suspects']): string {
  return `jsonb_array_elements(${literal(JSON.stringify(suspects))}::jsonb) AS suspect(key)`
}

function changeIs(changeId: string): string {
  return `scope = ${literal(defaultScope)} AND id = ${literal(changeId)}`
}
