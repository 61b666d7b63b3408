import { errorCode, failure, withoutValues } from '../errors/index.ts'
import type { Session } from './session.ts'

const insufficientPrivilege = '42501'

/** Says which role lacks which right for what, instead of that a statement failed. @throws ExpandContractError EC_RIGHT_MISSING */
export async function namingRights<Result>(
  { client }: Pick<Session, 'client'>,
  action: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (errorCode(error) !== insufficientPrivilege) throw error
    const { rows } = await client.query<{ role: string }>('SELECT current_user::text AS role')
    const cause = withoutValues(error)
    throw failure('EC_RIGHT_MISSING', { role: rows[0]!.role, action, problem: cause.message }, cause)
  }
}
