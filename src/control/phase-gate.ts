import { defaultScope } from '../../schema/namespace.ts'
import type { Gate } from '../sql/gate.ts'

/** The first four bytes of sha256('expand_contract phase'), as PostgreSQL's integer. */
const phaseGates = -628329636

/**
 * What keeps a change in its phase while writers are under way that were told the phase by the database. They hold it in
 * shared mode by the function `pin_phase`, which makes the same key; a step that moves the phase closes it.
 */
export function phaseGate(changeId: string): Gate {
  return { kind: phaseGates, name: `${defaultScope} ${changeId}` }
}
