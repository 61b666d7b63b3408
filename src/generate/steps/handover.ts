import type { ColumnSnapshot } from '../../drizzle/snapshot.ts'
import { boundedName, identifier, qualified } from '../../sql/identifier.ts'
import { type ChangeContext, helperIndex, indexOfConstraint, indexSql } from '../change-context.ts'
import { forCount, quotedColumns } from '../in-words.ts'
import type { Chunk } from '../sql-file.ts'
import { stepFile } from '../step-file.ts'
import { relaxOld } from './relax-old.ts'

/** Makes the new columns what the schema declares, except for defaults: the trigger still has to see what is left out. */
export async function handoverFile(context: ChangeContext): Promise<string> {
  const { change, sides } = context
  const chunks: Chunk[] = [
    ...context.next.columns.flatMap((column) => notNull(context, column)),
    ...(await uniqueConstraints(context)),
    ...(await uniqueIndexes(context)),
    ...validations(context),
    ...(await readers(context)),
    ...policiesOfOld(context),
    ...relaxOld(context),
  ]
  const what =
    chunks.length === 0
      ? `Nothing to do: ${quotedColumns(sides.next)} ${forCount(sides.next, 'has', 'have')} no constraint that waits for ${forCount(sides.next, 'its', 'their')} rows to be filled.`
      : `Gives ${quotedColumns(sides.next)} the constraints that the schema declares, now that all rows are filled.`
  return stepFile('handover', change, sides, what, chunks)
}

/** SET NOT NULL alone would read the whole table under ACCESS EXCLUSIVE; with a valid check it does not (PostgreSQL 12). */
function notNull({ sides }: ChangeContext, { name, notNull }: ColumnSnapshot): readonly Chunk[] {
  if (!notNull) return []
  const table = `ALTER TABLE ${qualified(sides.table)}`
  const column = identifier(name)
  const check = identifier(boundedName('~ec_', name, '_not_null'))
  return [
    [
      {
        why: 'Refuses NULL from now on and reads no row. ACCESS EXCLUSIVE, for an instant.',
        sql: `${table} ADD CONSTRAINT ${check} CHECK (${column} IS NOT NULL) NOT VALID`,
      },
    ],
    [
      {
        why: 'Reads the table once. SHARE UPDATE EXCLUSIVE: reads and writes go on.',
        sql: `${table} VALIDATE CONSTRAINT ${check}`,
      },
    ],
    [
      {
        why: 'The valid check is proof enough, so no row is read again. ACCESS EXCLUSIVE, for an instant.',
        sql: `${table} ALTER COLUMN ${column} SET NOT NULL`,
      },
      { sql: `${table} DROP CONSTRAINT ${check}` },
    ],
  ]
}

async function uniqueConstraints(context: ChangeContext): Promise<readonly Chunk[]> {
  const chunks: Chunk[] = []
  for (const unique of Object.values(context.next.uniqueConstraints)) {
    const index = indexOfConstraint(unique)
    const name = identifier(unique.name)
    const create = (await indexSql(context, index)).replace(/;$/, '')
    chunks.push(
      [
        {
          why: 'CONCURRENTLY: SHARE UPDATE EXCLUSIVE, reads and writes go on while it is built.',
          sql: unique.nullsNotDistinct ? `${create} NULLS NOT DISTINCT` : create,
        },
      ],
      [
        {
          why: 'The index becomes the constraint that the schema declares. ACCESS EXCLUSIVE, for an instant.',
          sql: `ALTER TABLE ${qualified(context.sides.table)} ADD CONSTRAINT ${name} UNIQUE USING INDEX ${name}`,
        },
      ],
      dropHelper(context, helperIndex(index).name),
    )
  }
  return chunks
}

async function uniqueIndexes(context: ChangeContext): Promise<readonly Chunk[]> {
  const chunks: Chunk[] = []
  for (const index of Object.values(context.next.indexes).filter(({ isUnique }) => isUnique)) {
    chunks.push(
      [
        {
          why: 'CONCURRENTLY: SHARE UPDATE EXCLUSIVE, reads and writes go on while it is built.',
          sql: await indexSql(context, index),
        },
      ],
      dropHelper(context, helperIndex(index).name),
    )
  }
  return chunks
}

function dropHelper({ sides }: ChangeContext, name: string): Chunk {
  return [
    {
      why: 'The unique index serves its reads now. CONCURRENTLY: reads and writes go on.',
      sql: `DROP INDEX CONCURRENTLY ${qualified({ schema: sides.table.schema, name })}`,
    },
  ]
}

function validations({ sides, next }: ChangeContext): readonly Chunk[] {
  return [...Object.keys(next.checkConstraints), ...Object.keys(next.foreignKeys)].map((name) => [
    {
      why: 'Reads the table once. SHARE UPDATE EXCLUSIVE: reads and writes go on.',
      sql: `ALTER TABLE ${qualified(sides.table)} VALIDATE CONSTRAINT ${identifier(name)}`,
    },
  ])
}

async function readers({ next, readersSql }: ChangeContext): Promise<readonly Chunk[]> {
  const columns = forCount(next.columns, 'the new column, which is', 'the new columns, which are')
  const why = `Reads ${columns} filled now. Catalog only.`
  return (await readersSql()).map((sql) => [{ why, sql }])
}

/**
 * Those on the new columns decide the same from here on. A policy that stayed would stand in the way of the contract. It
 * may be gone already, from a database whose owner made room by hand.
 */
function policiesOfOld({ sides, old, next }: ChangeContext): readonly Chunk[] {
  const drops = Object.values(old.policies).map(({ name }) => ({
    sql: `DROP POLICY IF EXISTS ${identifier(name)} ON ${qualified(sides.table)}`,
  }))
  const [first, ...rest] = drops
  if (first === undefined) return []
  return [
    [
      {
        why: `The policy of ${forCount(next.columns, 'the new column', 'the new columns')} has taken over. ACCESS EXCLUSIVE, for an instant.`,
        ...first,
      },
      ...rest,
    ],
  ]
}
