import type { MovedChange, PhaseView } from './phase-view.ts'
import type { Registrar } from './registrar.ts'

interface Followed {
  readonly moved: readonly MovedChange[]
  /** What kept it from reading or registering, the worst first. */
  readonly errors: readonly unknown[]
}

/**
 * Goes on by the phases that the database says, and never by one that the registry does not tell of this process: a step,
 * forward or back, waits for those whom it would harm, and it knows them from there.
 *
 * 1. Looks at the phases.
 * 2. Where the registry does not tell of them yet, or the lease has to be renewed, registers them besides those that are in
 *    use; and looks again where it was not seen with them before, since a step that was taken meanwhile did not wait.
 * 3. Goes on by what was seen last.
 * 4. Takes out of the registry what is in use no more.
 *
 * Never rejects. Where it cannot look, this process goes on by the last known phases, and still renews its registration.
 *
 * @param mayRegister false from the moment on from which nobody may register this process.
 */
export async function followPhases(
  { view, registrar }: { readonly view: PhaseView; readonly registrar: Registrar },
  mayRegister: () => boolean,
): Promise<Followed> {
  const errors: unknown[] = []
  const attempt = <Result>(work: () => Promise<Result>): Promise<Result | undefined> =>
    work().catch((error: unknown) => void errors.push(error))

  let look = await attempt(() => view.look())
  // A process that cannot start says nothing of itself, not even for a moment.
  if (look !== undefined && look.errors.length > 0 && view.isEmpty) return { moved: [], errors: look.errors }
  let unregistered: unknown
  while (look !== undefined && mayRegister() && registrar.isDueBefore(look)) {
    try {
      if (await registrar.renew(look)) break
    } catch (error) {
      unregistered = error
      errors.push(error)
      break
    }
    look = await attempt(() => view.look())
  }
  if (look !== undefined) errors.unshift(...look.errors)
  const moved = look === undefined ? [] : view.adopt(look, unregistered)
  const isDue = unregistered === undefined && (moved.length > 0 || registrar.isDue)
  if (isDue && mayRegister()) await attempt(() => registrar.renew())
  return { moved, errors }
}
