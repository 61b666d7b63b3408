import { defaultScope } from '../../schema/namespace.ts'
import type { Pin } from '../sql/pin.ts'

/** The first four bytes of sha256('expand_contract phase'), as PostgreSQL's integer. */
const phasePins = -628329636

/**
 * What keeps a change in its phase while writers are under way that were told the phase by the database. They hold it in
 * shared mode by the function `pin_phase`, which makes the same key; a step that moves the phase takes it in exclusive mode.
 */
export function phasePin(changeId: string): Pin {
  return { kind: phasePins, name: `${defaultScope} ${changeId}`, keeps: `the phase of change "${changeId}"` }
}
