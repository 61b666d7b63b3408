import { columnTypes } from '../catalog/columns.ts'
import type { Facts } from '../phase/facts.ts'
import { problemOfTypes, readSideTypes } from '../walk/side-types.ts'
import type { Target } from './target.ts'

/** What the catalog says of the columns of both sides, and whether values can be copied between them. */
export async function readColumns(
  { session, sides }: Target,
  inWords: (columns: readonly string[]) => string,
): Promise<Pick<Facts, 'columns' | 'typeProblem'>> {
  const { table, transform } = sides
  const [old, next] = [sides.old, sides.next].map((side) => side.map(({ name }) => name)) as [string[], string[]]
  const types = await columnTypes(session.db, table, [...old, ...next])
  const typeOf = (names: readonly string[]) =>
    names.every((name) => types.has(name)) ? names.map((name) => types.get(name)).join(', ') : undefined
  const columns = { old: typeOf(old), new: typeOf(next) }
  if (columns.old === undefined || columns.new === undefined) return { columns, typeProblem: undefined }
  if (transform.isIdentity) {
    const problem = `${inWords(old)} is ${columns.old} and ${inWords(next)} is ${columns.new}: give them one type`
    return { columns, typeProblem: columns.old === columns.new ? undefined : problem }
  }
  const problem = problemOfTypes(sides, await readSideTypes(session.client, sides))
  return { columns, typeProblem: problem && `table ${table.name} has changed: ${problem}; give it that type` }
}
