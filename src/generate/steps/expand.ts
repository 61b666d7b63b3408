import { identifier, qualified } from '../../sql/identifier.ts'
import { createTransformFunctions, installSync, syncSchema } from '../../sync/index.ts'
import { type ChangeContext, helperIndex, indexSql, uniqueIndexes } from '../change-context.ts'
import { forCount, quotedColumns } from '../in-words.ts'
import { withNotValid } from '../not-valid.ts'
import { oldDefaults } from '../old-defaults.ts'
import type { Chunk, Statement } from '../sql-file.ts'
import { stepFile } from '../step-file.ts'

/** Adds the new columns and, where the change has one, the sync trigger; then what makes reads of them fast and writes checked. */
export async function expandFile(context: ChangeContext): Promise<string> {
  const { change, sides } = context
  const [old, next] = [quotedColumns(sides.old), quotedColumns(sides.next)]
  const together = sides.transform.isIdentity ? 'the same' : 'in agreement'
  const chunks: Chunk[] = [
    [
      ...(await newColumns(context)),
      ...transformFunctions(context),
      ...(change.sync === 'trigger' ? syncTrigger(context) : []),
    ],
    ...(await foreignKeysAndChecks(context)),
    ...(await indexes(context)),
  ]
  return stepFile(
    'expand',
    change,
    sides,
    change.sync === 'trigger'
      ? `Adds ${next} beside ${old}; from then on a trigger keeps both ${together}.`
      : `Adds ${next} beside ${old}. There is no trigger: repositories keep both ${together} once they write both.`,
    chunks,
  )
}

async function newColumns({ addColumnsSql, sides }: ChangeContext): Promise<Chunk> {
  const [column, it] = [
    forCount(sides.next, 'the column starts', 'the columns start'),
    forCount(sides.next, 'it', 'them'),
  ]
  const [first, ...rest] = await addColumnsSql()
  return [
    {
      why: `No rewrite and no scan: ${column} empty, without NOT NULL and DEFAULT, so that old releases may leave ${it} out. ACCESS EXCLUSIVE, for an instant.`,
      sql: first!,
    },
    ...rest.map((sql) => ({ sql })),
  ]
}

/** With and without a sync trigger: the backfill and the verification use them too. */
function transformFunctions({ change, sides }: ChangeContext): Chunk {
  const functions = createTransformFunctions(change.id, sides)
  if (functions.length === 0) return []
  return [
    {
      why: 'The transform, once for the trigger, the backfill and the verification. Locks no table.',
      sql: `CREATE SCHEMA IF NOT EXISTS ${identifier(syncSchema)}`,
    },
    ...functions.map((sql) => ({ sql })),
  ]
}

/** Together with the columns, so that no row is ever written to the new structure without its trigger. */
function syncTrigger({ change, sides, old }: ChangeContext): Chunk {
  const moved = oldDefaults(old.columns)
  const [first, ...rest] = installSync(change, sides, 'old', { oldDefaults: moved.intoTrigger })
  return [
    ...moved.drops.map(({ column, why }) => dropDefault(sides, column, why)),
    {
      why: 'The sync trigger, in the transaction of the column: no write passes it by. SHARE ROW EXCLUSIVE: waits for open writers; reads go on.',
      sql: first!,
    },
    ...rest.map((sql) => ({ sql })),
  ]
}

function dropDefault(sides: ChangeContext['sides'], column: string, why: string): Statement {
  return { why, sql: `ALTER TABLE ${qualified(sides.table)} ALTER COLUMN ${identifier(column)} DROP DEFAULT` }
}

async function foreignKeysAndChecks({ next, sqlOf }: ChangeContext): Promise<readonly Chunk[]> {
  const chunks: Chunk[] = []
  for (const check of Object.values(next.checkConstraints)) {
    chunks.push([
      {
        why: 'NOT VALID: holds for rows written from now on and reads none that exist. ACCESS EXCLUSIVE, for an instant.',
        sql: withNotValid(
          await sqlOf(({ checkConstraints }) => ({ checkConstraints: { ...checkConstraints, [check.name]: check } })),
        ),
      },
    ])
  }
  for (const foreignKey of Object.values(next.foreignKeys)) {
    chunks.push([
      {
        why: 'NOT VALID: holds for rows written from now on and reads none that exist. SHARE ROW EXCLUSIVE on both tables, for an instant.',
        sql: withNotValid(
          await sqlOf(({ foreignKeys }) => ({ foreignKeys: { ...foreignKeys, [foreignKey.name]: foreignKey } })),
        ),
      },
    ])
  }
  return chunks
}

async function indexes(context: ChangeContext): Promise<readonly Chunk[]> {
  const chunks: Chunk[] = []
  for (const index of Object.values(context.next.indexes).filter(({ isUnique }) => !isUnique)) {
    chunks.push([
      {
        why: 'CONCURRENTLY: SHARE UPDATE EXCLUSIVE, reads and writes go on while it is built.',
        sql: await indexSql(context, index),
      },
    ])
  }
  for (const unique of uniqueIndexes(context)) {
    chunks.push([
      {
        why: `Not unique yet: makes reads fast until the handover builds ${identifier(unique.name)}. CONCURRENTLY: reads and writes go on.`,
        sql: await indexSql(context, helperIndex(unique)),
      },
    ])
  }
  return chunks
}
