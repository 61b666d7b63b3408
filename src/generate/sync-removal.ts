import type { AnyChange } from '../change/change.ts'
import type { SqlTransform } from '../change/sql-transform.ts'
import type { QualifiedName } from '../sql/identifier.ts'
import { dropTransformFunctions, removeSync } from '../sync/index.ts'
import type { Statement } from './sql-file.ts'

/** The statements that take triggers and functions of a change away, beside the one that takes its columns. */
export function syncRemoval(
  { id, sync }: Pick<AnyChange, 'id' | 'sync'>,
  { table, transform }: { readonly table: QualifiedName; readonly transform: SqlTransform },
): readonly Statement[] {
  return [
    ...(sync === 'trigger'
      ? explained(
          'Trigger and column leave together. ACCESS EXCLUSIVE, for an instant.',
          removeSync({ id }, { table, transform }),
        )
      : []),
    ...explained(
      'Nothing computes with the transform any more. Locks no table.',
      dropTransformFunctions(id, transform),
    ),
  ]
}

function explained(why: string, [first, ...rest]: readonly string[]): readonly Statement[] {
  return first === undefined ? [] : [{ why, sql: first }, ...rest.map((sql) => ({ sql }))]
}
