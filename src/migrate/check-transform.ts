import type { ClientBase } from 'pg'
import { functionsWithoutSearchPath } from '../catalog/unsettled-functions.ts'
import type { Sides } from '../change/sides.ts'
import { filledIn } from '../change/sql-transform.ts'
import { namingRights } from '../control/naming-rights.ts'
import { typeName } from '../drizzle/sql-template.ts'
import { ExpandContractError, errorCode, failure, isConnectionLoss, withoutValues } from '../errors/index.ts'
import { identifier } from '../sql/identifier.ts'
import { clientOf, type Run } from './run.ts'
import type { StepChange } from './step-change.ts'

/** A column of one side, the expression that gives it, and the columns that the expression reads. */
interface Result {
  readonly direction: 'forward' | 'backward'
  readonly column: string
  readonly type: string
  readonly expression: string
  readonly operands: Sides['old']
}

/**
 * Refuses a transform that PostgreSQL cannot compute, or that may give another result in another session: its functions
 * are declared IMMUTABLE, and nobody looks again. A table of the session's own holds the columns, so that PostgreSQL itself
 * judges; it is rolled back, and no lock is taken on any other.
 *
 * Functions of the database's own have to know what their names mean, since writers, the sync trigger and the walks of the
 * table call them with different search paths.
 *
 * What leaves the code takes its types with it, so a change that is not declared any more is not looked at.
 *
 * @throws ExpandContractError EC_TRANSFORM_REFUSED, EC_RIGHT_MISSING
 */
export async function checkTransform(run: Run, { id, declared }: StepChange): Promise<void> {
  if (declared === undefined || declared.sides.transform.isIdentity) return
  const { change, sides } = declared
  const isPromisedStable = change.transform.stableBecause !== undefined
  await namingRights(run.session, `check the transform of change "${id}" (in a temporary table)`, async () => {
    for (const result of resultsOf(sides)) await checkResult(run, id, result, isPromisedStable)
  })
}

function resultsOf({ old, next, transform }: Sides): readonly Result[] {
  const side = (direction: Result['direction'], operands: Sides['old'], columns: Sides['next']) =>
    columns.map(({ name, column }, index) => ({
      direction,
      column: name,
      type: typeName(column),
      expression: filledIn(
        transform[direction][index]!,
        operands.map((operand) => identifier(operand.name)),
      ),
      operands,
    }))
  return [...side('forward', old, next), ...side('backward', next, old)]
}

async function checkResult(run: Run, id: string, result: Result, isPromisedStable: boolean): Promise<void> {
  const client = clientOf(run)
  const { direction, column } = result
  await client.query('BEGIN')
  try {
    const operands = result.operands.map(({ name, column: operand }) => `${identifier(name)} ${typeName(operand)}`)
    await client.query(`CREATE TEMPORARY TABLE ${table} (${operands.join(', ')})`)
    // Like a function of the row, a check may read nothing but the row.
    await client.query(`ALTER TABLE ${table} ADD CHECK ((${result.expression}) IS NULL)`)
    await requireSearchPaths(client, id, result)
    if (!isPromisedStable) {
      await client.query(
        `ALTER TABLE ${table} ADD COLUMN ${identifier(column)} ${result.type} GENERATED ALWAYS AS (${result.expression}) STORED`,
      )
    }
  } catch (error) {
    if (error instanceof ExpandContractError || isConnectionLoss(error) || errorCode(error) === insufficientPrivilege)
      throw error
    const problem = errorCode(error) === notImmutable ? undefined : withoutValues(error).message
    throw failure('EC_TRANSFORM_REFUSED', { id, direction, column, problem }, withoutValues(error))
  } finally {
    await client.query('ROLLBACK').catch(() => undefined) // a connection that broke has nothing to roll back
  }
}

async function requireSearchPaths(client: ClientBase, id: string, { direction, column }: Result): Promise<void> {
  const [unsettled] = await functionsWithoutSearchPath(client, table)
  if (unsettled === undefined) return
  throw failure('EC_TRANSFORM_REFUSED', { id, direction, column, problem: undefined, unsettled })
}

const table = 'pg_temp."~ec_transform"'
const insufficientPrivilege = '42501'
/** `invalid_object_definition`: "generation expression is not immutable". */
const notImmutable = '42P17'
