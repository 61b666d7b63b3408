import type { Step } from '../checker.ts'
import { changeRowIsLocked, type State, transactionsOf } from '../state.ts'

/** Somebody with the rights of the owner, who disables the sync trigger for a while. */
export function handSteps(state: State): Step[] {
  const { control } = state
  const tableIsFree = transactionsOf(state).every(({ at }) => at <= 0) && !changeRowIsLocked(state)
  if (!tableIsFree || control.mode === null) return []
  const alter = (triggerOn: boolean): State => ({ ...state, control: { ...control, triggerOn, altered: true } })
  return [
    control.triggerOn
      ? { label: 'a hand disables the sync trigger', state: alter(false) }
      : { label: 'a hand enables the sync trigger again', state: alter(true) },
  ]
}
