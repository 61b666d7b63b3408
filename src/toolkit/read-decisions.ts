import type { AnyChange } from '../change/change.ts'
import { keyOf } from '../flags/key.ts'
import type { FlagContext } from '../flags/port.ts'
import type { Wishes } from '../flags/wish.ts'
import { keepsOldInSync } from '../phase/facts.ts'
import { modeIn, type Phase, phases, type Side } from '../phase/phase.ts'
import type { Decider, Decision, PinnedPhase } from '../repository/index.ts'
import type { Log } from './events.ts'
import type { PhaseView } from './phase-view.ts'

/** Read decisions that a process made for units with a key, in read-switch: the evidence that `next` asks for. */
export interface KeyedReads {
  readonly old: number
  readonly new: number
  /** Of the last one on old, on the monotonic clock of `performance.now()`; undefined without one. */
  readonly lastOldAtMs: number | undefined
}

const noReads: KeyedReads = { old: 0, new: 0, lastOldAtMs: undefined }

/** Counts go up in place: it happens once per unit of work. */
type Counted = { -readonly [Name in keyof KeyedReads]: KeyedReads[Name] }

/** Decides for a unit of work which sides it reads and writes: the flag's wish, clamped to what the phase permits. */
export class ReadDecisions implements Decider {
  readonly #view: PhaseView
  readonly #wishes: Wishes
  readonly #log: Log
  readonly #clampsLogged = new Set<string>()
  readonly #keyedReads = new Map<string, Counted>()

  constructor(view: PhaseView, wishes: Wishes, log: Log) {
    this.#view = view
    this.#wishes = wishes
    this.#log = log
  }

  decide(change: AnyChange, context: FlagContext = {}, pinned?: PinnedPhase): Decision {
    const { phase, held, readPercent, epoch, tenure } =
      pinned === undefined ? this.#view.current(change.id) : { ...this.#view.of(change.id), ...pinned }
    const key = keyOf(context, change.stickiness)
    const wish = this.#wish(change, key, context, readPercent)
    const mode = modeIn(phase, wish, held)
    if (wish !== undefined && wish !== mode.read) this.#logClamp(change, phase, wish, mode.read, held)
    if (key !== undefined && phases[phase].read === 'flag') this.#observe(change.id, mode.read)
    return { phase, mode, epoch, tenure }
  }

  /**
   * Without control tables there is no row that a transition could move.
   *
   * @throws ExpandContractError EC_NOT_STARTED, as a transaction that began before could not be told afterwards.
   */
  writesStrictly(change: AnyChange): boolean {
    if (change.sync === 'trigger') return false
    this.#view.of(change.id)
    return this.#view.hasControlTables
  }

  /**
   * A decision that was pinned before others may have gone on without this process stands where old is kept in sync, as
   * every pair of phases is safe then. Elsewhere nothing but the registry has kept the two apart.
   */
  confirm(change: AnyChange, { tenure }: Decision): void {
    const state = this.#view.of(change.id)
    if (!state.keepsOldInSync && this.#view.current(change.id).tenure !== tenure) throw this.#view.staleness(change.id)
  }

  /**
   * A process that stood still while a statement was under way may have sent it after its lease, and read an old side that
   * nobody wrote any more. Where old is kept in sync nothing is asked, not even after `stop`.
   */
  confirmRead(change: AnyChange, decision: Decision): void {
    const isInSync = this.#view.known(change.id)?.keepsOldInSync ?? keepsOldInSync(change)
    if (!isInSync) this.confirm(change, decision)
  }

  keyedReads(changeId: string): KeyedReads {
    return this.#keyedReads.get(changeId) ?? noReads
  }

  #wish(change: AnyChange, key: string | undefined, context: FlagContext, readPercent: number): Side | undefined {
    const wish = this.#wishes.of({ flag: change.flag, changeId: change.id, key, context, readPercent })
    return wish === undefined ? undefined : wish ? 'new' : 'old'
  }

  #observe(changeId: string, side: Side): void {
    let seen = this.#keyedReads.get(changeId)
    if (seen === undefined) {
      seen = { ...noReads }
      this.#keyedReads.set(changeId, seen)
    }
    seen[side] += 1
    if (side === 'old') seen.lastOldAtMs = performance.now()
  }

  #logClamp(change: AnyChange, phase: Phase, wish: Side, effective: Side, held: boolean): void {
    const occasion = `${change.id} ${phase} ${wish} ${held}`
    if (this.#clampsLogged.has(occasion)) return
    this.#clampsLogged.add(occasion)
    const reason = held ? 'reads are held on old' : `phase "${phase}" permits ${effective} only`
    this.#log({
      type: 'read-clamped',
      level: 'info',
      changeId: change.id,
      phase,
      wish,
      message: `Flag "${change.flag}" asks to read ${wish}; ${reason}. Reading ${effective}.`,
    })
  }
}
