import { identifier, qualified } from '../../sql/identifier.ts'
import { installSync } from '../../sync/index.ts'
import { type ChangeContext, helperIndex, indexSql, uniqueIndexes } from '../new-column.ts'
import { withNotValid } from '../not-valid.ts'
import { oldDefault } from '../old-default.ts'
import type { Chunk, Statement } from '../sql-file.ts'
import { stepFile } from '../step-file.ts'

/** Adds the new column and, where the change has one, the sync trigger; then what makes reads of it fast and writes to it checked. */
export async function expandFile(context: ChangeContext): Promise<string> {
  const { change, sides } = context
  const [old, next] = [identifier(sides.old.name), identifier(sides.next.name)]
  const chunks: Chunk[] = [
    [await newColumn(context), ...(change.sync === 'trigger' ? syncTrigger(context) : [])],
    ...(await foreignKeysAndChecks(context)),
    ...(await indexes(context)),
  ]
  return stepFile(
    'expand',
    change,
    sides,
    change.sync === 'trigger'
      ? `Adds ${next} beside ${old}; from then on a trigger keeps both the same.`
      : `Adds ${next} beside ${old}. There is no trigger: repositories keep both the same once they write both.`,
    chunks,
  )
}

async function newColumn({ addColumnSql }: ChangeContext): Promise<Statement> {
  return {
    why: `No rewrite and no scan: the column starts empty, without NOT NULL and DEFAULT, so that old releases may leave it out. ACCESS EXCLUSIVE, for an instant.`,
    sql: await addColumnSql(),
  }
}

/** Together with the column, so that no row is ever written to the new structure without its trigger. */
function syncTrigger({ change, sides, old }: ChangeContext): Chunk {
  const moved = oldDefault(old.column)
  const [first, ...rest] = installSync(change, sides, 'old', { oldDefault: moved.intoTrigger })
  return [
    ...(moved.why === undefined ? [] : [dropDefault(sides, moved.why)]),
    {
      why: 'The sync trigger, in the transaction of the column: no write passes it by. SHARE ROW EXCLUSIVE: waits for open writers; reads go on.',
      sql: first!,
    },
    ...rest.map((sql) => ({ sql })),
  ]
}

function dropDefault(sides: ChangeContext['sides'], why: string): Statement {
  return { why, sql: `ALTER TABLE ${qualified(sides.table)} ALTER COLUMN ${identifier(sides.old.name)} DROP DEFAULT` }
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
