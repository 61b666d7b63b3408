import { hasControlTables } from '../control/install.ts'
import type { Session } from '../control/session.ts'
import { stepStates } from '../control/step-state.ts'
import { failure } from '../errors/index.ts'
import { isHandedOver } from '../phase/step-gates.ts'

/**
 * Refuses to give a change up that one database has handed over. Others have to be looked at by whoever asks for it.
 *
 * @throws ExpandContractError EC_GENERATE
 */
export async function refuseHandedOver(session: Session, changeId: string): Promise<void> {
  if (!(await hasControlTables(session))) return
  const { handover, drop } = await stepStates(session.db, changeId)
  if (!isHandedOver(handover)) return
  throw failure('EC_GENERATE', {
    problem: `Change "${changeId}" cannot be abandoned any more: its handover step has been applied at ${session.address}${drop === 'done' ? ', and its old column dropped' : ''}.`,
    advice:
      'Go on with the change; a rename back can follow it. If that database is one to throw away, which took all steps when it was made: look at another environment instead (its URL in the configuration), and make that one anew afterwards.',
  })
}
